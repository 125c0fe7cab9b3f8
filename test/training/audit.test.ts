import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/schema.js';
import { type CandidateLists, type Candidates, cardOfSource, type SplitName } from '../../src/data/index.js';
import { auditExperiment } from '../../src/training/index.js';
import { cleanRows, codes, preparedOf } from '../data/audit/clean.js';
import { projectRoot, temporaryFolder } from '../support/index.js';

const data = preparedOf(cleanRows());
const audit = (experiment: object) => {
  const parsed = experimentSchema.parse({ data: { source: { world: 'quickstart' } }, ...experiment });
  return auditExperiment(parsed, data, { dataDir: '' }, parsed.evaluate.candidates as Candidates);
};

describe('what an experiment does with its data', () => {
  it('is read from the options of its model', async () => {
    const thacil = { name: 'thacil', visual: ['id'], category: ['id'] };
    expect(codes(await audit({ model: thacil }))).toEqual([]);
    const include = await audit({ model: { ...thacil, historyTarget: 'include' } });
    expect(codes(include)).toEqual(['target-in-history', 'history-after-impression']);
    expect(include.findings.map(({ setting }) => setting)).toEqual(
      Array(2).fill('model.historyTarget: include'),
    );
    await expect(audit({ model: { name: 'ncf', item: ['cover'] } })).rejects.toThrow(
      'no item feature cover (model.item)',
    );
  });

  it('is read from how it trains; what is computed from the log draws nothing and chooses no epoch', async () => {
    const train = { selectOn: 'test', negatives: { kind: 'uniform' } };
    expect(codes(await audit({ model: { name: 'bpr' }, train }))).toEqual([
      'selected-on-test',
      'negatives-hold-positives',
    ]);
    for (const name of ['popularity', 'ucf']) {
      expect(codes(await audit({ model: { name }, train }))).toEqual([]);
    }
  });

  it('is read from how it evaluates', async () => {
    const evaluate = { candidates: { kind: 'sampled', negatives: 50 }, metrics: ['hr@10'] };
    expect(codes(await audit({ model: { name: 'bpr' }, evaluate }))).toEqual([]);
  });

  it.each(['validation', 'test'] as const)('includes the lists of a file for %s', async (planted) => {
    const { item, user } = data.store.interactions;
    const all = [...data.label.keys()];
    const listsOf = (part: SplitName): CandidateLists => {
      const anchor = data.split[part].filter((row) => data.label[row] === 1);
      // The first list holds another positive item of the user beside its own.
      const other = all.find(
        (row) => user[row] === user[anchor[0]!] && data.label[row] === 1 && item[row] !== item[anchor[0]!],
      )!;
      return {
        anchor,
        relevant: new Int32Array(anchor.length).fill(1),
        candidates: (list) =>
          Int32Array.of(item[anchor[list]!]!, ...(part === planted && list === 0 ? [item[other]!] : [])),
      };
    };
    const lists = { train: listsOf('train'), validation: listsOf('validation'), test: listsOf('test') };
    const given = { kind: 'file', path: 'a.csv', sha256: '', report: '', lists } as const;
    const experiment = experimentSchema.parse({
      data: { source: { world: 'quickstart' } },
      model: { name: 'popularity' },
    });
    const found = await auditExperiment(experiment, data, { dataDir: '' }, given);
    expect(found.findings).toMatchObject([
      { code: 'candidates-hold-positives', count: 1, parts: { [planted]: 1 } },
    ]);
  });
});

describe('the card of a source', () => {
  const dataDir = temporaryFolder();
  const store = (name: string, card?: string): string => {
    mkdirSync(join(dataDir, name));
    writeFileSync(join(dataDir, name, 'manifest.json'), '{}');
    if (card !== undefined) writeFileSync(join(dataDir, name, 'card.yaml'), card);
    return name;
  };

  it('is the one that an experiment names, or that a store was imported by', async () => {
    const card = join(projectRoot, 'datasets', 'kwai.yaml');
    expect(await cardOfSource({ card, from: '' }, dataDir)).toMatchObject({ name: 'kwai' });
    const text = 'name: a\ntitle: a\nfiles: {}\ninteractions: { file: log, user: u, item: i, columns: [] }';
    const whole = text.replace('{}', '{ log: { path: a.csv } }');
    expect(await cardOfSource({ store: store('imported', whole) }, dataDir)).toMatchObject({ name: 'a' });
    expect(await cardOfSource({ store: store('strange', text) }, dataDir)).toBeNull();
    expect(await cardOfSource({ store: store('simulated') }, dataDir)).toBeNull();
    expect(await cardOfSource({ world: 'quickstart', scale: 1, seed: 1 }, dataDir)).toBeNull();
  });
});
