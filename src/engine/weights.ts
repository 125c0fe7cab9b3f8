import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../base/index.js';
import type { ParameterSet } from './parameters.js';

/** Arrays by name, as they go into a checkpoint. */
export type NamedArrays = Map<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array }
>;

/**
 * Fills arrays with those of the same names. Throws a RangeError that names a missing one, or one of another shape or
 * type, before any is filled.
 */
export type ArraySource = (into: NamedArrays) => Promise<void>;

/** A source in memory; sizes must fit. */
export function fromArrays(arrays: NamedArrays): ArraySource {
  return async (into) => {
    for (const [name, { data }] of into) {
      const found = arrays.get(name);
      if (!found) throw new RangeError(`no array named ${name}`);
      if (found.data.length !== data.length) {
        throw new RangeError(`${name} has ${found.data.length} values instead of ${data.length}`);
      }
      if (found.data.constructor !== data.constructor) {
        throw new RangeError(`${name} is ${found.data.constructor.name} instead of ${data.constructor.name}`);
      }
    }
    for (const [name, { data }] of into) data.set(arrays.get(name)!.data);
  };
}

/** A number that training goes by is no longer finite. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  /**
   * @param when `before`: the step at hand was not done, nothing is changed; `after`: an update that was done
   * @param parameter first weight that is affected
   */
  constructor(
    what: string,
    readonly parameter: string | null,
    readonly when: 'before' | 'after',
  ) {
    super(parameter ? `${what}; first affected weight: ${parameter}` : what);
  }
}

/** @throws DivergedError that names the first array which holds a number that is not finite */
export function requireFinite(arrays: NamedArrays): void {
  for (const [name, { data }] of arrays) {
    if (!allFinite(data)) throw new DivergedError('a weight is no longer finite', name, 'after');
  }
}

/** Whether all numbers are finite. A plain loop: a table has hundreds of millions. */
export function allFinite(data: Float32Array | Int32Array): boolean {
  if (data instanceof Int32Array) return true;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

/** Trained values by name: what a checkpoint of the best epoch holds. Tables are the live arrays, not copies. */
export async function weightArrays(parameters: ParameterSet): Promise<NamedArrays> {
  const values = await Promise.all(parameters.dense.map((parameter) => parameter.value().data<'float32'>()));
  return withTables(
    parameters,
    parameters.dense.map((_, i) => Float32Array.from(values[i]!)),
  );
}

/** Puts arrays into the weights: tables where they are, without a copy. Throws what the source throws. */
export async function loadWeights(parameters: ParameterSet, source: ArraySource): Promise<void> {
  const arrays = blankWeights(parameters);
  await source(arrays);
  setDenseWeights(parameters, arrays);
}

/** Where a source may put the weights: fresh arrays for dense ones, the tables themselves. */
export function blankWeights(parameters: ParameterSet): NamedArrays {
  return withTables(
    parameters,
    parameters.dense.map(({ shape }) => new Float32Array(sizeOf(shape))),
  );
}

/** @param arrays of `blankWeights`, filled; not to be changed any more, because the engine may keep using them */
export function setDenseWeights(parameters: ParameterSet, arrays: NamedArrays): void {
  for (const { name, shape } of parameters.dense) {
    tf.tidy(() => parameters.setDense(name, tf.tensor(arrays.get(name)!.data, [...shape])));
  }
}

function withTables(parameters: ParameterSet, dense: readonly Float32Array[]): NamedArrays {
  const arrays: NamedArrays = new Map();
  parameters.dense.forEach(({ name, shape }, i) => {
    arrays.set(name, { shape, data: dense[i]! });
  });
  for (const { name, rows, width, data } of parameters.tables) {
    arrays.set(name, { shape: [rows, width], data });
  }
  return arrays;
}
