import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../src/base/index.js';
import {
  type Batch,
  type EpochSpec,
  type HistorySpec,
  type PreparedData,
  planEpoch,
  prepare,
} from '../../src/data/index.js';
import { causalHistory, historyOf, type Row, storeOf, trainHistory } from './fixture.js';

/** 12 users of 5 to 60 rows over 40 items, two rows a moment, about half of them clicks. */
const data: PreparedData = (() => {
  const random = randomStream('epoch.test');
  const rows = Array.from({ length: 12 }, (_, user) =>
    Array.from({ length: 5 * (user + 1) }, (_, i): Row => [user, random.int(40), i >> 1, random.int(2)]),
  ).flat();
  const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;
  return prepare(storeOf(rows, 40), { label: 'is_click', split });
})();

const history: HistorySpec = { length: 8, sample: 'recent', target: 'causal', prefixes: 'separate' };
const base: EpochSpec = {
  histories: [history],
  batchSize: 32,
  batching: 'shuffled',
  pairsPerUser: 8,
  negatives: { kind: 'logged', ratio: 'all' },
  pairing: 'pointwise',
  lastBatch: 'keep',
  seed: 1,
  epoch: 0,
};

function batchesOf(spec: EpochSpec): Batch[] {
  const plan = planEpoch(data, spec);
  return Array.from({ length: plan.steps }, (_, step) => plan.batch(step));
}

/** Calls `visit` for every pair with its row, candidate and history as items of the store. */
function forEachPair(
  batches: readonly Batch[],
  visit: (pair: { row: number; item: number; label: number; user: number; history: number[] }) => void,
): void {
  for (const batch of batches) {
    const { items, contexts, pairs } = batch;
    expect(new Set(items).size).toBe(items.length);
    for (let p = 0; p < pairs.count; p++) {
      const context = pairs.context[p]!;
      const item = items[pairs.item[p]!]!;
      const user = contexts.user[context]!;
      visit({ row: pairs.row[p]!, item, label: pairs.label[p]!, user, history: historyOf(batch, context) });
    }
  }
}

/** The same pairs and histories, whatever the order of contexts, items and pairs. */
function contentsOf(batches: readonly Batch[]): string[] {
  const contents: string[] = [];
  forEachPair(batches, (pair) => contents.push(JSON.stringify(pair)));
  return contents.sort();
}

describe('histories', () => {
  it.each(['shuffled', 'byUser'] as const)(
    'causal, %s: the last clicks strictly before the row',
    (batching) => {
      forEachPair(batchesOf({ ...base, batching }), ({ row, item, label, user, history }) => {
        expect(history).toEqual(causalHistory(data, row).slice(-8));
        expect([item, label, user]).toEqual([
          data.store.interactions.item[row],
          data.label[row],
          data.store.interactions.user[row],
        ]);
      });
    },
  );

  it.each(['shuffled', 'byUser'] as const)('include, %s: the last clicks of the train part', (batching) => {
    const spec: EpochSpec = { ...base, batching, histories: [{ ...history, target: 'include' }] };
    forEachPair(batchesOf(spec), (pair) =>
      expect(pair.history).toEqual(trainHistory(data, pair.row).slice(-8)),
    );
  });

  it.each(['shuffled', 'byUser'] as const)('exclude, %s: the same without the own item', (batching) => {
    const spec: EpochSpec = { ...base, batching, histories: [{ ...history, target: 'exclude' }] };
    forEachPair(batchesOf(spec), ({ row, item, history }) =>
      expect(history).toEqual(trainHistory(data, row, item).slice(-8)),
    );
  });

  it.each([
    ['pointwise', 'shuffled'],
    ['pairwise', 'byUser'],
  ] as const)(
    'exclude, %s: sampled negatives leave out their own item, not that of the positive',
    (pairing, batching) => {
      // One user who clicks item 0 twice and item 1 once in train; item 2 is shown and not clicked. By hand.
      const rows: Row[] = [
        [0, 0, 0, 1],
        [0, 1, 1, 1],
        [0, 0, 2, 1],
        [0, 2, 3, 0],
        [0, 0, 4, 1],
        [0, 0, 5, 1],
      ];
      const split = { kind: 'time', scope: 'user', train: 0.9, validation: 0.2 } as const;
      const small = prepare(storeOf(rows), { label: 'is_click', split });
      const plan = planEpoch(small, {
        ...base,
        batching,
        pairing,
        histories: [{ ...history, target: 'exclude' }],
        negatives: { kind: 'uniform', count: 1 },
      });
      const seen = new Set<string>();
      for (let step = 0; step < plan.steps; step++) {
        forEachPair([plan.batch(step)], ({ item, history }) => seen.add(`${item}: ${history}`));
      }
      expect([...seen].sort()).toEqual(['0: 1', '1: 0,0', '2: 0,1,0']);
    },
  );

  it('random: a sample in time order, all of it when short', () => {
    const spec: EpochSpec = {
      ...base,
      histories: [{ length: 5, sample: 'random', target: 'exclude', prefixes: 'separate' }],
    };
    let longer = 0;
    let twice = 0;
    forEachPair(batchesOf(spec), ({ row, item, history }) => {
      const full = trainHistory(data, row, item);
      if (trainHistory(data, row).length > full.length + 1) twice++;
      expect(history).toHaveLength(Math.min(5, full.length));
      if (full.length > 5) longer++;
      let from = 0;
      for (const item of history) {
        from = full.indexOf(item, from) + 1; // a subsequence
        expect(from).toBeGreaterThan(0);
      }
    });
    expect(longer).toBeGreaterThan(100);
    expect(twice).toBeGreaterThan(10); // items clicked more than once are among them
  });

  it('none: one empty context a user', () => {
    for (const { histories, contexts, items } of batchesOf({ ...base, histories: [] })) {
      expect(histories).toEqual([]);
      expect(new Set(contexts.user).size).toBe(contexts.count);
      expect(items.length).toBeLessThanOrEqual(32);
    }
  });
});

describe('contexts are shared', () => {
  const contextsOf = (spec: EpochSpec) =>
    batchesOf(spec).reduce((sum, { contexts }) => sum + contexts.count, 0);

  it('by pairs of a user and window, never by others', () => {
    for (const target of ['causal', 'include', 'exclude'] as const) {
      for (const batch of batchesOf({ ...base, histories: [{ ...history, target }] })) {
        const told = Array.from({ length: batch.contexts.count }, (_, c) =>
          JSON.stringify([batch.contexts.user[c], historyOf(batch, c)]),
        );
        expect(new Set(told).size).toBe(told.length);
      }
    }
  });

  it('byUser needs far fewer of them when histories are static', () => {
    const include: EpochSpec = { ...base, histories: [{ ...history, target: 'include' }] };
    // 8 pairs of one user a context, but for remainders and chunks on a border of two steps.
    const pairs = data.split.train.length;
    expect(contextsOf({ ...include, batching: 'byUser' })).toBeLessThan(pairs / 5);
    expect(contextsOf(include)).toBeGreaterThan(pairs / 5);
  });

  it('random samples are drawn per pair when shuffled, per context byUser', () => {
    const random: HistorySpec = { length: 3, sample: 'random', target: 'include', prefixes: 'separate' };
    for (const { contexts, pairs } of batchesOf({ ...base, histories: [random] })) {
      const long = [...pairs.context].filter((c) => clicksOf(contexts.user[c]!) > 3).length;
      const short = new Set([...contexts.user].filter((user) => clicksOf(user) <= 3)).size;
      expect(contexts.count).toBe(long + short);
    }
    for (const { contexts } of batchesOf({ ...base, histories: [random], batching: 'byUser' })) {
      expect(new Set(contexts.user).size).toBe(contexts.count);
    }
  });

  function clicksOf(user: number): number {
    const { trainOffsets } = data.histories('positive');
    return trainOffsets[user + 1]! - trainOffsets[user]!;
  }
});

describe('an epoch', () => {
  const specs: EpochSpec[] = [
    base,
    { ...base, batching: 'byUser' },
    {
      ...base,
      batching: 'byUser',
      histories: [{ length: 4, sample: 'random', target: 'include', prefixes: 'separate' }],
    },
    {
      ...base,
      histories: [{ length: 4, sample: 'random', target: 'exclude', prefixes: 'separate' }],
      negatives: { kind: 'logged', ratio: 1 },
    },
    { ...base, histories: [], pairing: 'pairwise', negatives: { kind: 'uniform', count: 2 } },
    { ...base, negatives: { kind: 'popularity', count: 2, alpha: 0.75 } },
  ];

  it.each(specs)('has batches that are pure functions of the step: %j', (spec) => {
    const plan = planEpoch(data, spec);
    const forwards = Array.from({ length: plan.steps }, (_, step) => plan.batch(step));
    const again = planEpoch(data, spec);
    for (let step = plan.steps - 1; step >= 0; step--) expect(again.batch(step)).toEqual(forwards[step]);
  });

  it('tells couples also without a batch', () => {
    for (const negatives of [
      { kind: 'uniform', count: 2 },
      { kind: 'logged', ratio: 1 },
    ] as const) {
      const plan = planEpoch(data, { ...base, histories: [], pairing: 'pairwise', negatives });
      for (let step = 0; step < plan.steps; step++) {
        const { items, contexts, pairs } = plan.batch(step);
        const { user, positive, negative } = plan.couples(step);
        const item = Array.from(pairs.item, (position) => items[position]!);
        expect([...positive]).toEqual(item.filter((_, p) => p % 2 === 0));
        expect([...negative]).toEqual(item.filter((_, p) => p % 2 === 1));
        const users = Array.from(pairs.context, (c) => contexts.user[c]!);
        expect([...user]).toEqual(users.filter((_, p) => p % 2 === 0));
      }
    }
    expect(() => planEpoch(data, base).couples(0)).toThrow(RangeError);
  });

  it.each(['shuffled', 'byUser'] as const)('%s: holds every train row once', (batching) => {
    const rows = batchesOf({ ...base, batching }).flatMap(({ pairs }) => [...pairs.row]);
    expect(rows.sort((a, b) => a - b)).toEqual([...data.split.train]);
  });

  it('holds the same pairs and histories however they are batched', () => {
    expect(contentsOf(batchesOf({ ...base, batching: 'byUser' }))).toEqual(contentsOf(batchesOf(base)));
  });

  it('is another one with another epoch or seed', () => {
    const first = batchesOf(base)[0]!.pairs.row;
    expect(batchesOf({ ...base, epoch: 1 })[0]!.pairs.row).not.toEqual(first);
    expect(batchesOf({ ...base, seed: 2 })[0]!.pairs.row).not.toEqual(first);
    // The pairs too, where they are drawn.
    const drawn = { ...base, negatives: { kind: 'popularity', count: 2, alpha: 1 } } as const;
    const pairs = (epoch: number) => contentsOf(batchesOf({ ...drawn, epoch }));
    expect(pairs(1)).not.toEqual(pairs(0));
    expect(pairs(1)).toEqual(pairs(1));
  });

  it('byUser keeps at most pairsPerUser pairs of a user together, next to each other in time when causal', () => {
    const order = batchesOf({ ...base, batching: 'byUser' }).flatMap(({ pairs }) => [...pairs.row]);
    const { user } = data.store.interactions;
    let runs = 0;
    for (let i = 1; i < order.length; i++) {
      if (order[i] !== order[i - 1]! + 1 || user[order[i]!] !== user[order[i - 1]!]) runs++;
    }
    // Chunks of 8 of each user's rows; a user's first chunk may be shorter, so there can be one more of them.
    const most = [...new Set(user)].reduce((sum, u) => {
      const rows = data.split.train.filter((row) => user[row] === u).length;
      return sum + Math.ceil(rows / 8) + 1;
    }, 0);
    expect(runs).toBeLessThan(most);
  });

  it('keeps or drops the last partial batch', () => {
    const pairs = data.split.train.length;
    expect(pairs % 32).toBeGreaterThan(0);
    expect(batchesOf(base).map((batch) => batch.pairs.count)).toEqual([
      ...Array.from({ length: Math.floor(pairs / 32) }, () => 32),
      pairs % 32,
    ]);
    const dropped = planEpoch(data, { ...base, lastBatch: 'drop' });
    expect(dropped.steps).toBe(Math.floor(pairs / 32));
    expect(dropped.batch(dropped.steps - 1).pairs.count).toBe(32);
  });

  it('pairwise: couples share a context, and a batch never splits one', () => {
    const random: HistorySpec = { length: 3, sample: 'random', target: 'include', prefixes: 'separate' };
    const spec: EpochSpec = { ...base, batchSize: 7, pairing: 'pairwise', histories: [random] };
    for (const { pairs } of batchesOf({ ...spec, negatives: { kind: 'uniform', count: 1 } })) {
      expect(pairs.count).toBeLessThanOrEqual(6);
      for (let p = 0; p < pairs.count; p += 2) {
        expect([pairs.label[p], pairs.label[p + 1]]).toEqual([1, 0]);
        expect(pairs.context[p + 1]).toBe(pairs.context[p]);
      }
    }
  });

  it('pairwise: no couple gets a sample of another', () => {
    const random: HistorySpec = { length: 3, sample: 'random', target: 'exclude', prefixes: 'separate' };
    const spec: EpochSpec = { ...base, batchSize: 64, pairing: 'pairwise', histories: [random] };
    let apart = 0;
    const negatives = { kind: 'uniform', count: 1 } as const;
    for (const { histories, pairs } of batchesOf({ ...spec, negatives })) {
      const coupleOf = new Map<number, number>();
      for (let p = 0; p < pairs.count; p++) {
        const context = pairs.context[p]!;
        if (histories[0]!.length[context]! < 3) continue; // all there is, which couples of one user share
        if (p % 2 === 1 && context !== pairs.context[p - 1]) apart++;
        const couple = coupleOf.get(context) ?? p >> 1;
        coupleOf.set(context, couple);
        // Where no more than that is to be seen there is nothing to draw.
        const row = pairs.row[p - (p % 2)]!;
        if (trainHistory(data, row).length > 20) expect(couple).toBe(p >> 1);
      }
    }
    expect(apart).toBeGreaterThan(100);
  });

  it('refuses steps that are not there, and a batch larger than an epoch when it would be dropped', () => {
    const plan = planEpoch(data, base);
    expect(() => plan.batch(plan.steps)).toThrow(RangeError);
    expect(() => planEpoch(data, { ...base, batchSize: 1e6, lastBatch: 'drop' })).toThrow(
      'less than one batch',
    );
  });
});
