import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { projectRoot } from '../support/index.js';
import { operations } from './operations.js';

interface NamedArray {
  readonly shape: number[];
  readonly type: 'float32' | 'int32' | 'bool';
  readonly values: number[];
}

interface Case {
  readonly name: string;
  readonly inputs: readonly NamedArray[];
  readonly result: NamedArray;
  /** Gradient of the result, and with it of every float input; absent where there is none. */
  readonly weights?: NamedArray;
  readonly gradients?: readonly NamedArray[];
}

/** Written by conformance.py. */
export const cases: readonly Case[] = readFileSync(
  join(projectRoot, 'test', 'engine', 'conformance.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

/**
 * Every operation that mvrec uses, forward and backward, on the engine that `start` brings up.
 *
 * @param lacking operations that the engine does not have; they must fail, so that the list stays true
 */
export function describeConformance(start: () => Promise<unknown>, lacking: readonly string[] = []): void {
  describe('operations conform to NumPy', () => {
    beforeAll(start);

    it.each(cases.filter(({ name }) => !lacking.includes(name)))('$name', async (one) => {
      const before = tf.memory().numTensors;
      const { result, gradients } = await run(one);
      expect(tf.memory().numTensors).toBe(before);
      expectClose(result, one.result, 1e-5);
      expect(gradients).toHaveLength(one.gradients?.length ?? 0);
      gradients.forEach((gradient, i) => {
        expectClose(gradient, one.gradients![i]!, 3e-5);
      });
    });

    if (lacking.length > 0) {
      it.each(cases.filter(({ name }) => lacking.includes(name)))('$name is still lacking', async (one) => {
        await expect(run(one)).rejects.toThrow(/not registered/);
      });
    }
  });
}

interface Result {
  readonly shape: number[];
  readonly values: ArrayLike<number>;
}

/** Reads asynchronously: WebGPU cannot do otherwise. */
async function run({ name, inputs, weights }: Case): Promise<{ result: Result; gradients: Result[] }> {
  const operation = operations[name]!;
  const tensors = inputs.map(({ shape, type, values }) => tf.tensor(values, shape, type));
  const floats = tensors.filter(({ dtype }) => dtype === 'float32');
  const insert = (moved: readonly tf.Tensor[]): tf.Tensor[] => {
    const queue = [...moved];
    return tensors.map((tensor) => (tensor.dtype === 'float32' ? queue.shift()! : tensor));
  };
  const made: tf.Tensor[] = [...tensors];
  try {
    const result = tf.tidy(() => operation(...tensors));
    made.push(result);
    const gradients = weights
      ? tf.tidy(() => {
          const dy = tf.tensor(weights.values, weights.shape);
          return tf.grads((...moved: tf.Tensor[]) => operation(...insert(moved)))(floats, dy);
        })
      : [];
    made.push(...gradients);
    return { result: await read(result), gradients: await Promise.all(gradients.map(read)) };
  } finally {
    tf.dispose(made);
  }
}

async function read(tensor: tf.Tensor): Promise<Result> {
  return { shape: tensor.shape, values: await tensor.data() };
}

function expectClose(actual: Result, expected: NamedArray, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  expected.values.forEach((value, i) => {
    const difference = Math.abs(actual.values[i]! - value);
    if (!(difference <= tolerance * (1 + Math.abs(value)))) {
      throw new Error(`element ${i}: ${actual.values[i]} instead of ${value}`);
    }
  });
}
