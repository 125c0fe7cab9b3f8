import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { projectRoot, temporaryFolder } from './support/index.js';

const everything = 'everything';

/** Files of schemas alone, which are doors of their own. */
const schemaDoors = ['models/options', 'data/world/options'];

/** The table of docs/architecture.md: room -> rooms that it may import. */
function allowedByDocs(): Map<string, string[]> {
  const text = readFileSync(join(projectRoot, 'docs', 'architecture.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `src\/(\w+)\/`\s*\|[^|]*\|\s*([^|]*?)\s*\|$/gm)];
  return new Map(
    rows.map(([, room, may]) => [
      room!,
      may === 'nothing of ours' ? [] : may!.split(', ').map((s) => s.trim()),
    ]),
  );
}

/** Specifiers that the lint rule rejects in a file of each room that imports from every room. */
function rejectedByLint(rooms: readonly string[], specifiers: readonly string[]): Map<string, string[]> {
  const folder = temporaryFolder();
  copyFileSync(join(projectRoot, 'biome.json'), join(folder, 'biome.json'));
  for (const room of rooms) {
    mkdirSync(join(folder, 'src', room), { recursive: true });
    writeFileSync(
      join(folder, 'src', room, 'probe.ts'),
      specifiers.map((specifier) => `import '${specifier}';`).join('\n'),
    );
  }
  const report = JSON.parse(lint(folder)) as {
    diagnostics: { location: { path: string; start: { line: number } } }[];
  };
  const rejected = new Map<string, string[]>(rooms.map((room) => [room, []]));
  for (const { location } of report.diagnostics) {
    rejected.get(location.path.split('/')[1]!)!.push(specifiers[location.start.line - 1]!);
  }
  return rejected;
}

function lint(folder: string): string {
  const biome = join(projectRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const flags = [
    '--vcs-enabled=false',
    '--only=style/noRestrictedImports',
    '--reporter=json',
    '--max-diagnostics=none',
  ];
  try {
    return execFileSync(process.execPath, [biome, 'lint', ...flags, folder], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    return (error as { stdout: string }).stdout; // it fails where it finds something
  }
}

it('lets a room import what docs/architecture.md says, through doors only', () => {
  const allowed = allowedByDocs();
  const rooms = readdirSync(join(projectRoot, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect([...allowed.keys()].sort()).toEqual([...rooms].sort());

  const door = (room: string): string => (room.includes('/') ? `../${room}.js` : `../${room}/index.js`);
  const doors = [...rooms, ...schemaDoors].map(door);
  const inside = rooms.map((room) => `../${room}/inside.js`);
  const rejected = rejectedByLint(rooms, [...doors, ...inside]);

  for (const [room, may] of allowed) {
    const open = may[0] === everything ? rooms.map(door) : may.map(door);
    const expected = [...doors, ...inside].filter(
      (specifier) => !open.includes(specifier) && !specifier.startsWith(`../${room}/`),
    );
    expect({ room, rejected: rejected.get(room)!.sort() }).toEqual({ room, rejected: expected.sort() });
  }
});
