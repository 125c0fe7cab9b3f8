import { didYouMean, nearest, UserError } from '../base/index.js';
import { fieldOf, join, keysOf, pathsEndingIn, variantKeys, variantOf } from './lookUp.js';
import type {
  EitherShape,
  ListShape,
  MapShape,
  RecordShape,
  Shape,
  ValueShape,
  VariantsShape,
} from './shape.js';
import { type MapTree, type Origin, type Tree, toValue } from './tree.js';
import { expectedOf } from './words.js';

/**
 * All that is wrong with a tree, in the order in which it is written; each says where, and what was expected.
 *
 * @param extent `part`: what is absent may still come from elsewhere
 */
export function check(root: Shape, tree: Tree, extent: Extent = 'whole'): UserError[] {
  return new Checker(root, extent).visit(root, tree, '', tree.origin);
}

type Extent = 'whole' | 'part';

class Checker {
  constructor(
    private readonly root: Shape,
    private readonly extent: Extent,
  ) {}

  /** @param around where the enclosing map is written, for maps that are written nowhere */
  visit(shape: Shape, tree: Tree, path: string, around: Origin): UserError[] {
    const here = tree.origin.place ? tree.origin : around;
    switch (shape.kind) {
      case 'map':
        return tree.kind === 'map'
          ? this.fields(shape, shape, tree, path, here)
          : [notAMap(shape, tree, path)];
      case 'variants':
        return tree.kind === 'map' ? this.variants(shape, tree, path, here) : [notAMap(shape, tree, path)];
      case 'record':
        return tree.kind === 'map' ? this.record(shape, tree, path, here) : [notAMap(shape, tree, path)];
      case 'either':
        return this.either(shape, tree, path, around);
      case 'list':
        return this.list(shape, tree, path);
      case 'value':
        return value(shape, tree, path);
      case 'any':
        return [];
    }
  }

  /** @param whole the shape that `map` is a variant of, or itself */
  private fields(whole: Shape, map: MapShape, tree: MapTree, path: string, here: Origin): UserError[] {
    const given = [...tree.entries].flatMap(([key, entry]) => {
      const field = map.fields.get(key);
      if (field) return this.visit(field.shape, entry.tree, join(path, key), here);
      return [mistake(entry.key, ...this.unknownKey(whole, map, tree, path, key))];
    });
    const missing = [...map.fields]
      .filter(([key, { required }]) => this.extent === 'whole' && required && !tree.entries.has(key))
      .map(([key, { shape, about }]) =>
        mistake(here, `${join(path, key)} is missing`, `Expected ${expectedOf(shape)}. ${about}`.trimEnd()),
      );
    return [...given, ...missing];
  }

  private variants(shape: VariantsShape, tree: MapTree, path: string, here: Origin): UserError[] {
    const { discriminator } = shape;
    const present = discriminator === null ? variantKeys(shape, tree) : [];
    if (present.length > 1) {
      const second = tree.entries.get(present[1]!)!.key;
      return [mistake(second, `${path} has both ${present.join(' and ')}`, 'Give one of them.')];
    }
    const variant = variantOf(shape, tree);
    if (variant !== undefined) {
      return this.fields(shape, shape.variants.get(variant)!, tree, path, here);
    }
    const names = [...shape.variants.keys()];
    const mark = discriminator === null ? undefined : tree.entries.get(discriminator)?.tree;
    if (mark) {
      const word = mark.kind === 'value' ? String(mark.value) : '';
      const problem = `${path}.${discriminator} is ${show(mark)}, which is unknown`;
      return [mistake(mark.origin, problem, didYouMean(word, names))];
    }
    const unknown = [...tree.entries]
      .filter(([key]) => !keysOf(shape).includes(key))
      .map(([key, entry]) =>
        mistake(entry.key, `unknown key ${join(path, key)}`, didYouMean(key, keysOf(shape))),
      );
    if (this.extent === 'part') return [...unknown, ...this.anyVariant(shape, tree, path)];
    const key = discriminator === null ? `one of ${names.join(', ')}` : join(path, discriminator);
    const fix = discriminator === null ? 'Add it.' : `Expected one of ${names.join(', ')}.`;
    const problem = discriminator === null ? `${path} needs ${key}` : `${key} is missing`;
    return [...unknown, mistake(here, problem, fix)];
  }

  /** Nobody has said yet which variant it is, so an option has to fit one of those that have it. */
  private anyVariant(shape: VariantsShape, tree: MapTree, path: string): UserError[] {
    return [...tree.entries].flatMap(([key, entry]) => {
      const fields = [...shape.variants.values()].flatMap(({ fields }) => fields.get(key) ?? []);
      const problems = fields.map((field) =>
        this.visit(field.shape, entry.tree, join(path, key), tree.origin),
      );
      return problems.some(({ length }) => length === 0) ? [] : (problems[0] ?? []);
    });
  }

  private record({ key, value }: RecordShape, tree: MapTree, path: string, here: Origin): UserError[] {
    return [...tree.entries].flatMap(([name, entry]) => {
      // JavaScript's objects cannot hold the second of these like other names.
      if (!key.schema.safeParse(name).success || name === '__proto__') {
        const problem = `${path}: ${JSON.stringify(name)} cannot be a name here`;
        return [mistake(entry.key, problem, `Expected ${key.expected}.`)];
      }
      return this.visit(value, entry.tree, join(path, name), here);
    });
  }

  private either(shape: EitherShape, tree: Tree, path: string, around: Origin): UserError[] {
    const fitting = shape.options.find((option) => isOfKind(option, tree));
    if (!fitting) return [unfit(shape, tree, path)];
    return fitting.kind === 'value'
      ? value(fitting, tree, path, expectedOf(shape))
      : this.visit(fitting, tree, path, around);
  }

  private list(shape: ListShape, tree: Tree, path: string): UserError[] {
    if (tree.kind !== 'list') return [unfit(shape, tree, path)];
    const items = tree.items.flatMap((item, i) => this.visit(shape.item, item, `${path}[${i}]`, tree.origin));
    if (items.length > 0) return items;
    const { error } = shape.schema.safeParse(toValue(tree));
    // A rule on several values of an item is told later, as are all such rules.
    return error?.issues.some((issue) => issue.path.length === 0) ? [unfit(shape, tree, path)] : [];
  }

  private unknownKey(
    whole: Shape,
    map: MapShape,
    tree: MapTree,
    path: string,
    key: string,
  ): [problem: string, fix: string] {
    if (whole.kind === 'variants' && fieldOf(whole, key)) {
      const owners = [...whole.variants].filter(([, { fields }]) => fields.has(key)).map(([name]) => name);
      const mine = variantOf(whole, tree);
      return [`${join(path, key)} belongs to ${owners.join(', ')}, not to ${mine}`, 'Remove it.'];
    }
    return [`unknown key ${join(path, key)}`, keyHint(this.root, path, [...map.fields.keys()], key)];
  }
}

/**
 * What an unknown key may have been: one of its section, or one of that name in another.
 *
 * @param keys those of the section
 * @param variant which one the section is, where that says what its keys are
 */
export function keyHint(
  root: Shape,
  section: string,
  keys: readonly string[],
  key: string,
  variant?: string,
): string {
  const title = variant === undefined ? section : `${section} (${variant})`;
  const elsewhere = pathsEndingIn(root, key).join(' or ');
  if (elsewhere === '' || nearest(key, keys) !== null) {
    return didYouMean(key, keys, section ? `Options of ${title}` : 'Keys');
  }
  // At the top there are sections only, so the option was left without its own.
  if (section === '') return `Did you mean ${elsewhere}?`;
  return `Options of ${title}: ${keys.join(', ')}. There is ${elsewhere} too.`;
}

function isOfKind({ kind }: Shape, tree: Tree): boolean {
  return tree.kind === 'map'
    ? kind === 'map' || kind === 'variants' || kind === 'record'
    : kind === tree.kind;
}

function value(shape: ValueShape, tree: Tree, path: string, expected = shape.expected): UserError[] {
  if (tree.kind === 'value' && shape.schema.safeParse(tree.value).success) return [];
  return [unfit(shape, tree, path, expected)];
}

/** What something should have been: as the schema's own rule says it, or else by its type. */
function unfit(shape: Shape, tree: Tree, path: string, expected = expectedOf(shape)): UserError {
  const problem = `${path} is ${show(tree)}`;
  const rule =
    'schema' in shape &&
    shape.schema.safeParse(toValue(tree)).error?.issues.find(({ code }) => code === 'custom');
  if (rule) return mistake(tree.origin, problem, `${rule.message}.`);
  const [question, advice] = asMeant(shape, tree);
  return mistake(tree.origin, problem, `${question}Expected ${expected}.${advice}`);
}

/** A question for a slip of the keys, and how to write a number that should be text. */
function asMeant(shape: Shape, tree: Tree): [question: string, advice: string] {
  if (shape.kind !== 'value' || tree.kind !== 'value' || tree.value === null) return ['', ''];
  const text = String(tree.value);
  if (typeof tree.value !== 'string') {
    return ['', shape.expected === 'text' ? ` Write ${JSON.stringify(text)}.` : ''];
  }
  const near = nearest(text, shape.choices);
  return [near === null ? '' : `Did you mean ${near}? `, ''];
}

function notAMap(shape: Shape, tree: Tree, path: string): UserError {
  const what = path || 'this';
  return tree.kind === 'value' && tree.value === null
    ? mistake(tree.origin, `${what} is empty`, 'Give it options or remove the line.')
    : mistake(tree.origin, `${what} is ${show(tree)}`, `Expected ${mapOf(shape)}.`);
}

function mapOf(shape: Shape): string {
  if (shape.kind === 'record') return 'a map of names of your choice (name: value)';
  return `a map of options (key: value): ${keysOf(shape).join(', ')}`;
}

/** An error at the place where a value was written, or else naming who gave it. */
export function mistake(origin: Origin, problem: string, fix?: string): UserError {
  const from = origin.place || origin.words === 'default' ? '' : ` (from ${origin.words})`;
  return new UserError(`${problem}${from}`, fix, origin.place);
}

const inList = (item: Tree): string =>
  item.kind === 'value' ? String(item.value) : item.kind === 'list' ? '[..]' : '{..}';

/** A value as it stands in a message. */
function show(tree: Tree): string {
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') {
    if (tree.items.length === 0) return 'an empty list';
    const text = `[${tree.items.map(inList).join(', ')}]`;
    return text.length > 60 ? `a list of ${tree.items.length}` : text;
  }
  if (tree.value === null) return 'empty';
  if (typeof tree.value !== 'string') return String(tree.value);
  if (tree.value === '') return 'an empty text';
  const text = tree.value.length > 60 ? `${tree.value.slice(0, 57)}...` : tree.value;
  return `the text ${JSON.stringify(text)}`;
}
