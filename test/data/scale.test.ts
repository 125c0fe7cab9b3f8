import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeNpy } from '../../src/base/index.js';
import {
  type Batch,
  importInto,
  loadStore,
  type PreparedData,
  planEpoch,
  prepare,
  readCard,
  type Store,
  StreamedVectors,
  scoreBatches,
} from '../../src/data/index.js';
import { useEngine } from '../support/engines.js';
import { projectRoot, temporaryFolder } from '../support/index.js';
import { logitsOf, trainable } from '../support/training.js';

const generator = join(projectRoot, 'bench', 'scale', 'generate.mjs');
// Jest's own flags would start the child as a test process.
const env = { ...process.env, NODE_OPTIONS: '' };
const generate = (world: string, folder: string) =>
  execFileSync(process.execPath, [generator, world, folder, '0.001'], { env });

describe.each([
  ['microvideo', 11, 512, ['is_click']],
  ['kuaishou', 10, 64, ['is_click', 'is_like', 'is_follow']],
] as const)('a log of the size of %s, at 1/1000', (world, users, width, labels) => {
  let from: string;
  let lines: string[][];
  let store: Store;
  let folder: string;
  beforeAll(async () => {
    from = join(temporaryFolder(), 'source');
    generate(world, from);
    lines = readFileSync(join(from, 'log.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const dataDir = temporaryFolder();
    folder = join(dataDir, world);
    const { card } = await readCard(join(projectRoot, 'datasets', `simulated-${world}.yaml`));
    ({ store } = await importInto(card, from, folder, { dataDir }));
  });

  it('is the same when it is made again', () => {
    const again = join(temporaryFolder(), 'again');
    generate(world, again);
    for (const file of ['log.csv', 'ids.txt', 'vectors.npy']) {
      expect(readFileSync(join(again, file)).equals(readFileSync(join(from, file)))).toBe(true);
    }
  });

  it('is imported as it was written', () => {
    const clicks = lines.filter((line) => line[3] === '1').length;
    const items = new Set(lines.map((line) => line[1]));
    expect(JSON.parse(readFileSync(join(from, 'generated.json'), 'utf8'))).toMatchObject({
      simulated: true,
      users,
      items: items.size,
      rows: lines.length,
      clicks,
    });
    expect(store.caveat).toMatch(/^simulated/);
    expect([store.userIds.length, store.itemIds.length]).toEqual([users, items.size]);
    expect(Object.keys(store.interactions.columns)).toEqual(labels);
    // It is written in the order in which it is kept.
    const { item, time, columns } = store.interactions;
    expect(Array.from(item, (i) => store.itemIds[i])).toEqual(lines.map((line) => line[1]));
    expect(Array.from(time, String)).toEqual(lines.map((line) => line[2]));
    labels.forEach((label, i) => {
      expect(Array.from(columns[label]!, String)).toEqual(lines.map((line) => line[3 + i]));
    });
  });

  it('has the vectors of its videos, by their identifiers', () => {
    const { data, shape } = decodeNpy(readFileSync(join(from, 'vectors.npy')), 'vectors.npy');
    expect(shape[1]).toBe(width);
    const names = readFileSync(join(from, 'ids.txt'), 'utf8').split('\n');
    for (const item of [0, 1, 500, store.itemIds.length - 1]) {
      const row = names.indexOf(store.itemIds[item]!);
      expect(store.items.vectors.cover!.rows(Int32Array.of(item))).toEqual(
        data.slice(row * width, (row + 1) * width),
      );
    }
  });

  it('gives the same batches and the same logits whether its vectors are held or streamed', async () => {
    await useEngine('cpu');
    const options = {
      name: 'thacil',
      visual: ['cover'],
      category: ['cover'],
      visualSize: 8,
      categorySize: 8,
    };
    const small = { historyLength: 8, blockSize: 4, heads: 2, hidden: 8 };
    const run = async (streamedBytes: number): Promise<[PreparedData, Batch[], number[][]]> => {
      const loaded = await loadStore(folder, { streamedBytes });
      const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;
      const data = prepare(loaded, { label: 'is_click', split });
      const model = trainable({ ...options, ...small }, data);
      const plan = planEpoch(data, {
        histories: model.histories,
        batchSize: 64,
        batching: 'byUser',
        pairsPerUser: 16,
        negatives: { kind: 'logged', ratio: 'all' },
        pairing: 'pointwise',
        lastBatch: 'keep',
        seed: 1,
        epoch: 0,
      });
      const scored = scoreBatches(data, data.split.test.subarray(0, 100), {
        histories: model.histories,
        contextsPerBatch: 8,
      });
      const batches = [plan.batch(0), plan.batch(plan.steps - 1), ...scored];
      return [data, batches, batches.map((batch) => logitsOf(model, batch))];
    };
    const [held, heldBatches, heldLogits] = await run(Number.POSITIVE_INFINITY);
    const [streamed, batches, logits] = await run(0);
    expect(streamed.store.items.vectors.cover).toBeInstanceOf(StreamedVectors);
    expect(held.store.items.vectors.cover).not.toBeInstanceOf(StreamedVectors);
    expect(batches).toEqual(heldBatches);
    expect(logits).toEqual(heldLogits);
  });
});
