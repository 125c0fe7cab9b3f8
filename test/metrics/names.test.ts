import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../src/base/index.js';
import { metricDirection, metricNames, parseMetric } from '../../src/metrics/index.js';
import { projectRoot } from '../support/index.js';

describe('parseMetric', () => {
  it('knows names, depths and dialects', () => {
    expect(parseMetric('auc')).toMatchObject({ name: 'auc', k: 0 });
    expect(parseMetric('ndcg@10')).toMatchObject({ name: 'ndcg@10', k: 10 });
    expect(parseMetric('precision@50:thacil')).toMatchObject({ name: 'precision@50:thacil', k: 50 });
  });

  it.each([
    ['AUC', 'Did you mean auc?'],
    ['ndgc@10', 'Did you mean ndcg@10?'],
    ['NDCG@7', 'Did you mean ndcg@7?'],
    ['precision@50:tacil', 'Did you mean precision@50:thacil?'],
    ['precision', 'Did you mean precision@10?'],
    ['precision@0', 'the depth of precision@0 is 0'],
    ['ndcg@0:thacil', 'A depth is a whole number from 1, as in ndcg@10:thacil.'],
    ['precision@05', 'the depth of precision@05 is 05'],
    ['precision@1e3', 'the depth of precision@1e3 is 1e3'],
    ['precision@', 'the depth of precision@ is missing'],
    ['precision@K', 'A depth is a whole number from 1, as in precision@10.'],
    ['auc:thacil', 'Did you mean gauc:thacil?'],
    ['auc@5', 'Known: auc'],
    ['constructor', 'Known: auc'],
    ['', 'Known: auc'],
  ])('refuses %j and helps: %s', (name, help) => {
    expect(() => parseMetric(name)).toThrow(UserError);
    expect(() => parseMetric(name)).toThrow(help);
  });
});

it('metricDirection: less is better for logloss only', () => {
  const lower = metricNames
    .map(([name]) => name.replace('@K', '@5'))
    .filter((name) => metricDirection(name) === 'lower');
  expect(lower).toEqual(['logloss', 'logloss:frame']);
});

it('docs/metrics.md has a row for every metric, and no other', () => {
  const text = readFileSync(join(projectRoot, 'docs', 'metrics.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(metricNames.map(([name]) => name).sort());
});
