import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { encodeFileVersion, encodeScalars } from '../../src/runs/tensorboard.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';
import { checkpointAt, newRun, readBack } from './fixture.js';

it('writes the bytes that TensorFlow writes', () => {
  // From Python: tensorboard.summary.writer.record_writer.RecordWriter around
  // Event(wall_time=1.5, file_version="brain.Event:2") and
  // Event(wall_time=1.5, step=300, summary=Summary(value=[Value(tag="test/auc", simple_value=0.75)])).
  expect(Buffer.from(encodeFileVersion(1.5)).toString('hex')).toBe(
    '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
  );
  expect(Buffer.from(encodeScalars(1.5, 300, { 'test/auc': 0.75 })).toString('hex')).toBe(
    '1f00000000000000514b441809000000000000f83f10ac022a110a0f0a08746573742f617563150000403f942c4583',
  );
});

const tensorboard = python('tensorboard', 'numpy');
describeIf(tensorboard.exists, tensorboard.reason)('TensorBoard', () => {
  const program = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
scalars = {}
for tag in events.Tags()["scalars"]:
    scalars[tag] = [[e.step, e.value] for e in events.Scalars(tag)]
print(json.dumps(scalars))`;
  const shown = (folder: string): unknown => JSON.parse(tensorboard.run(program, folder));

  it('shows the metrics of a run, once each after a resume', async () => {
    const run = await newRun(temporaryFolder());
    await run.lock();
    const record = (step: number): void =>
      run.appendMetrics({ epoch: 1, step, metrics: { train: { loss: 1 / step }, test: { 'ndcg@10': 0.5 } } });
    record(1);
    await run.saveCheckpoint('last', checkpointAt(1));
    record(2);
    record(300);
    await run.restore(readBack);
    record(2);
    record(300);
    expect(shown(run.directory)).toEqual({
      'train/loss': [
        [1, 1],
        [2, 0.5],
        [300, Math.fround(1 / 300)],
      ],
      'test/ndcg@10': [
        [1, 0.5],
        [2, 0.5],
        [300, 0.5],
      ],
    });
  });

  it('takes any step and tag', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'events.out.tfevents.x');
    writeFileSync(file, encodeFileVersion(1e9));
    const steps = [0, 127, 128, 16383, 16384, 2 ** 31, 2 ** 40];
    for (const step of steps) appendFileSync(file, encodeScalars(1e9, step, { 'Ähre/λ@1:x': -step, b: 1 }));
    expect(shown(folder)).toEqual({
      'Ähre/λ@1:x': steps.map((step) => [step, -step]),
      b: steps.map((step) => [step, 1]),
    });
  });
});
