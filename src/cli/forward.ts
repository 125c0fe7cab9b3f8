import { resolve } from 'node:path';
import {
  didYouMean,
  encodeSafetensors,
  type NamedTensor,
  openSafetensors,
  type SafetensorsFile,
  UserError,
  writeFileAtomically,
} from '../base/index.js';
import { loadModelConfig } from '../config/index.js';
import { type EngineName, engineNames, openEngine } from '../engine/index.js';
import { type ArrayFile, describeFor, forward, requireFeatures } from '../evaluation/index.js';
import {
  checkpointPrefix,
  loadReleasedThacil,
  type ModelConfig,
  modelInfo,
  modelSchema,
} from '../models/index.js';
import type { Output } from './command.js';
import { counted, formatTable, requireFree } from './output.js';

/** Key of a weights file's metadata that holds the model's options as JSON. */
export const OPTIONS_KEY = 'mvrec.model';

/** What `mvrec forward` is asked for. */
export interface ForwardArguments {
  readonly model: string;
  readonly options: readonly string[];
  readonly presets: readonly string[];
  readonly weights: string | undefined;
  readonly seed: number | undefined;
  readonly inputs: string | undefined;
  readonly taps: readonly string[];
  readonly out: string | undefined;
  readonly force: boolean;
  readonly engine: 'auto' | EngineName;
}

/** Pairs that are printed where no file is written. */
const SHOWN = 20;

/**
 * One forward pass on given arrays.
 *
 * @throws UserError or UserErrors for everything that is wrong with arguments, options and arrays
 */
export async function runForward(args: ForwardArguments): Promise<Output> {
  const { inputs: path, out } = args;
  if (path === undefined) {
    throw new UserError(
      '--inputs is missing',
      `Name a safetensors file; mvrec models ${args.model} --inputs lists its arrays.`,
    );
  }
  requireEngine(args.engine);
  if (out !== undefined) requireOwnFile(out, [path, args.weights]);
  const write = out === undefined ? null : writerOf(out, args.force);
  const weights = await openWeights(args);
  try {
    const inputs = await openArrays(path);
    try {
      const results = await pass(args, weights, ofFile(inputs, path));
      await write?.(results);
      return report(args, results);
    } finally {
      await inputs.close();
    }
  } finally {
    await weights?.close();
  }
}

/** --force is for results of before, not for what they are made of. */
function requireOwnFile(out: string, read: readonly (string | undefined)[]): void {
  if (!read.some((file) => file !== undefined && resolve(file) === resolve(out))) return;
  throw new UserError(`--out ${out} is a file that is read`, 'Name another file for the results.');
}

/** $MVREC_ENGINE may say anything. */
function requireEngine(name: string): void {
  const known = ['auto', ...engineNames];
  if (!known.includes(name))
    throw new UserError(`there is no engine ${name}`, didYouMean(name, known, 'Engines'));
}

async function pass(
  args: ForwardArguments,
  weights: Weights | null,
  inputs: ReturnType<typeof ofFile>,
): Promise<NamedTensor[]> {
  const config = await loadModelConfig({ ...args, name: args.model, base: weights?.base });
  const arrays = weights && (await weights.arrays(config));
  await requireFeatures(config, inputs);
  await openEngine({ name: 'wasm', threads: 1 });
  const description = describeFor(config, inputs);
  await openEngine({ name: args.engine, threads: 'auto' });
  const taps = tapsOf(args.taps);
  return forward({ config, description, inputs, weights: arrays, seed: args.seed ?? 1, taps });
}

/** Of an option that may be repeated, and takes several words separated by commas. */
export const wordsOf = (given: readonly string[]): string[] =>
  given.flatMap((text) => text.split(',').map((word) => word.trim()));

/** What `--tap` names. */
export function tapsOf(given: readonly string[]): readonly string[] | 'all' {
  const named = wordsOf(given);
  return named.includes('all') ? 'all' : named;
}

function report({ model, weights, seed, out }: ForwardArguments, results: NamedTensor[]): Output {
  return {
    json: {
      model,
      weights: weights ?? null,
      seed: seed ?? null,
      out: out ?? null,
      arrays: out === undefined ? asJson(results) : shapesOf(results),
    },
    text: out === undefined ? pairsText(results) : `${resultsText(results)}\nWritten to ${out}.`,
  };
}

interface Weights {
  /** Options that go with them. */
  readonly base: Readonly<Record<string, unknown>> | undefined;
  arrays(config: ModelConfig): Promise<ArrayFile>;
  close(): Promise<void>;
}

async function openWeights({ weights: path, seed, model }: ForwardArguments): Promise<Weights | null> {
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new UserError(`--seed is ${seed}`, 'Expected a whole number of at least 0.');
  }
  if (path === undefined) {
    if (seed !== undefined) return null;
    throw new UserError(
      '--weights is missing',
      'Name a safetensors file, or say --seed 1 for the weights that training starts from.',
    );
  }
  if (seed !== undefined) {
    throw new UserError(
      '--seed draws initial weights, and --weights gives them',
      'Leave one of the two out.',
    );
  }
  const checkpoint = await checkpointPrefix(path);
  if (checkpoint !== null) return releasedWeights(checkpoint, model);
  const file = await openArrays(path);
  try {
    const base = optionsIn(file, path, model);
    return { base, arrays: async () => ofFile(file, path), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The authors' own checkpoint of THACIL, as they trained it unless options say otherwise. */
function releasedWeights(path: string, model: string): Weights {
  if (model !== 'thacil') {
    throw new UserError(
      `${path} is a TensorFlow checkpoint, which is read for thacil only`,
      'Give a safetensors file.',
    );
  }
  return {
    base: modelInfo.thacil.presets.released!.values.model,
    arrays: async (config) => {
      const arrays = await loadReleasedThacil(path, config as Extract<ModelConfig, { name: 'thacil' }>);
      const array = (name: string) => arrays.get(name)!;
      return {
        path,
        names: [...arrays.keys()],
        shape: (name) => array(name).shape,
        read: async (name) => array(name).data,
      };
    },
    close: async () => {},
  };
}

/** The options that an export wrote beside its weights. */
function optionsIn(file: SafetensorsFile, path: string, model: string): Record<string, unknown> | undefined {
  const text = file.metadata[OPTIONS_KEY];
  if (text === undefined) return undefined;
  const parsed = modelSchema.safeParse(jsonOrNull(text));
  if (!parsed.success)
    throw new UserError(`the options in its metadata (${OPTIONS_KEY}) are none`, undefined, { file: path });
  if (parsed.data.name === model) return parsed.data;
  throw new UserError(`the weights are of ${parsed.data.name}`, `Say mvrec forward ${parsed.data.name}.`, {
    file: path,
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function ofFile(file: SafetensorsFile, path: string) {
  return {
    path,
    names: file.names,
    shape: (name: string) => file.shape(name),
    read: (name: string) => file.read(name),
    isFloat: (name: string) => file.type(name).startsWith('F'),
  };
}

/** @throws UserError for what is no safetensors file, or cannot be read */
async function openArrays(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(path);
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new UserError(`there is no file ${path}`, 'Check the path.');
      case 'EISDIR':
        throw new UserError(`${path} is a folder`, 'Name a safetensors file.');
      case 'EACCES':
      case 'EPERM':
        throw new UserError(`no permission to read ${path}`, 'Change its permissions.');
      default:
        throw error;
    }
  }
}

/** Writes results to a file of that name. Throws a UserError for another ending, or a file that is there. */
export function writerOf(path: string, force: boolean): (results: readonly NamedTensor[]) => Promise<void> {
  const ending = /\.(safetensors|json)$/i.exec(path)?.[1]?.toLowerCase();
  if (ending === undefined) {
    throw new UserError(
      `results are not written as ${path}`,
      'Give a file that ends in .safetensors or .json.',
    );
  }
  requireFree(path, force, '--out');
  const contents = (results: readonly NamedTensor[]) =>
    ending === 'json' ? `${JSON.stringify(asJson(results))}\n` : encodeSafetensors(results);
  return (results) => writeFileAtomically(resolve(path), contents(results));
}

/** Arrays by name, each with its shape and its values in row-major order. */
export function asJson(results: readonly NamedTensor[]): Record<string, unknown> {
  return Object.fromEntries(
    results.map(({ name, shape, data }) => [name, { shape, values: Array.from(data as ArrayLike<number>) }]),
  );
}

export const shapesOf = (results: readonly NamedTensor[]): Record<string, unknown> =>
  Object.fromEntries(results.map(({ name, shape }) => [name, { shape }]));

export const resultsText = (results: readonly NamedTensor[]): string =>
  formatTable(
    [{ title: 'result' }, { title: 'shape' }],
    results.map(({ name, shape }) => [name, `[${shape.join(', ')}]`]),
  );

/** The first pairs, and which other results there are. */
export function pairsText(results: readonly NamedTensor[]): string {
  const [logits, probabilities, ...taps] = results as readonly (NamedTensor & {
    readonly data: Float32Array;
  })[];
  const pairs = logits!.data.length;
  const rows = Array.from(logits!.data.slice(0, SHOWN), (logit, pair) => [
    String(pair),
    logit.toFixed(6),
    probabilities!.data[pair]!.toFixed(6),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    formatTable(['pair', 'logit', 'probability'].map(right), rows),
    ...(pairs > SHOWN ? [`... and ${counted(pairs - SHOWN, 'more pair')}`] : []),
    ...(taps.length > 0
      ? ['', resultsText(taps), 'Their values: --out FILE.safetensors or FILE.json, or --json.']
      : []),
  ].join('\n');
}
