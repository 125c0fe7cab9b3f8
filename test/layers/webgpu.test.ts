import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type EngineName, ParameterSet, takeValues } from '../../src/engine/index.js';
import { candidateAttention, lstm, temporalGraphLstm } from '../../src/layers/index.js';
import { webgpu } from '../engine/graphics.js';
import { useEngine } from '../support/engines.js';
import { fillWithWaves, waves, weigh } from '../support/gradients.js';
import { describeIf } from '../support/index.js';

/** Two sequences of at most four steps, three features a step, four units. */
const shape = [2, 4, 3];
const lengths = Int32Array.of(4, 2);
const edges = Int32Array.of(0, 0, 1, 1, 0, 0, 0, 0);
const places = { sequence: Int32Array.of(1, 0, 0, 1), length: Int32Array.of(2, 3, 0, 1) };
const cell = { inputs: 3, units: 4 };
type Layer = (x: tf.Tensor3D) => tf.Tensor;

/** Makes a layer whose weights are among the parameters. */
const layers: Readonly<Record<string, (parameters: ParameterSet) => Layer>> = {
  lstm: (parameters) => {
    const layer = lstm(parameters, 'lstm', cell);
    return (x) => layer.apply(x, lengths);
  },
  ...Object.fromEntries(
    (['previous', 'linkedMain', 'linkedStar'] as const).map((edgeCell) => [
      `temporal-graph LSTM, ${edgeCell}`,
      (parameters: ParameterSet) => {
        const layer = temporalGraphLstm(parameters, 'graph', { ...cell, edgeCell });
        return (x: tf.Tensor3D) => layer.apply(x, lengths, edges);
      },
    ]),
  ),
  ...Object.fromEntries(
    (['scaledDot', 'bilinear'] as const).map((kind) => [
      `attention of candidates, ${kind}`,
      (parameters: ParameterSet) => {
        const layer = candidateAttention(parameters, 'candidate', { width: 3, kind });
        const candidates = parameters.addDense('candidates', [4, 3], waves(2));
        return (x: tf.Tensor3D) => layer.apply(x, candidates.value(), places);
      },
    ]),
  ),
};

const { exists, reason } = webgpu();

// What models are made of besides is compared by their training steps, `test/training/step.test.ts`.
describeIf(exists, reason)('layers on webgpu', () => {
  describe('have the values and gradients that they have on wasm', () => {
    const compare = async (name: string): Promise<void> => {
      const expected = await run('wasm', name);
      const found = await run('webgpu', name);
      expect(found.kept).toBe(0);
      expect(found.values.map(({ length }) => length)).toEqual(expected.values.map(({ length }) => length));
      found.values.forEach((values, k) => {
        values.forEach((value, i) => {
          expect(Math.abs(value - expected.values[k]![i]!)).toBeLessThan(1e-5);
        });
      });
    };
    it.each(Object.keys(layers))('%s', compare);
  });
});

/** The layer's output, and the gradients of the input and of every weight, one after the other. */
async function run(engine: EngineName, name: string): Promise<{ values: Float32Array[]; kept: number }> {
  await useEngine(engine);
  const parameters = new ParameterSet(1);
  const x = parameters.addDense('x', shape, waves(1));
  const apply = layers[name]!(parameters);
  fillWithWaves(parameters, 0.7);
  const before = tf.memory().numTensors;
  const output = tf.tidy(() => apply(x.value()));
  const { flat, dense } = await parameters.gradients(() => weigh(apply(x.value())));
  tf.dispose(dense); // `flat` holds them all
  const values = await takeValues([output, flat]);
  const kept = tf.memory().numTensors - before;
  parameters.dispose();
  return { values, kept };
}
