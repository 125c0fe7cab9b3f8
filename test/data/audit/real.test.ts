import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { experimentSchema } from '../../../src/config/schema.js';
import type { Audit } from '../../../src/data/index.js';
import { auditExperiment, openData, openLists } from '../../../src/training/index.js';
import { describeIf, projectRoot, sharedData, temporaryFolder } from '../../support/index.js';
import { finding } from './clean.js';

async function auditOf(name: string, file: string, experiment: object): Promise<Audit> {
  const settings = { dataDir: temporaryFolder(), resultsDir: '', cacheDir: '' };
  const resolved = experimentSchema.parse({
    ...experiment,
    data: {
      ...(experiment as { data: object }).data,
      source: {
        card: join(projectRoot, 'datasets', `${name === 'microlens-50k' ? `${name}-subset` : name}.yaml`),
        from: dirname(file),
      },
    },
  });
  const reporter = { note() {}, step() {}, epoch() {}, counting() {} };
  const { signal } = new AbortController();
  const surroundings = { settings, reporter, signal };
  const data = await openData(resolved, surroundings);
  const candidates = await openLists(resolved.evaluate.candidates, data, surroundings);
  return auditExperiment(resolved, data, settings, candidates);
}

const counts = ({ findings }: Audit) =>
  Object.fromEntries(findings.map(({ code, severity, count, of }) => [code, [severity, count, of]]));

// Expected counts: the same definitions in pandas, from the files.
const kuairand = sharedData('kuairand-negfeedback', 'processed_standard_kcore_15.csv');
describeIf(kuairand.exists, kuairand.reason)('KuaiRand, liked or hated impressions', () => {
  const data = { label: 'is_click', split: { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } };
  const model = { name: 'thacil', visual: ['id', 'author'], category: ['duration', 'tag'] };

  it('has one row on both sides of a cut; its 116 exact duplicates are dropped by the card', async () => {
    const found = await auditOf('kuairand-negfeedback', kuairand.path, { data, model });
    expect(counts(found)).toEqual({
      'rows-in-two-parts': ['warning', 1, 11_618],
      'pairs-in-two-parts': ['warning', 3, 8_604],
      'changing-labels': ['note', 14, 41_712],
      'label-constant-per-user': ['note', 154, 664],
      'future-of-other-users': ['note', 22_566, 30_094],
    });
    expect(finding(found, 'changing-labels')!.parts).toEqual({ train: 9, test: 5 });
    expect(finding(found, 'label-constant-per-user')!.value).toBeCloseTo(0.131102, 6);
    expect(finding(found, 'rows-in-two-parts')).toMatchObject({
      example: { user: '965', item: '3037180', time: 1_650_015_004_079, label: 0, part: 'validation' },
      other: { user: '965', item: '3037180', time: 1_650_015_004_079, label: 0, part: 'train' },
    });
  });

  it('leaks every positive train row into its own history under the released protocol', async () => {
    const released = { ...model, historyTarget: 'include', historySample: 'random' };
    const found = await auditOf('kuairand-negfeedback', kuairand.path, {
      data,
      model: released,
      train: { selectOn: 'test' },
    });
    // 65.8 % of 30,094 train rows.
    const { count, parts, setting } = finding(found, 'target-in-history')!;
    expect(count / 30_094).toBeCloseTo(0.658, 3);
    expect({ parts, setting }).toEqual({ parts: { train: count }, setting: 'model.historyTarget: include' });
    expect(finding(found, 'selected-on-test')!.count).toBe(8_604);
  });
});

for (const { name, rows, held, pairs } of [
  { name: 'kwai', rows: 298_492, held: 6_460, pairs: 10_819 },
  { name: 'microlens-50k', rows: 359_048, held: 49_887, pairs: 96_602 },
]) {
  const log = sharedData(name, 'interactions.csv');
  describeIf(log.exists, log.reason)(name, () => {
    it('holds positives alone, in order, with later positives among what is drawn as negatives', async () => {
      const found = await auditOf(name, log.path, {
        data: { label: 'is_positive', split: { kind: 'leaveOneOut' } },
        model: { name: 'bpr' },
        train: { negatives: { kind: 'uniform' } },
        evaluate: { candidates: { kind: 'sampled', negatives: 100 }, metrics: ['hr@10'] },
      });
      expect(counts(found)).toEqual({
        'label-constant': ['note', rows, rows],
        'negatives-hold-positives': ['note', pairs, rows],
      });
      expect(finding(found, 'label-constant')!.parts).toEqual({
        train: rows - 2 * held,
        validation: held,
        test: held,
      });
    });
  });
}
