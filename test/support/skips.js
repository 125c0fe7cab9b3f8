/** What was skipped, and why, of jest's results. The reasons stand in the names, see `skip.ts`. */
export function skipLines(files) {
  const counts = new Map();
  for (const { testResults: tests } of files) {
    for (const { status, ancestorTitles, title, fullName } of tests) {
      if (status !== 'pending' && status !== 'todo') continue;
      const named = [...ancestorTitles, title].find((part) => part.includes('[skipped because '));
      const [what, reason] = named?.slice(0, -1).split(' [skipped because ') ?? [fullName, 'nobody said why'];
      const line = `${what}, because ${reason}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  return [...counts].map(([line, tests]) => `skipped: ${tests} x ${line}`);
}

/** Jest reporter that ends `npm test` with that list. What `-t` leaves out needs no reason. */
export default class SkipReporter {
  constructor({ testNamePattern }) {
    this.chosen = Boolean(testNamePattern);
  }

  onRunComplete(_, { testResults }) {
    const lines = skipLines(testResults).filter((line) => !(this.chosen && line.endsWith('nobody said why')));
    process.stderr.write(lines.length === 0 ? 'skipped: nothing\n' : `${lines.join('\n')}\n`);
  }
}
