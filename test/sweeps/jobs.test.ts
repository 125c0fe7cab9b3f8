import { describe, expect, it } from '@jest/globals';
import { loadSweep } from '../../src/config/index.js';
import { threadsFor } from '../../src/sweeps/executor.js';
import { type JobRequest, planSweep } from '../../src/sweeps/jobs.js';
import { folderWith } from '../config/write.js';

const base = 'tune: { space: { model.factors: { values: [1] } } }\n';
const text = `base: base.yaml
experiment:
  data: { source: { card: ../card.yaml, from: ../files } }
  model: { name: bpr, factors: 4 }
seeds: [5, 3]
metrics: [gauc]
axes: { model.factors: [2, 4] }
cells: [{ label: NCF, set: { model: { name: ncf } } }]
`;

async function plan(
  change: Partial<JobRequest> = {},
  file = text,
  folder = folderWith({ 's/s.yaml': file, 's/base.yaml': base }),
) {
  const loaded = await loadSweep({ file: 's/s.yaml', env: {}, cwd: folder });
  return planSweep(loaded, { only: [], seeds: null, jobs: 1, ...change });
}

const names = ({ jobs }: Awaited<ReturnType<typeof plan>>) =>
  jobs.map(({ label, seed }) => `${label} ${seed}`);

describe('the jobs of a sweep', () => {
  it('are all cells with the first seed, then all with the second', async () => {
    expect(names(await plan())).toEqual([
      'factors=2 5',
      'factors=4 5',
      'NCF 5',
      'factors=2 3',
      'factors=4 3',
      'NCF 3',
    ]);
    expect(names(await plan({ seeds: [9], only: ['factors=?'] }))).toEqual(['factors=2 9', 'factors=4 9']);
    expect(names(await plan({ seeds: [9], only: ['N*', 'factors=4'] }))).toEqual(['factors=4 9', 'NCF 9']);
    await expect(plan({ only: ['NFC'] })).rejects.toThrow(
      '--only NFC: no cell is called that\n  Did you mean NCF?',
    );
  });

  it('are named after the sweep, measure its columns and search nothing', async () => {
    const { jobs, name, metrics } = await plan({ jobs: 2 });
    const { experiment, origins, columns } = jobs[0]!;
    expect(metrics).toEqual(['gauc']);
    expect(columns).toEqual(['gauc']);
    expect(experiment).toMatchObject({ name, seed: 5, engine: { threads: threadsFor(2) } });
    expect(experiment.evaluate.metrics).toEqual(['auc', 'gauc', 'uauc', 'logloss']);
    expect(experiment).not.toHaveProperty('tune');
    expect(origins.seed).toBe('mvrec sweep');
    expect(origins['model.factors']).toBe('s/s.yaml:7:25');
    expect(Object.keys(origins).filter((path) => path.startsWith('tune'))).toEqual([]);
  });

  it('lie in a folder that depends on the cells alone', async () => {
    const { name } = await plan();
    const same = [
      await plan({ seeds: [1, 2], only: ['NCF'], jobs: 3 }),
      await plan({}, `# a comment\n${text}`), // and another place of everything
      await plan({}, text.replace('seeds: [5, 3]', 'seeds: 2')),
    ];
    expect(same.map((one) => one.name)).toEqual([name, name, name]);
    const others = [
      await plan({}, text.replace('[2, 4]', '[2, 5]')),
      await plan({}, text.replace('NCF', 'MLP')),
      await plan({}, text.replace('../files', '../other')),
      await plan({}, text.replace('[gauc]', '[auc]')),
    ];
    expect(new Set([name, ...others.map((one) => one.name)]).size).toBe(5);
    expect(name).toMatch(/^s-[0-9a-f]{8}$/);
  });

  it('name columns as runs record them', async () => {
    const ranked = text.replace(
      'model: {',
      'evaluate: { candidates: { kind: catalogue }, metrics: [ndcg@10] }\n  model: {',
    );
    const { jobs } = await plan({}, ranked.replace('[gauc]', '[recall@5]'));
    expect(jobs[0]!.columns).toEqual(['catalogue/recall@5']);
    expect(jobs[0]!.experiment.evaluate.metrics).toEqual(['ndcg@10', 'recall@5']);
  });

  it('differ, and are measured on test', async () => {
    await expect(plan({}, text.replace('{ model: { name: ncf } }', '{ model.factors: 2 }'))).rejects.toThrow(
      's/s.yaml:7:1: the cells factors=2 and NCF are the same experiment',
    );
    const untested = text.replace('model: {', 'evaluate: { test: false }\n  model: {');
    await expect(plan({}, untested)).rejects.toThrow('4:21: evaluate.test is false in factors=2');
  });
});
