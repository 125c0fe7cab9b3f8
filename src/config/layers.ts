import { didYouMean, UserError } from '../base/index.js';
import { type ModelName, modelInfo } from '../models/options.js';
import {
  at,
  branch,
  fieldOf,
  fromValue,
  keyHint,
  keysOf,
  mistake,
  type Origin,
  parseYaml,
  type Shape,
  type Tree,
  type VariantsShape,
  variantOf,
} from '../schema/index.js';

/**
 * The lowest layer: which variant a section is when nobody says (`data.split.kind: time`), so that a file may change
 * one option of it without naming its kind. All other defaults are filled in by the schema.
 */
export function defaultsLayer(shape: Shape): Tree {
  return fromValue(defaultVariants(shape) ?? {}, { words: 'default', folder: '' });
}

function defaultVariants(shape: Shape): Record<string, unknown> | undefined {
  if (shape.kind !== 'map') return undefined;
  const entries = [...shape.fields].flatMap(([key, { shape: child, required, fallback }]) => {
    if (!required && fallback === undefined) return []; // a section that may be absent stays so
    const value = child.kind === 'variants' ? fallback : defaultVariants(child);
    return value === undefined ? [] : [[key, value] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The values of a model's presets, left to right. Unknown models are left for the check of the whole. */
export function presetLayers(model: unknown, presets: Tree | undefined): Tree[] {
  if (presets?.kind !== 'list' || typeof model !== 'string' || !Object.hasOwn(modelInfo, model)) return [];
  const known = modelInfo[model as ModelName].presets;
  return presets.items.flatMap((item) => {
    if (item.kind !== 'value' || typeof item.value !== 'string') return [];
    if (!Object.hasOwn(known, item.value)) {
      const names = Object.keys(known);
      throw mistake(
        item.origin,
        `${model} has no preset ${item.value}`,
        didYouMean(item.value, names, 'Presets'),
      );
    }
    const origin: Origin = { words: `preset ${model}/${item.value}`, folder: '' };
    return [fromValue(known[item.value]!.values, origin)];
  });
}

/**
 * One `--set path=value`; the value is YAML (`3`, `true`, `[auc, gauc]`, `{kind: uniform}`).
 *
 * @param wording the flag, what stands in the message about an assignment without a value, and what lies beneath, which says of
 *   which model options are
 * @throws UserError when there is no `=`, no such path, or the value is not YAML
 */
export function setLayer(
  assignment: string,
  root: Shape,
  folder: string,
  {
    flag = '--set',
    example = 'train.epochs=3',
    beneath = null,
  }: { readonly flag?: string; readonly example?: string; readonly beneath?: Tree | null } = {},
): Tree {
  const equals = assignment.indexOf('=');
  if (equals < 1) {
    throw new UserError(
      `${flag} ${assignment}: no value`,
      `Write ${flag} path=value, for example ${flag} ${example}.`,
    );
  }
  const name = assignment.slice(0, equals).trim();
  const path = pathOf(
    name,
    root,
    beneath,
    (problem, fix) => new UserError(`${flag} ${name}: ${problem}`, fix),
  );
  const origin: Origin = { words: flag, folder };
  return branch(path, relabel(parseValue(assignment, equals + 1, flag), origin));
}

function parseValue(assignment: string, start: number, flag: string): Tree | null {
  try {
    return parseYaml(assignment.slice(start), { file: flag, folder: '' });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${flag} ${assignment}: ${error.problem}`,
      `Quote the value for the shell and for YAML, for example ${flag} 'name="a: b"'.`,
    );
  }
}

function relabel(tree: Tree | null, origin: Origin): Tree {
  switch (tree?.kind) {
    case 'map': {
      const entries = [...tree.entries].map(
        ([key, entry]) => [key, { key: origin, tree: relabel(entry.tree, origin) }] as const,
      );
      return { kind: 'map', entries: new Map(entries), origin };
    }
    case 'list':
      return { kind: 'list', items: tree.items.map((item) => relabel(item, origin)), origin };
    default:
      return tree && !tree.empty
        ? { kind: 'value', value: tree.value, origin }
        : { kind: 'value', value: null, empty: true, origin };
  }
}

/**
 * The keys of a dotted path; what follows a map of names is one of them, dots and all.
 *
 * @param beneath what is there already, which says of which variant the options of a section are; null: nobody knows
 * @param fail makes the error for a path that leads nowhere
 */
export function pathOf(
  path: string,
  root: Shape,
  beneath: Tree | null,
  fail: (problem: string, fix: string) => UserError,
): readonly string[] {
  const words = path.split('.');
  let shape: Shape | undefined = root;
  for (const [i, key] of words.entries()) {
    if (shape?.kind === 'record') return [...words.slice(0, i), words.slice(i).join('.')];
    const field = fieldOf(shape, key);
    if (!field) {
      const section = words.slice(0, i).join('.');
      const variant = chosenVariant(shape, beneath && at(beneath, section));
      const own = variant === undefined ? shape : (shape as VariantsShape).variants.get(variant);
      const keys = keysOf(own);
      throw fail(
        'there is no option of that name',
        keys.length > 0 ? keyHint(root, section, keys, key, variant) : `${section} holds a single value.`,
      );
    }
    shape = field.shape;
  }
  return words;
}

/** Which variant a section is, where somebody said so; a default may still be replaced. */
function chosenVariant(shape: Shape | undefined, section: Tree | null | undefined): string | undefined {
  if (shape?.kind !== 'variants' || section?.kind !== 'map') return undefined;
  const mark = shape.discriminator === null ? undefined : section.entries.get(shape.discriminator);
  return mark && mark.tree.origin.words !== 'default' ? variantOf(shape, section) : undefined;
}
