/** The line protocol and the turns, with sides of a few lines. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compare } from '../../bench/lib/compare.mjs';
import { AbsentError } from '../../bench/lib/side.mjs';
import { temporaryFolder } from '../support/index.js';

const folder = temporaryFolder();

/** A side that answers its n-th `run` with n examples in a tenth of a second; `lines` go before. */
function side(name: string, lines = '') {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { createInterface } from 'node:readline';
     import { appendFileSync } from 'node:fs';
     ${lines}
     console.log(JSON.stringify({ device: 'CPU', threads: 1, versions: {} }));
     let n = 0;
     for await (const line of createInterface({ input: process.stdin })) {
       appendFileSync(${JSON.stringify(join(folder, 'turns'))}, '${name} ');
       console.log(JSON.stringify({ seconds: 0.1, examples: ++n, peakMemoryBytes: 100 * n, checks: { line } }));
     }`,
  );
  return async () => ({ command: process.execPath, args: [file] });
}
const options = { repetitions: 2, onRun: () => {} };

describe('compare', () => {
  it('warms both up, then lets them take turns, the second repetition the other way round', async () => {
    const { ours, theirs, ratio } = await compare(side('ours'), side('theirs'), options);
    expect(ours).toMatchObject({ perSecond: [20, 30], peakMemoryBytes: 300 });
    expect(theirs).toMatchObject({ perSecond: [20, 30] });
    expect(ratio).toMatchObject({ values: [1, 1], median: 1 });
    expect(readFileSync(join(folder, 'turns'), 'utf8')).toBe('ours theirs ours theirs theirs ours ');
  });

  it('measures ours alone where the other is absent, whoever says so', async () => {
    const gone = side('gone', `console.log('{"absent":"no such thing"}'); process.exit();`);
    expect(await compare(side('alone'), gone, options)).toMatchObject({
      ours: { perSecond: [20, 30] },
      theirs: { absent: 'no such thing' },
      ratio: null,
    });
    const none = () => Promise.reject(new AbsentError('no Python'));
    expect((await compare(side('alone'), none, options)).theirs).toEqual({ absent: 'no Python' });
  });

  it('fails with the last words of a side that ends early', async () => {
    const broken = side('broken', `process.stderr.write('out of luck'); process.exit(3);`);
    await expect(compare(side('fine'), broken, options)).rejects.toThrow(/exit code 3\nout of luck/);
  });
});
