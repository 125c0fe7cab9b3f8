import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { programInFolder } from '../support/program.js';
import '../../src/cli/taps.js';

const { folder, run } = programInFolder();

async function mvrec(...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await run(...words, '--json');
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function refusal(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...words);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  return stderr;
}

describe('mvrec runs taps', () => {
  /** Predictions of the test part by `mvrec eval`, in its order. */
  let predicted: { readonly user: string; readonly item: string; readonly score: number }[];

  beforeAll(async () => {
    const experiment = `name: looked-at
data: { source: { world: kuaishou, scale: 0.002 }, label: is_click, split: { kind: time, scope: user, train: 0.8, validation: 0.1 } }
model: { name: mtin, size: 8, groups: 2, historyLength: 6 }
train: { epochs: 1, batchSize: 256, batching: byUser, pairsPerUser: 32 }
evaluate: { metrics: [auc] }
engine: { name: cpu }
`;
    writeFileSync(join(folder, 'tiny.yaml'), experiment);
    await mvrec('train', 'tiny.yaml');
    await mvrec('eval', 'looked-at/latest', '--predictions', 'predictions.csv');
    const [head, ...lines] = readFileSync(join(folder, 'predictions.csv'), 'utf8').trimEnd().split('\n');
    const names = head!.split(',');
    predicted = lines.map((line) => {
      const cells = line.split(',');
      const of = (name: string) => cells[names.indexOf(name)]!;
      return { user: of('user'), item: of('item'), score: Number(of('score')) };
    });
  }, 120_000);

  it('scores the last test row of each user as an evaluation does, and hands out what lies between', async () => {
    const users = [...new Set(predicted.map(({ user }) => user))].slice(2, 5).reverse();
    const words = ['--users', users.slice(0, 2).join(), '--users', users[2]!];
    const found = await mvrec('runs', 'taps', 'looked-at/latest', ...words);
    expect(found.users).toEqual(users);
    for (const [pair, user] of users.entries()) {
      const last = predicted.findLast((row) => row.user === user)!;
      expect(found.items[pair]).toBe(last.item);
      expect(found.arrays.probabilities.values[pair]).toBeCloseTo(last.score, 6);
    }
    const { shape, values } = found.arrays['positive.attention'];
    expect(shape[0]).toBe(3);
    expect(values.every((value: number) => value >= 0 && value <= 1)).toBe(true);
  });

  it('looks at the first users where none is named, and writes what a report draws', async () => {
    const found = await mvrec(
      'runs',
      'taps',
      'looked-at/latest',
      '--tap',
      'positive.attention',
      '--out',
      'taps.json',
    );
    expect(found.users).toEqual([...new Set(predicted.map(({ user }) => user))].slice(0, 4));
    expect(Object.keys(found.arrays)).toEqual(['logits', 'probabilities', 'positive.attention']);
    await mvrec('report', 'looked-at/latest', '--taps', 'taps.json', '--out', 'report.html');
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('positive.attention');
  });

  it('names what there is not', async () => {
    const of = (...words: string[]) => refusal('runs', 'taps', 'looked-at/latest', ...words);
    expect(await of('--users', 'nobody')).toContain('there is no user nobody');
    expect(await of('--tap', 'positive.attenton')).toContain('Did you mean positive.attention?');
    expect(await of('--out', 'taps.json')).toContain('taps.json');
    expect(await of('--out', 'taps.csv')).toContain('.safetensors or .json');
  });
});
