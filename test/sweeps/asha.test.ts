import { describe, expect, it } from '@jest/globals';
import { type AshaConfig, ends, isBetter, isRung, judge } from '../../src/sweeps/asha.js';
import type { Trial } from '../../src/sweeps/study.js';

const config = (eta: number, minEpochs: number): AshaConfig => ({ kind: 'asha', eta, minEpochs });

describe('rungs', () => {
  it.each([
    [3, 1, [1, 3, 9, 27]],
    [2, 3, [3, 6, 12, 24]],
    [4, 2, [2, 8]],
  ])('of eta %d from epoch %d', (eta, minEpochs, epochs) => {
    const all = Array.from({ length: 30 }, (_, i) => i + 1);
    expect(all.filter((epoch) => isRung(epoch, config(eta, minEpochs)))).toEqual(epochs);
  });
});

/** Trials that come to an epoch one after another, with eta 3, and whether each goes on; counted by hand. */
const higher: [value: number | null, among: number, better: number, goesOn: boolean][] = [
  [0.5, 1, 0, true], // nobody else: the best
  [0.4, 2, 1, false], // of two one may go on
  [0.5, 3, 0, true], // as good as the best, of three one
  [0.6, 4, 0, true],
  [0.5, 5, 1, false], // of five one may: 5 / 3 rounded down
  [0.55, 6, 1, true], // of six two may
  [null, 7, 6, false], // undefined is worse than all
  [0.55, 8, 1, true], // of eight two may, and only 0.6 is better
  [0.56, 9, 1, true],
  [0.551, 10, 2, true], // of ten three may: 0.6 and 0.56 are better
  [0.549, 11, 5, false],
];

describe('decisions', () => {
  it('by hand', () => {
    const before: (number | null)[] = [];
    for (const [value, among, better, goesOn] of higher) {
      const expected = { epoch: 3, value, among, better, goesOn };
      expect(judge(3, value, before, config(3, 1), 'higher')).toEqual(expected);
      before.push(value);
    }
  });

  it('mirrored, where lower is better', () => {
    const before: (number | null)[] = [];
    for (const [value, among, better, goesOn] of higher) {
      const mirrored = value === null ? null : -value;
      expect(judge(3, mirrored, before, config(3, 1), 'lower')).toMatchObject({ among, better, goesOn });
      before.push(mirrored);
    }
  });

  it('undefined against undefined is no better', () => {
    expect([isBetter(null, null, 'higher'), isBetter(1, null, 'lower'), isBetter(null, 1, 'lower')]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

it('holds trials against one another that come to a rung at the same moment', async () => {
  const trials = [1, 2].map(
    (number): Trial => ({
      number,
      assignment: {},
      knew: [],
      state: 'running',
      value: null,
      epochs: 1,
      seconds: 1,
      run: null,
      reason: null,
      rungs: [],
    }),
  );
  const study = {
    trials,
    put: async (trial: Trial) => {
      trials[trial.number - 1] = trial;
    },
  };
  let read = (): void => {};
  const both = new Promise<void>((resolve) => {
    read = resolve;
  });
  const arrive = (number: number, value: number) =>
    ends(study, { number, epoch: 1, shown: () => both.then(() => value) }, config(2, 1), 'higher');
  const decided = [arrive(1, 0.5), arrive(2, 0.4)];
  read(); // what each has to show is known only now
  expect(await Promise.all(decided)).toEqual([false, true]);
  expect(trials.map(({ rungs }) => rungs.map(({ among, better }) => [among, better]))).toEqual([
    [[1, 0]],
    [[2, 1]],
  ]);
  // What was decided stays.
  expect(await arrive(2, 0.9)).toBe(true);
  expect(trials[1]!.rungs).toHaveLength(1);
});
