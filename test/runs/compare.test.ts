import { expect, it } from '@jest/globals';
import { compareRuns } from '../../src/runs/index.js';
import { temporaryFolder } from '../support/index.js';
import { newRun } from './fixture.js';

it('lays runs side by side and leaves out what is equal', async () => {
  const results = temporaryFolder();
  const first = await newRun(results);
  const second = await newRun(results, { seed: 2, model: { name: 'popularity' } });
  await first.lock();
  await first.saveEvaluation({ metrics: { validation: { auc: 0.6 }, test: { auc: 0.5 } } });
  expect(await compareRuns([first, second])).toEqual({
    runs: [first.id, second.id],
    config: {
      seed: [1, 2],
      'model.name': ['bpr', 'popularity'],
      'model.update': ['step', undefined],
      'model.factors': [16, undefined],
      'model.item': [['id'], undefined],
      'model.head': ['product', undefined],
      'model.hidden': [128, undefined],
      'model.itemBias': [true, undefined],
      'model.l2Weight': [5e-5, undefined],
    },
    provenance: {},
    metrics: { 'validation/auc': [0.6, null], 'test/auc': [0.5, null] },
  });
});
