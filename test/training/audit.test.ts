import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { experimentSchema } from '../../src/config/schema.js';
import { type Candidates, cardOfSource } from '../../src/data/index.js';
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
      'no feature cover of items',
    );
  });

  it('is read from how it trains; floors draw nothing and choose no epoch', async () => {
    const train = { selectOn: 'test', negatives: { kind: 'uniform' } };
    expect(codes(await audit({ model: { name: 'bpr' }, train }))).toEqual([
      'selected-on-test',
      'negatives-hold-positives',
    ]);
    expect(codes(await audit({ model: { name: 'popularity' }, train }))).toEqual([]);
  });

  it('is read from how it evaluates', async () => {
    const evaluate = { candidates: { kind: 'sampled', negatives: 50 }, metrics: ['hr@10'] };
    expect(codes(await audit({ model: { name: 'bpr' }, evaluate }))).toEqual([]);
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
