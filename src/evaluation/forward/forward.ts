import * as tf from '@tensorflow/tfjs';
import { didYouMean, type NamedTensor, type TensorData, UserError } from '../../base/index.js';
import type { Batch } from '../../data/index.js';
import { type Exchange, loadWeights } from '../../engine/index.js';
import { type Model, type ModelConfig, modelInfo } from '../../models/index.js';
import { type ArrayFile, place, readFloats } from './arrayFile.js';
import { describe, type ModelDescription } from './describe.js';
import { readGiven } from './given.js';
import { inputSpecs } from './inputs.js';
import { forwardPass } from './pass.js';
import { exchangesOf, trainableModel } from './probe.js';
import { type FeatureKind, isBucketed, isFeature } from './probeData.js';
import { settleSizes } from './settle.js';

export interface ForwardRequest {
  readonly config: ModelConfig;
  /** Of the model with these inputs (`describeFor`). */
  readonly description: ModelDescription;
  readonly inputs: InputFile;
  /** Null: initial weights. */
  readonly weights: ArrayFile | null;
  /** Of the initial weights. */
  readonly seed: number;
  /** Names of intermediate results. */
  readonly taps: readonly string[] | 'all';
}

/** Input arrays, of which is known whether they are floats. */
export interface InputFile extends ArrayFile {
  isFloat(name: string): boolean;
}

/**
 * Describes a model by trying it (`describe`), with features of the kinds and widths that the inputs have.
 *
 * @throws UserError for models without weights, and what the model itself refuses
 */
export function describeFor(config: ModelConfig, inputs: InputFile): ModelDescription {
  const { kinds, sizes } = featuresIn(config, inputs);
  return describe(config, kinds, sizes);
}

/**
 * One forward pass of a model on given arrays, on the engine that is open.
 *
 * @returns `logits` and `probabilities` of the pairs [P], and the taps that were asked for
 * @throws UserError or UserErrors for arrays that are missing, not wanted, of another shape or with values that cannot be,
 * and for taps that there are not
 */
export async function forward(request: ForwardRequest): Promise<NamedTensor[]> {
  const { config, description, inputs, weights, seed } = request;
  const wanted = chosenTaps(request);
  const specs = inputSpecs(description);
  const sizes = settleSizes(description, specs, inputs, weights);
  const given = await readGiven(description, specs, inputs, sizes, weights?.names ?? null);
  const model = trainableModel(config, given.data, seed);
  const batch = given.batch(model.rowFields ?? []);
  try {
    if (weights) await load(model, weights);
    return await tappedPass(model, batch, (name) => wanted.has(name));
  } finally {
    model.parameters.dispose();
  }
}

/** `logits` and `probabilities` of the pairs of a batch [P], and the taps that are wanted. */
export async function tappedPass(
  model: Model,
  batch: Batch,
  isWanted: (tap: string) => boolean,
): Promise<NamedTensor[]> {
  const found = new Map<string, tf.Tensor>();
  const logits = tf.tidy(() =>
    tf.keep(
      forwardPass(model, batch, (name, value) => {
        if (isWanted(name)) found.set(name, tf.keep(value.clone()));
      }),
    ),
  );
  return readResults(logits, found);
}

async function readResults(
  logits: tf.Tensor1D,
  taps: ReadonlyMap<string, tf.Tensor>,
): Promise<NamedTensor[]> {
  const tensors = [['logits', logits] as const, ...taps];
  try {
    const read = await Promise.all(
      tensors.map(async ([, tensor]) => (await tensor.data()).slice() as TensorData),
    );
    const [first, ...others] = tensors.map(([name, { shape }], i) => ({ name, shape, data: read[i]! }));
    const probabilities = Float32Array.from(
      first!.data as Float32Array,
      (logit) => 1 / (1 + Math.exp(-logit)),
    );
    return [first!, { name: 'probabilities', shape: first!.shape, data: probabilities }, ...others];
  } finally {
    for (const [, tensor] of tensors) tensor.dispose();
  }
}

/**
 * An array [items] is read as categories, and floats of which one is not whole are none: rather a vector that lost a side.
 *
 * @throws UserError that names the first such array with both shapes
 */
export async function requireFeatures(config: ModelConfig, inputs: InputFile): Promise<void> {
  for (const name of inputs.names.filter(isFeature)) {
    const shape = inputs.shape(name);
    if (shape.length !== 1 || !inputs.isFloat(name) || isBucketed(config, name)) continue;
    const values = await readFloats(inputs, name);
    const at = values.findIndex((value) => !Number.isInteger(value));
    if (at < 0) continue;
    throw new UserError(
      `${name} is [${shape[0]}], a category of each ${name.split('.')[0]}, and ${name}[${at}] is ${values[at]}`,
      `Categories are whole numbers; vectors are [${shape[0]}, width].`,
      { file: inputs.path },
    );
  }
}

/** What the arrays themselves tell of features: their kinds, and how wide vectors are. */
function featuresIn(config: ModelConfig, inputs: InputFile) {
  const kinds = new Map<string, FeatureKind>();
  const sizes = new Map<string, number>();
  for (const name of inputs.names.filter(isFeature)) {
    if (isBucketed(config, name)) continue;
    const shape = inputs.shape(name);
    const [, second, third] = shape;
    if (shape.length === 1) kinds.set(name, { kind: 'category' });
    const tags = !inputs.isFloat(name) || /tags?$/.test(name);
    if (shape.length === 2 && tags) kinds.set(name, { kind: 'tags' });
    if (shape.length === 2 && !tags && second! > 0) {
      kinds.set(name, { kind: 'vector', clips: null });
      sizes.set(`width of ${name}`, second!);
    }
    if (shape.length === 3 && second! > 0 && third! > 0) {
      kinds.set(name, { kind: 'vector', clips: second! });
      sizes.set(`width of ${name}`, third!);
    }
  }
  return { kinds, sizes };
}

function chosenTaps({ taps, config, description }: ForwardRequest): ReadonlySet<string> {
  const known = [...description.taps.keys()];
  if (taps === 'all') return new Set(known);
  for (const name of taps) {
    if (known.includes(name)) continue;
    throw new UserError(
      `${modelInfo[config.name].title.split(':')[0]} has no tap ${name} with these options`,
      didYouMean(name, known, 'Taps'),
    );
  }
  return new Set(taps);
}

/** @throws UserError for values that are not finite or out of a weight's bounds */
async function load(model: Model, weights: ArrayFile): Promise<void> {
  const exchanges = exchangesOf(model);
  await loadWeights(model.parameters, async (into) => {
    for (const [name, { data, shape }] of into) {
      const given = await readFloats(weights, name);
      const exchange = exchanges.get(name);
      const values = exchange ? trainedOf(given, exchange, weights, name) : given;
      if (values.length !== data.length) throw new RangeError(`${name} is not [${shape}]`);
      data.set(values);
    }
  });
}

/** @throws UserError that names the first value out of bounds */
function trainedOf(given: Float32Array, exchange: Exchange, file: ArrayFile, name: string): Float32Array {
  const trained = exchange.fromWeight(given);
  const wrong = trained.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return trained;
  throw new UserError(
    `${place(name, file.shape(name), wrong)} is ${given[wrong]}`,
    `This weight must be ${exchange.bounds}.`,
    { file: file.path },
  );
}
