import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean, UserError, UserErrors } from '../base/index.js';
import { type ModelConfig, type ModelName, modelInfo, modelSchema } from '../models/options.js';
import {
  at,
  check,
  type FileKind,
  fromValue,
  type MapTree,
  mistake,
  originAt,
  parseYamlMap,
  readYamlFile,
  shapeOf,
  type Tree,
  toValue,
  type VariantsShape,
} from '../schema/index.js';
import { presetLayers, setLayer } from './layers.js';
import { togetherWrong } from './load.js';
import { merge } from './merge.js';
import { takeAway } from './takeAway.js';

/** Options of a model alone, outside of an experiment. */
export interface ModelRequest {
  readonly name: string;
  /**
   * `key=value` (the value is YAML), a map (`{heads: 4}`), or a YAML or JSON file of options, of which a key `model` is
   * taken alone.
   */
  readonly options: readonly string[];
  readonly presets: readonly string[];
  /** Beneath all of these: options as a file of weights has them. */
  readonly base?: Readonly<Record<string, unknown>> | undefined;
}

const optionsFile: FileKind = {
  name: 'a file of options',
  needs: 'It holds options of the model (key: value), or an experiment.',
};

/**
 * Resolves the options of a model: defaults < base < presets < files < `key=value`.
 *
 * @throws UserError or UserErrors: an unknown model or preset, unreadable files, unknown keys, wrong values
 */
export async function loadModelConfig(request: ModelRequest): Promise<ModelConfig> {
  const { name, options, presets, base } = request;
  const cwd = process.cwd();
  if (!Object.hasOwn(modelInfo, name)) {
    throw new UserError(`there is no model ${name}`, didYouMean(name, Object.keys(modelInfo), 'Models'));
  }
  const shape = (shapeOf(modelSchema) as VariantsShape).variants.get(name as ModelName)!;
  const isAssignment = (word: string) => /^[\w.]*=/.test(word);
  const files: Tree[] = [];
  for (const file of options.filter((word) => !isAssignment(word))) files.push(await readOptions(file, cwd));
  const chosen = fromValue(presets, { words: '--preset', folder: cwd });
  const layers: Tree[] = [
    fromValue(base ?? {}, { words: 'the file of weights', folder: cwd }),
    ...presetLayers(name, chosen).flatMap((preset) => at(preset, 'model') ?? []),
    ...files,
    ...options
      .filter(isAssignment)
      .map((word) => setLayer(word, shape, cwd, { flag: '--options', example: 'heads=4' })),
  ];
  const named = fromValue({ name }, { words: 'the command line', folder: cwd });
  const { tree: merged } = takeAway(
    layers.reduce((lower, upper) => merge(lower, upper, shape), named),
    shape,
  );
  const problems = check(shape, merged, 'whole');
  if (problems.length > 0) throw new UserErrors(problems);
  const parsed = modelSchema.safeParse(toValue(merged));
  if (parsed.success) return parsed.data;
  throw new UserErrors(
    parsed.error.issues.map((issue) => {
      const { problem, fix } = togetherWrong(issue);
      return mistake(originAt(merged, issue.path as string[]), problem, fix);
    }),
  );
}

/** The options in a map or a file: all of it, or the section of an experiment. */
async function readOptions(file: string, cwd: string): Promise<Tree> {
  if (/^\w+(\.\w+)*$/.test(file) && !/\.(ya?ml|json)$/.test(file) && !existsSync(resolve(cwd, file))) {
    throw new UserError(
      `--options ${file}: no value, and no file of that name`,
      `Write --options ${file}=VALUE, or name a YAML or JSON file of options.`,
    );
  }
  const tree = /^\s*\{/.test(file)
    ? parseYamlMap(file, { file: '--options', folder: cwd }, optionsFile)
    : (await readYamlFile(file, cwd, optionsFile)).tree;
  return (at(tree, 'model') as MapTree | undefined) ?? tree;
}
