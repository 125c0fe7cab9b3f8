/**
 * A fidelity test shows that a model's outputs are those of a reference. It shows nothing of what its outputs do not depend
 * on: weights that have collapsed, a ReLU that is off everywhere, an option that no input brings into play.
 * `blindSpots` finds those parts.
 *
 * How to use it, beside the comparison itself:
 *
 *     const blind = blindSpots(cases.map((example) => ({
 *       build: (options) => trainable(options, data),
 *       options: example.options,             // all of them, as the schema completes them
 *       weights: weightsOf(example),          // of the reference, by name
 *       outputs: (model) => logitsOf(model, batch),
 *       expected: example.logits,
 *       changes: [{ heads: 4 }, { blockSize: 3 }, { interAttention: 'none' }],
 *       elsewhere: ['l2Weight', 'dropout'],   // options that no forward pass shows; another test does
 *     })));
 *     expect(blind).toEqual({ weights: ['candidate.out.bias'], changes: [], untried: [] });
 *
 * What one case shows is shown. What the lists still hold is blind: add inputs or a case that show it, or say in the test
 * why nothing can (a bias that cancels in a softmax).
 */
import * as tf from '@tensorflow/tfjs';
import type { Model } from '../../src/models/index.js';
import { wave } from './gradients.js';

type Options = Readonly<Record<string, unknown>>;

export interface FidelityFixture {
  /** A fresh model. */
  build(options: Options): Model;
  /** Complete, its name included. */
  readonly options: Options;
  /** Values by name, row-major, of every dense weight and table. */
  readonly weights: ReadonlyMap<string, ArrayLike<number>>;
  /** What the fidelity test compares: logits, and whatever else. May use the options for the batch. */
  outputs(model: Model, options: Options): readonly number[];
  readonly expected: readonly number[];
  /** Of the comparison. Default: 1e-5. */
  readonly tolerance?: number;
  /** Options with other values, each to be tried over `options`. */
  readonly changes: readonly Options[];
  /** Names of options that need no change here. */
  readonly elsewhere?: readonly string[];
}

export interface BlindSpots {
  /** Weights that can change by a tenth of their size without being noticed by any fixture that has them. */
  readonly weights: readonly string[];
  /** Changes, as JSON, that no fixture notices. */
  readonly changes: readonly string[];
  /** Options that are neither changed nor looked at elsewhere. */
  readonly untried: readonly string[];
}

/**
 * What comparisons with `expected` would not notice, all of them together.
 *
 * @throws Error when a comparison itself fails, or the weights are not those of the model
 */
export function blindSpots(fixtures: readonly FidelityFixture[]): BlindSpots {
  const weights = new Noticed();
  const changes = new Noticed();
  const options = new Noticed();
  for (const fixture of fixtures) {
    lookAtWeights(fixture, weights);
    for (const change of fixture.changes) changes.add(JSON.stringify(change), noticesChange(fixture, change));
    const tried = new Set(['name', ...(fixture.elsewhere ?? []), ...fixture.changes.flatMap(Object.keys)]);
    for (const name of Object.keys(fixture.options)) options.add(name, tried.has(name));
  }
  return { weights: weights.unnoticed, changes: changes.unnoticed, untried: options.unnoticed };
}

/** What was looked at, and whether it was noticed at least once. */
class Noticed {
  private readonly names = new Map<string, boolean>();

  add(name: string, noticed: boolean): void {
    this.names.set(name, noticed || this.names.get(name) === true);
  }

  get unnoticed(): string[] {
    return [...this.names].flatMap(([name, noticed]) => (noticed ? [] : [name])).sort();
  }
}

function lookAtWeights(fixture: FidelityFixture, noticed: Noticed): void {
  const { build, options, weights, outputs } = fixture;
  const model = build(options);
  requireNames(model, weights);
  fill(model, weights);
  if (differs(outputs(model, options), fixture))
    throw new Error('the fixture does not give what is expected');
  for (const [name, values] of weights) {
    fill(model, new Map([...weights, [name, perturbed(values)]]));
    noticed.add(name, differs(outputs(model, options), fixture));
  }
  model.parameters.dispose();
}

function noticesChange(fixture: FidelityFixture, change: Options): boolean {
  const options = { ...fixture.options, ...change };
  const model = fixture.build(options);
  fill(model, fixture.weights);
  const noticed = differs(fixture.outputs(model, options), fixture);
  model.parameters.dispose();
  return noticed;
}

function differs(found: readonly number[], { expected, tolerance = 1e-5 }: FidelityFixture): boolean {
  if (found.length !== expected.length) return true;
  return found.some((value, i) => !(Math.abs(value - expected[i]!) <= tolerance));
}

/** Each value moved by up to a tenth of the array's size (its root mean square; of zeros 1), all by different amounts. */
function perturbed(values: ArrayLike<number>): Float32Array {
  const square = Array.from(values).reduce((sum, value) => sum + value * value, 0);
  const size = Math.sqrt(square / Math.max(1, values.length)) || 1;
  const by = wave([values.length], 0.4, 0.1 * size);
  return Float32Array.from(values, (value, i) => value + by[i]!);
}

/** Puts values into the weights that have as many; others (of a changed model) get ordinary numbers. */
function fill({ parameters }: Model, weights: ReadonlyMap<string, ArrayLike<number>>): void {
  const valuesFor = (name: string, size: number): Float32Array => {
    const given = weights.get(name);
    return given?.length === size ? Float32Array.from(given) : wave([size], name.length, 0.5);
  };
  for (const { name, shape } of parameters.dense) {
    const size = shape.reduce((a, b) => a * b, 1);
    tf.tidy(() => parameters.setDense(name, tf.tensor(valuesFor(name, size), [...shape])));
  }
  for (const { name, data } of parameters.tables) data.set(valuesFor(name, data.length));
}

function requireNames({ parameters }: Model, weights: ReadonlyMap<string, unknown>): void {
  const own = [...parameters.dense, ...parameters.tables].map(({ name }) => name).sort();
  const given = [...weights.keys()].sort();
  if (own.join() !== given.join()) throw new Error(`the model has ${own}, the fixture ${given}`);
}
