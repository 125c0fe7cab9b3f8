/** Jest reporter: what was skipped, and why. The reasons stand in the names, see `skip.ts`. */
export default class SkipReporter {
  onRunComplete(_, { testResults }) {
    const counts = new Map();
    for (const { testResults: tests } of testResults) {
      for (const { status, ancestorTitles, title, fullName } of tests) {
        if (status !== 'pending' && status !== 'todo') continue;
        const named = [...ancestorTitles, title].find((part) => part.includes('[skipped because '));
        const [what, reason] = named?.slice(0, -1).split(' [skipped because ') ?? [
          fullName,
          'nobody said why',
        ];
        const line = `${what}, because ${reason}`;
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
    }
    const lines = [...counts].map(([line, tests]) => `skipped: ${tests} x ${line}\n`);
    process.stderr.write(lines.length === 0 ? 'skipped: nothing\n' : lines.join(''));
  }
}
