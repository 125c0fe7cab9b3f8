import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type ChosenCandidates, prepare, servingData } from '../../src/data/index.js';
import { gatherRows, ParameterSet } from '../../src/engine/index.js';
import {
  type RecommendOptions,
  type RecommendSummary,
  writeRecommended,
} from '../../src/evaluation/index.js';
import type { FittedModel, Model } from '../../src/models/index.js';
import { type Row, smallLog, smallParts, smallSpec as spec, storeOf, withParts } from '../data/fixture.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { temporaryFolder } from '../support/index.js';

const data = prepare(withParts(smallLog, smallParts), spec);
const serving = servingData(data, spec, 'end');

// Scores of user 0: 3, 1, 2, 0, 2; of user 1: 0, 2, 2, 3, 1; of user 2: 3, 3, 4, 3, 3.
const users = [
  [1, 0],
  [0, 1],
  [1, 1],
];
const items = [
  [3, 0],
  [1, 2],
  [2, 2],
  [0, 3],
  [2, 1],
];
const vectors = (of: number[][], ids: Int32Array): tf.Tensor2D =>
  tf.tensor2d(
    Array.from(ids, (id) => of[id]!),
    [ids.length, 2],
  );

function modelOf(product: boolean): Model {
  return {
    parameters: new ParameterSet(1),
    histories: [],
    pairing: 'pointwise',
    encodeItems: (ids) => ({ items: vectors(items, ids) }),
    encodeContexts: ({ contexts }) => ({ users: vectors(users, contexts.user) }),
    logits: ({ users }, { items }, pairs) =>
      gatherRows(users as tf.Tensor2D, pairs.context)
        .mul(gatherRows(items!, pairs.item))
        .sum(1) as tf.Tensor1D,
    ...(product && {
      innerProduct: { ofContexts: ({ users }) => users as tf.Tensor2D, ofItems: ({ items }) => items! },
    }),
  };
}

/** Its score is the length of the history, which lacks the candidate. */
const lengths: Model = {
  ...modelOf(false),
  histories: [{ length: 9, sample: 'recent', target: 'exclude', prefixes: 'separate' }],
  encodeItems: (ids) => ({ nothing: tf.zeros([ids.length, 1]) }),
  encodeContexts: ({ histories: [history] }) => ({
    length: tf.tensor2d(Float32Array.from(history!.length), [history!.length.length, 1]),
  }),
  logits: ({ length }, _, pairs) =>
    gatherRows(length as tf.Tensor2D, pairs.context).reshape([-1]) as tf.Tensor1D,
};

interface Request extends Partial<RecommendOptions> {
  readonly users?: readonly number[];
  readonly candidates?: ChosenCandidates;
}

/** Rows of the file without their heading, and what is told of them. */
async function recommended(
  model: Model | FittedModel,
  { users: who = [0, 1, 2], candidates, ...options }: Request,
): Promise<[rows: string[], summary: RecommendSummary]> {
  const path = join(temporaryFolder(), 'top.csv');
  const summary = await writeRecommended(path, model, serving, Int32Array.from(who), candidates ?? null, {
    contextsPerBatch: 2,
    length: 2,
    keepSeen: false,
    ...options,
  });
  const [head, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(head).toBe('user_id,rank,item_id,score');
  return [lines, summary];
}

describeEngines('recommendations', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each([true, false])('by products: %p', (product) => {
    const model = modelOf(product);

    it('are the best items that a user has not seen, equal ones by their number', async () => {
      const [lines, summary] = await recommended(model, {});
      expect(lines).toEqual([
        'u0,1,i4,2.0',
        'u0,2,i1,1.0',
        'u1,1,i3,3.0',
        'u1,2,i1,2.0',
        'u2,1,i2,4.0',
        'u2,2,i0,3.0',
      ]);
      expect(summary).toEqual({ rows: 6, coldRows: 2, shortUsers: 0, emptyUsers: 0, seenPairs: 0 });
    });

    it('keep what is seen when they are told to, for the users that are asked for', async () => {
      const [lines] = await recommended(model, { users: [2, 0], length: 3, keepSeen: true });
      expect(lines).toEqual([
        'u2,1,i2,4.0',
        'u2,2,i0,3.0',
        'u2,3,i1,3.0',
        'u0,1,i0,3.0',
        'u0,2,i2,2.0',
        'u0,3,i4,2.0',
      ]);
    });

    it('are of the given items', async () => {
      const candidates = { kind: 'items', items: Int32Array.of(1, 3, 4), repeated: 0 } as const;
      const [lines, summary] = await recommended(model, { candidates });
      expect(lines).toEqual(['u0,1,i4,2.0', 'u0,2,i1,1.0', 'u1,1,i3,3.0', 'u1,2,i1,2.0', 'u2,1,i3,3.0']);
      expect(summary).toEqual({ rows: 5, coldRows: 1, shortUsers: 1, emptyUsers: 0, seenPairs: 0 });
    });

    it("are of each user's own candidates", async () => {
      const pairs = { offsets: Int32Array.of(0, 3, 3, 5), item: Int32Array.of(0, 1, 3, 0, 3) };
      const [lines, summary] = await recommended(model, {
        candidates: { kind: 'pairs', pairs, repeated: 0 },
      });
      expect(lines).toEqual(['u0,1,i1,1.0', 'u0,2,i3,0.0', 'u2,1,i0,3.0', 'u2,2,i3,3.0']);
      // u0 has seen i0; u1 has no pair.
      expect(summary).toEqual({ rows: 4, coldRows: 0, shortUsers: 1, emptyUsers: 1, seenPairs: 1 });
    });
  });

  it('judge what a user has seen by the history without it, where the model learnt that', async () => {
    const seen = { users: [0, 2], length: 5, keepSeen: true };
    // The history of user 0 is 0, 2, 0; that of user 2 is 1, 4.
    expect((await recommended(lengths, seen))[0]).toEqual([
      'u0,1,i1,3.0',
      'u0,2,i3,3.0',
      'u0,3,i4,3.0',
      'u0,4,i2,2.0',
      'u0,5,i0,1.0',
      'u2,1,i0,2.0',
      'u2,2,i2,2.0',
      'u2,3,i3,2.0',
      'u2,4,i1,1.0',
      'u2,5,i4,1.0',
    ]);
    const known = { kind: 'items', items: Int32Array.of(0, 2), repeated: 0 } as const;
    expect((await recommended(lengths, { ...seen, users: [0], candidates: known }))[0]).toEqual([
      'u0,1,i2,2.0',
      'u0,2,i0,1.0',
    ]);
    expect((await recommended(lengths, { users: [0], length: 9 }))[0]).toEqual([
      'u0,1,i1,3.0',
      'u0,2,i3,3.0',
      'u0,3,i4,3.0',
    ]);
  });

  it('leave no tensor behind', async () => {
    const before = tf.memory().numTensors;
    for (const model of [modelOf(true), modelOf(false), lengths]) await recommended(model, {});
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a file of recommendations', () => {
  beforeAll(() => useEngine('cpu'));
  const write = (folder: string, model: Model | FittedModel, onLists: () => void) =>
    writeRecommended(join(folder, 'top.parquet'), model, serving, Int32Array.of(0, 1, 2), null, {
      contextsPerBatch: 2,
      length: 2,
      keepSeen: false,
      onLists,
    });

  it('holds users with many contexts each, which are not all encoded at once', async () => {
    // Each of 20 users has clicked on items 0 to 29 and then on 30 for validation and 31 for the test.
    const log = Array.from({ length: 20 * 32 }, (_, row): Row => [Math.floor(row / 32), row % 32, row, 1]);
    const many = prepare(storeOf(log, 33), { label: 'is_click', split: { kind: 'leaveOneOut' } });
    const counts: number[] = [];
    const counting: Model = {
      ...lengths,
      histories: [{ ...lengths.histories[0]!, length: 40 }],
      encodeContexts: (batch, ...rest) => {
        counts.push(batch.contexts.count);
        return lengths.encodeContexts(batch, ...rest);
      },
    };
    const folder = temporaryFolder();
    const everyone = Int32Array.from({ length: 20 }, (_, user) => user);
    const at = servingData(many, { label: 'is_click' }, 'end');
    await writeRecommended(join(folder, 'top.csv'), counting, at, everyone, null, {
      contextsPerBatch: 2,
      length: 2,
      keepSeen: true,
    });
    expect(readFileSync(join(folder, 'top.csv'), 'utf8')).toBe(
      `user_id,rank,item_id,score\n${Array.from(everyone, (u) => `u${u},1,i32,32.0\nu${u},2,i0,31.0\n`).join('')}`,
    );
    // 33 contexts a user: 7 users, 7, 2 of the first 16, and 4.
    expect(counts).toEqual([231, 231, 66, 132]);
  });

  it('is not there when the work was ended', async () => {
    const folder = temporaryFolder();
    const ended = write(folder, modelOf(false), () => {
      throw new Error('ended');
    });
    await expect(ended).rejects.toThrow('ended');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has no scores that are not numbers, and does not leave their items out', async () => {
    const folder = temporaryFolder();
    const itemScores = Float32Array.of(1, Number.NaN, 1, Number.NaN, 2);
    const broken = write(folder, { score: () => itemScores, itemScores }, () => {});
    await expect(broken).rejects.toThrow("a candidate's score is NaN, not a finite number");
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has the same bytes each time', async () => {
    const folders = [temporaryFolder(), temporaryFolder()];
    for (const folder of folders) await write(folder, modelOf(true), () => {});
    const [first, second] = folders.map((folder) => readFileSync(join(folder, 'top.parquet')));
    expect(first!.equals(second!)).toBe(true);
  });
});
