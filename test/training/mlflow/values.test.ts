import { describe, expect, it } from '@jest/globals';
import type { Experiment } from '../../../src/config/index.js';
import type { RunRecord } from '../../../src/runs/index.js';
import { metricsOf, mlflowName, paramsOf, tagsOf } from '../../../src/training/mlflow/values.js';

describe('what MLflow is told', () => {
  it('has names that it takes', () => {
    expect(mlflowName('catalogue/ndcg@10')).toBe('catalogue/ndcg_at_10');
    expect(mlflowName('a.b-c: d_é(e)"')).toBe('a.b-c: d_é_e__');
  });

  it('is every option by its path', () => {
    const experiment = {
      seed: 3,
      model: { name: 'ncf', layers: [32, 16], item: ['id'] },
      train: { patience: null, clip: 1e-5, absent: undefined },
      note: 'x'.repeat(600),
    } as unknown as Experiment;
    expect(paramsOf(experiment)).toEqual({
      seed: '3',
      'model.name': 'ncf',
      'model.layers': '[32,16]',
      'model.item': '["id"]',
      'train.patience': 'null',
      'train.clip': '0.00001',
      note: 'x'.repeat(500),
    });
  });

  it('is every metric that has a value', () => {
    const record = {
      epoch: 2,
      step: 40,
      metrics: { train: { loss: 0.5 }, validation: { auc: null, 'p@5': 0.1 } },
    };
    expect(metricsOf(record, 1000)).toEqual([
      { key: 'train/loss', value: 0.5, timestamp: 1000, step: 40 },
      { key: 'validation/p_at_5', value: 0.1, timestamp: 1000, step: 40 },
    ]);
  });

  it('is where the run comes from', () => {
    const record = {
      id: 'r1',
      name: 's-1',
      model: 'bpr',
      cell: { sweep: 's-1', label: 'depth=2' },
      provenance: {
        git: { commit: 'abc', dirty: false },
        versions: { mvrec: '0.1.0' },
        engine: { name: 'wasm', device: 'cpu' },
        data: { name: 'log', fingerprint: 'f', caveat: null },
        command: ['sweep', 's.yaml'],
      },
    } as unknown as RunRecord;
    expect(tagsOf(record)).toEqual({
      'mlflow.source.name': 'mvrec sweep s.yaml',
      'mlflow.source.type': 'LOCAL',
      'mlflow.source.git.commit': 'abc',
      'mvrec.run': 's-1/r1',
      'mvrec.model': 'bpr',
      'mvrec.version': '0.1.0',
      'mvrec.engine': 'wasm (cpu)',
      'mvrec.data': 'log',
      'mvrec.data.fingerprint': 'f',
      'mvrec.sweep': 's-1',
      'mvrec.cell': 'depth=2',
    });
  });
});
