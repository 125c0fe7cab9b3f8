import { beforeAll, describe, expect, it } from '@jest/globals';
import { type PreparedData, prepare, type Store, simulate, worldFingerprint } from '../../src/data/index.js';

let store: Store;
let data: PreparedData;
beforeAll(async () => {
  store = await simulate({ world: 'quickstart', scale: 1, seed: 1 });
  const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;
  data = prepare(store, { label: 'is_click', split });
});

/** Area under the ROC curve by its definition: the share of (positive, negative) pairs in the right order. */
function auc(score: (row: number) => number, label: Float32Array, rows: ArrayLike<number>): number {
  const sorted = Array.from(rows, (row) => [score(row), label[row]!] as const).sort((a, b) => a[0] - b[0]);
  let negatives = 0;
  let right = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    let tied = 0;
    for (; end < sorted.length && sorted[end]![0] === sorted[start]![0]; end++) tied += 1 - sorted[end]![1];
    for (let i = start; i < end; i++) right += sorted[i]![1] * (negatives + tied / 2);
    negatives += tied;
    start = end;
  }
  return right / (negatives * (sorted.length - negatives));
}

describe('the quickstart world', () => {
  it('is a function of its settings', async () => {
    const spec = { world: 'quickstart', scale: 0.1, seed: 5 } as const;
    const [first, again, other] = await Promise.all(
      [spec, spec, { ...spec, seed: 6 }].map((each) => simulate(each)),
    );
    expect(again).toEqual(first);
    expect(other!.interactions.item).not.toEqual(first!.interactions.item);
    expect(worldFingerprint(spec)).toBe(first!.fingerprint);
  });

  it('has the size that the quickstart is timed for', () => {
    expect(store.userIds).toHaveLength(500);
    expect(store.itemIds).toHaveLength(2400);
    expect(store.interactions.rows).toBeGreaterThan(25_000);
    expect(store.interactions.rows).toBeLessThan(40_000);
    expect(store.caveat).toContain('simulated');
  });

  it('is a well-formed store: users in order, times ascending, likes and follows only of clicks', () => {
    const { user, time, columns, rows } = store.interactions;
    let disorder = 0;
    for (let row = 1; row < rows; row++) {
      if (user[row]! < user[row - 1]!) disorder++;
      if (user[row] === user[row - 1] && time[row]! < time[row - 1]!) disorder++;
    }
    expect(disorder).toBe(0);
    const { is_click, is_like, is_follow } = columns;
    expect(is_like!.every((like, row) => like <= is_click![row]!)).toBe(true);
    expect(is_follow!.every((follow, row) => follow <= is_click![row]!)).toBe(true);
  });

  it('knows the probabilities from which its labels are drawn', () => {
    for (const [name, truth] of Object.entries(store.truth)) {
      const label = store.interactions.columns[name]!;
      // In tenths of the rows by probability, counts within 4.5 standard deviations of what was promised.
      const order = [...truth.keys()].sort((a, b) => truth[a]! - truth[b]!);
      for (let tenth = 0; tenth < 10; tenth++) {
        const part = order.slice((tenth * order.length) / 10, ((tenth + 1) * order.length) / 10);
        const expected = part.reduce((sum, row) => sum + truth[row]!, 0);
        const variance = part.reduce((sum, row) => sum + truth[row]! * (1 - truth[row]!), 0);
        const found = part.reduce((sum, row) => sum + label[row]!, 0);
        expect(Math.abs(found - expected)).toBeLessThan(4.5 * Math.sqrt(variance) + 1);
      }
    }
  });

  it('can be predicted, but neither perfectly nor by popularity', () => {
    const { item } = store.interactions;
    const clicks = new Float64Array(store.itemIds.length).fill(1);
    const shows = new Float64Array(store.itemIds.length).fill(3);
    for (const row of data.split.train) {
      clicks[item[row]!]! += data.label[row]!;
      shows[item[row]!]! += 1;
    }
    const oracle = auc((row) => store.truth.is_click![row]!, data.label, data.split.test);
    const popularity = auc((row) => clicks[item[row]!]! / shows[item[row]!]!, data.label, data.split.test);
    expect(oracle).toBeGreaterThan(0.78);
    expect(oracle).toBeLessThan(0.88);
    expect(popularity).toBeLessThan(oracle - 0.15);
  });

  it('has histories that say something: near covers of clicked videos are clicked more', () => {
    const { item, user } = store.interactions;
    const { width } = store.items.vectors.cover!;
    const cover = store.items.vectors.cover!.rows(Int32Array.from(store.itemIds.keys()));
    const histories = data.histories('positive');
    const nearness = (row: number): number => {
      let sum = 0;
      const begin = histories.offsets[user[row]!]!;
      const end = histories.causalEnd[row]!;
      for (let e = begin; e < end; e++) {
        let distance = 0;
        for (let w = 0; w < width; w++) {
          distance += (cover[item[row]! * width + w]! - cover[histories.item[e]! * width + w]!) ** 2;
        }
        sum += Math.exp(-distance / 30);
      }
      return sum / (end - begin + 3);
    };
    expect(auc(nearness, data.label, data.split.test)).toBeGreaterThan(0.65);
  });

  it('shows new videos as time goes on, and better ones further up', () => {
    const { item, time, columns, rows } = store.interactions;
    const half = 15 * 24 * 60 * 60 * 1000;
    const early = new Set<number>();
    for (let row = 0; row < rows; row++) if (time[row]! < half) early.add(item[row]!);
    let late = 0;
    let fresh = 0;
    for (let row = 0; row < rows; row++) {
      if (time[row]! < half) continue;
      late++;
      if (!early.has(item[row]!)) fresh++;
    }
    expect(fresh / late).toBeGreaterThan(0.05);
    const rateAt = (position: number): number => {
      const at = [...columns.position!.keys()].filter((row) => columns.position![row] === position);
      return at.reduce((sum, row) => sum + data.label[row]!, 0) / at.length;
    };
    expect(rateAt(0)).toBeGreaterThan(rateAt(7) + 0.1);
  });

  it('refuses a scale that leaves no world', async () => {
    await expect(simulate({ world: 'quickstart', scale: 0.001, seed: 1 })).rejects.toThrow(
      'scale 0.001 gives 1 users and 2 videos',
    );
  });
});
