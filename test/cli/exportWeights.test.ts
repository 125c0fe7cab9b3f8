/** A run's weights leave mvrec and come back: the scores are those that it wrote itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { encodeSafetensors, openSafetensors } from '../../src/base/index.js';
import { openSource, simulate } from '../../src/data/index.js';
import { projectRoot } from '../support/index.js';
import { programInFolder } from '../support/program.js';
import '../../src/cli/export-weights.js';
import '../../src/cli/forward.js';
import '../../src/cli/metric-names.js';
import '../../src/training/index.js';

const { folder, dataDir, run } = programInFolder();
const quickstart = join(projectRoot, 'experiments', 'quickstart.yaml');

async function ok(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...words);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

it('gives the scores of predictions, from features and clicks alone', async () => {
  const small = ['--set', 'data.source.scale=0.05', '--set', 'train.epochs=1'];
  await ok('train', quickstart, ...small, '--engine', 'wasm');
  await ok('eval', 'latest', '--predictions', 'scores.csv', '--split', 'test', '--engine', 'wasm');
  const [head, ...lines] = readFileSync(join(folder, 'scores.csv'), 'utf8').trim().split('\n');
  const column = (name: string) => head!.split(',').indexOf(name);
  const predicted = lines.map((line) => {
    const cells = line.split(',');
    return { row: Number(cells[column('row')]), score: Number(cells[column('score')]) };
  });

  // What the world shows, and what each row's user had clicked before it.
  const store = await simulate({ world: 'quickstart', scale: 0.05, seed: 1, knobs: {} });
  const { user, item, time, columns } = store.interactions;
  const clicksBefore = (row: number): number[] =>
    Array.from(user.keys())
      .filter(
        (other) => user[other] === user[row] && time[other]! < time[row]! && columns.is_click![other] === 1,
      )
      .map((other) => item[other]!)
      .slice(-40);
  const items = store.itemIds.length;
  const history = new Float32Array(40 * predicted.length).fill(-1);
  predicted.forEach(({ row }, p) => {
    history.set(clicksBefore(row), 40 * p);
  });
  const cover = store.items.vectors.cover!;
  const every = Int32Array.from({ length: items }, (_, i) => i);
  const numbers = (name: string, values: Int32Array) => ({ name, shape: [values.length], data: values });
  const inputs = [
    { name: 'item.cover', shape: [items, cover.width], data: cover.rows(every) },
    numbers('item.category', store.items.categories.category!.values),
    { name: 'history.positive', shape: [predicted.length, 40], data: history },
    numbers('pair.context', Int32Array.from(predicted.keys())),
    numbers(
      'pair.item',
      Int32Array.from(predicted, ({ row }) => item[row]!),
    ),
  ];
  writeFileSync(join(folder, 'i.safetensors'), Buffer.concat(encodeSafetensors(inputs)));

  expect(await ok('runs', 'export', 'latest', '--out', 'w.safetensors')).toMatch(
    /^10,793 parameters in 31 arrays/,
  );
  const file = await openSafetensors(join(folder, 'w.safetensors'));
  expect(JSON.parse(file.metadata['mvrec.model']!)).toMatchObject({
    name: 'thacil',
    heads: 4,
    blockSize: 10,
  });
  await file.close();
  const words = ['--weights', 'w.safetensors', '--inputs', 'i.safetensors', '--engine', 'wasm', '--json'];
  const { arrays } = JSON.parse(await ok('forward', 'thacil', ...words));
  expect(predicted.length).toBeGreaterThan(50);
  const scores = new Set(predicted.map(({ score }) => score));
  expect(scores.size).toBeGreaterThan(50);
  predicted.forEach(({ score }, p) => {
    expect(Math.abs(arrays.probabilities.values[p] - score)).toBeLessThan(1e-5);
  });

  expect((await run('runs', 'export', 'latest', '--out', 'w.safetensors')).stderr).toMatch(
    /is there already/,
  );
  await ok('runs', 'export', 'latest', '--checkpoint', 'last', '--out', 'w.safetensors', '--force');
  const last = await openSafetensors(join(folder, 'w.safetensors'));
  expect(last.names).toHaveLength(31);
  await last.close();
});

/** Twelve users, of whom two have no gender, and nine videos, of which one has no author. */
function writeUnknowns(): void {
  const pairs = Array.from({ length: 12 }, (_, u) =>
    Array.from({ length: 8 }, (_, t) => [u, (u + t) % 9, t]),
  );
  const rows = pairs.flat().map(([u, v, t]) => `u${u},v${v},${t},${Number(v! % 3 === u! % 2)}`);
  const people = Array.from({ length: 12 }, (_, u) => u).filter((u) => u !== 3 && u !== 7);
  const files = {
    'log.csv': ['user,video,time,liked', ...rows],
    'people.csv': ['user,gender', ...people.map((u) => `u${u},${u % 2}`)],
    'videos.csv': ['video,author', ...[0, 1, 2, 3, 4, 6, 7, 8].map((v) => `v${v},${v % 3}`)],
    'unknowns.card.yaml': [
      'name: unknowns',
      'title: users without a profile',
      'files: { log: { path: log.csv }, people: { path: people.csv }, videos: { path: videos.csv } }',
      'interactions: { file: log, user: user, item: video, time: time, columns: [liked] }',
      'users: { categories: { gender: { file: people, column: gender, codes: 2 } } }',
      'items: { categories: { author: { file: videos, column: author, codes: 3 } } }',
    ],
    'unknowns.yaml': [
      'name: unknowns',
      'data: { source: { card: unknowns.card.yaml, from: . }, label: liked }',
      'model: { name: uvcan, factors: 8, layers: 1, mlpHidden: [8], userFields: [id, gender], videoFields: [id, author] }',
      'train: { epochs: 12, batchSize: 8, optimizer: { learningRate: 0.01 } }',
    ],
  };
  for (const [name, lines] of Object.entries(files)) {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  }
}

it('gives the scores of predictions where users and videos lack values', async () => {
  writeUnknowns();
  await ok('train', 'unknowns.yaml', '--engine', 'wasm');
  await ok('eval', 'latest', '--predictions', 'unknowns.csv', '--split', 'test', '--engine', 'wasm');
  const [, ...lines] = readFileSync(join(folder, 'unknowns.csv'), 'utf8').trim().split('\n');
  const predicted = lines.map((line) => {
    const [, , user, item, , score] = line.split(',');
    return { user: user!, item: item!, score: Number(score) };
  });
  const source = { card: join(folder, 'unknowns.card.yaml'), from: folder };
  const { userIds, itemIds } = await openSource(source, { dataDir });
  const numbers = (name: string, values: readonly number[]) => ({
    name,
    shape: [values.length],
    data: Int32Array.from(values),
  });
  const number = (id: string) => Number(id.slice(1));
  const inputs = [
    numbers(
      'user.gender',
      userIds.map((id) => (['u3', 'u7'].includes(id) ? -1 : number(id) % 2)),
    ),
    numbers(
      'item.author',
      itemIds.map((id) => (id === 'v5' ? -1 : number(id) % 3)),
    ),
    numbers(
      'context.user',
      predicted.map(({ user }) => userIds.indexOf(user)),
    ),
    numbers('pair.context', [...predicted.keys()]),
    numbers(
      'pair.item',
      predicted.map(({ item }) => itemIds.indexOf(item)),
    ),
  ];
  writeFileSync(join(folder, 'u.safetensors'), Buffer.concat(encodeSafetensors(inputs)));
  await ok('runs', 'export', 'latest', '--out', 'uw.safetensors');
  const distances = async (weights: string): Promise<number[]> => {
    const words = ['--weights', weights, '--inputs', 'u.safetensors', '--engine', 'wasm', '--json'];
    const { arrays } = JSON.parse(await ok('forward', 'uvcan', ...words));
    return predicted.map(({ score }, p) => Math.abs(arrays.probabilities.values[p] - score));
  };
  expect(Math.max(...(await distances('uw.safetensors')))).toBeLessThan(1e-6);

  // The same without what was learned for unknown: other scores where something is unknown, and nowhere else.
  const file = await openSafetensors(join(folder, 'uw.safetensors'));
  expect(file.names).toEqual(expect.arrayContaining(['user.gender.unknown', 'video.author.unknown']));
  const known = await Promise.all(
    file.names
      .filter((name) => !name.endsWith('.unknown'))
      .map(async (name) => ({ name, shape: file.shape(name), data: await file.read(name) })),
  );
  writeFileSync(
    join(folder, 'known.safetensors'),
    Buffer.concat(encodeSafetensors(known, { 'mvrec.model': file.metadata['mvrec.model']! })),
  );
  await file.close();
  (await distances('known.safetensors')).forEach((distance, p) => {
    const { user, item } = predicted[p]!;
    expect([user, item, distance > 1e-3]).toEqual([user, item, ['u3', 'u7'].includes(user) || item === 'v5']);
  });
});

it('explains what it cannot export', async () => {
  expect((await run('runs', 'export', 'latest')).stderr).toMatch(/--out is missing/);
  expect((await run('runs', 'export', 'latest', '--out', 'w.npz')).stderr).toMatch(/ends in \.safetensors/);
  expect((await run('runs', 'export', 'nothing', '--out', 'x.safetensors')).stderr).toMatch(
    /there is no run nothing/,
  );
});
