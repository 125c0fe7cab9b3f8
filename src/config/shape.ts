import { z } from 'zod';
import type { MapTree, Tree } from './tree.js';

/**
 * The experiment schema as the rest of this room needs it: which keys there are, which variants they belong to, what
 * each expects in words. Everything is read from the zod schema, so there is nothing to keep in step.
 */
export type Shape = MapShape | VariantsShape | ListShape | ValueShape;

export interface MapShape {
  readonly kind: 'map';
  readonly fields: ReadonlyMap<string, Field>;
}
export interface Field {
  readonly shape: Shape;
  readonly about: string;
  readonly required: boolean;
  /** Value where none is given; undefined where that is nothing. */
  readonly fallback: unknown;
}
/** One of several maps, told apart by the value of a key (`model.name`), or else by which key is there (`data.source`). */
export interface VariantsShape {
  readonly kind: 'variants';
  readonly discriminator: string | null;
  readonly variants: ReadonlyMap<string, MapShape>;
}
export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly schema: z.ZodType;
  readonly expected: string;
}
export interface ValueShape {
  readonly kind: 'value';
  readonly schema: z.ZodType;
  /** For people: `a whole number of at least 1`. */
  readonly expected: string;
  /** The only texts that are allowed; empty where that is not the case. */
  readonly choices: readonly string[];
}

/**
 * @param whole the schema with its default and the like around it: a rule may hang on any of them
 * @throws TypeError for a kind of schema that experiments do not use
 */
export function shapeOf(schema: z.ZodType, whole: z.ZodType = schema): Shape {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return shapeOf(schema.unwrap() as z.ZodType, whole);
  }
  if (schema instanceof z.ZodObject) return mapShape(schema);
  if (schema instanceof z.ZodUnion) {
    const options = schema.options as readonly z.ZodType[];
    const maps = options.filter((option) => option instanceof z.ZodObject);
    if (maps.length === options.length) return variantsShape(schema, maps);
  }
  const expected = expectation(z.toJSONSchema(schema, { io: 'input' }));
  if (schema instanceof z.ZodArray) {
    return { kind: 'list', item: shapeOf(schema.element as z.ZodType), schema: whole, expected };
  }
  const choices = schema instanceof z.ZodEnum ? schema.options.map(String) : [];
  return { kind: 'value', schema: whole, expected, choices };
}

function mapShape(schema: z.ZodObject): MapShape {
  const fields = Object.entries(schema.shape).map(
    ([key, value]) => [key, field(value as z.ZodType)] as const,
  );
  return { kind: 'map', fields: new Map(fields) };
}

function field(schema: z.ZodType): Field {
  const optional = schema instanceof z.ZodOptional;
  const filled = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return {
    shape: shapeOf(schema),
    about: describe(schema),
    required: !optional && !filled,
    fallback: filled ? schema.def.defaultValue : undefined,
  };
}

/** A description may stand on the schema or on what its default wraps. */
function describe(schema: z.ZodType): string {
  const wrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
      ? (schema.unwrap() as z.ZodType)
      : null;
  return schema.description ?? (wrapped ? describe(wrapped) : '');
}

function variantsShape(schema: z.ZodUnion, maps: readonly z.ZodObject[]): VariantsShape {
  const discriminator = schema instanceof z.ZodDiscriminatedUnion ? schema.def.discriminator : null;
  const variants = maps.map((map) => {
    const shape = mapShape(map);
    const mark = discriminator && (map.shape[discriminator] as z.ZodType);
    const name = mark ? literal(mark) : [...shape.fields].find(([, { required }]) => required)?.[0];
    if (name === undefined) throw new TypeError('a variant needs a literal discriminator or a required key');
    return [name, shape] as const;
  });
  return { kind: 'variants', discriminator, variants: new Map(variants) };
}

function literal(schema: z.ZodType): string | undefined {
  return schema instanceof z.ZodLiteral ? String(schema.value) : undefined;
}

/** Which variant a map is, as far as it says. */
export function variantOf(shape: VariantsShape, tree: Tree): string | undefined {
  if (tree.kind !== 'map') return undefined;
  if (shape.discriminator === null) return variantKeys(shape, tree)[0];
  const mark = tree.entries.get(shape.discriminator)?.tree;
  return mark?.kind === 'value' && shape.variants.has(String(mark.value)) ? String(mark.value) : undefined;
}

/** The identifying keys that are there, for variants without a discriminator. */
export function variantKeys(shape: VariantsShape, tree: MapTree): string[] {
  return [...shape.variants.keys()].filter((key) => tree.entries.has(key));
}

/** The field of that name, in whichever variant has it. */
export function fieldOf(shape: Shape | undefined, key: string, variant?: string): Field | undefined {
  if (shape?.kind === 'map') return shape.fields.get(key);
  if (shape?.kind !== 'variants') return undefined;
  const own = variant === undefined ? undefined : shape.variants.get(variant)?.fields.get(key);
  return own ?? [...shape.variants.values()].map((map) => map.fields.get(key)).find((found) => found);
}

/** Every key of a shape, whatever the variant. */
export function keysOf(shape: Shape | undefined): string[] {
  if (shape?.kind === 'map') return [...shape.fields.keys()];
  if (shape?.kind !== 'variants') return [];
  return [...new Set([...shape.variants.values()].flatMap((map) => [...map.fields.keys()]))];
}

/** Dotted paths of all options whose last part is `key`. */
export function pathsEndingIn(shape: Shape, key: string, path = ''): string[] {
  const found = keysOf(shape).flatMap((name) => {
    const here = path ? `${path}.${name}` : name;
    const below = pathsEndingIn(fieldOf(shape, name)!.shape, key, here);
    return name === key ? [here, ...below] : below;
  });
  return [...new Set(found)];
}

/** What a shape expects, in words. */
export function expectedOf(shape: Shape): string {
  switch (shape.kind) {
    case 'map':
      return `a map with ${keysOf(shape).join(', ')}`;
    case 'variants': {
      const names = [...shape.variants.keys()].join(', ');
      return shape.discriminator === null
        ? `a map with one of ${names}`
        : `a map with ${shape.discriminator} (${names})`;
    }
    default:
      return shape.expected;
  }
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a schema of a single value or a list expects, in words. */
function expectation(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map((option) => expectation(option as JsonSchema)).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) {
    const names = schema.enum.map(String);
    return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
  }
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'integer':
      return `a whole number${bounds(schema)}`;
    case 'number':
      return `a number${bounds(schema)}`;
    case 'string':
      return schema.pattern === undefined ? 'text' : `text that matches ${schema.pattern}`;
    case 'array': {
      const least = schema.minItems ? ` with at least ${schema.minItems}` : '';
      return `a list${least} (${expectation(schema.items as JsonSchema)} each)`;
    }
    default:
      throw new TypeError(`no words for a schema of type ${schema.type}`);
  }
}

function bounds(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const said = (bound: unknown) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const parts = [
    said(minimum) && `of at least ${minimum}`,
    said(exclusiveMinimum) && `greater than ${exclusiveMinimum}`,
    said(maximum) && `at most ${maximum}`,
    said(exclusiveMaximum) && `less than ${exclusiveMaximum}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` ${parts.join(' and ')}` : '';
}
