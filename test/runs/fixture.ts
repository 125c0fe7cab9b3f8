import { type Experiment, experimentSchema } from '../../src/config/index.js';
import type { Checkpoint, Provenance, Run, SavedCheckpoint } from '../../src/runs/index.js';
import { createRun } from '../../src/runs/index.js';

export const experiment: Experiment = experimentSchema.parse({
  data: { source: { world: 'quickstart' } },
  model: { name: 'bpr', factors: 16 },
});

export const provenance: Provenance = {
  git: { commit: 'a'.repeat(40), dirty: false },
  versions: { mvrec: '0.1.0', node: '20.19.0', engine: '4.22.0' },
  platform: 'linux-x64',
  engine: { name: 'wasm', device: 'cpu', threads: 2 },
  data: { name: 'quickstart', fingerprint: 'b'.repeat(64), caveat: 'simulated' },
  seed: 1,
  command: ['mvrec', 'train', 'quickstart.yaml'],
};

export function newRun(resultsDir: string, change: Partial<Experiment> = {}): Promise<Run> {
  return createRun({
    resultsDir,
    name: 'quickstart',
    experiment: { ...experiment, ...change },
    origins: { seed: 'default' },
    provenance,
  });
}

/** A small checkpoint whose numbers tell its step. */
export function checkpointAt(step: number): Checkpoint {
  const data = Float32Array.from({ length: 6 }, (_, i) => step + i / 8);
  return { tensors: new Map([['weight', { shape: [2, 3], data }]]), meta: { step } };
}

/** What the small checkpoint holds, to be given to `restore` and `loadCheckpoint`. */
export async function readBack(saved: SavedCheckpoint): Promise<Checkpoint> {
  const data = new Float32Array(6);
  const tensors = new Map([['weight', { shape: [2, 3], data }]]);
  await saved.readInto(tensors);
  return { tensors, meta: saved.meta };
}
