import { z } from 'zod';
import { wordsOf } from './words.js';

/**
 * A zod schema as checks and documentation need it: which keys there are, which variants they belong to, what each
 * expects in words. Everything is read from the schema, so there is nothing to keep in step.
 */
export type Shape = MapShape | VariantsShape | RecordShape | EitherShape | ListShape | ValueShape | AnyShape;

export interface MapShape {
  readonly kind: 'map';
  readonly fields: ReadonlyMap<string, Field>;
  /** The schema's own object of keys, one and the same wherever the schema is used. */
  readonly keys: object;
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
/** A map whose keys are names of the user's choice. */
export interface RecordShape {
  readonly kind: 'record';
  readonly key: ValueShape;
  readonly value: Shape;
}
/** A value, a list or a map, told apart by which of these it is; at most one of each. */
export interface EitherShape {
  readonly kind: 'either';
  readonly options: readonly Shape[];
}
export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly schema: z.ZodType;
  /** Fewest items. */
  readonly least: number;
  readonly most?: number | undefined;
  /** What it should be, in words of its own. */
  readonly title: string | undefined;
}
export interface ValueShape {
  readonly kind: 'value';
  readonly schema: z.ZodType;
  /** For people: `a whole number of at least 1`. */
  readonly expected: string;
  /** The only texts that are allowed; empty where that is not the case. */
  readonly choices: readonly string[];
}
/** Whatever is written. */
export interface AnyShape {
  readonly kind: 'any';
}

/**
 * @param whole the schema with its default and the like around it: a rule may hang on any of them
 * @throws TypeError for a kind of schema that is used nowhere
 */
export function shapeOf(schema: z.ZodType, whole: z.ZodType = schema): Shape {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return shapeOf(schema.unwrap() as z.ZodType, whole);
  }
  if (schema instanceof z.ZodUnknown) return { kind: 'any' };
  if (schema instanceof z.ZodObject) return mapShape(schema);
  if (schema instanceof z.ZodRecord) {
    const [key, value] = [schema.keyType as z.ZodType, schema.valueType as z.ZodType];
    return { kind: 'record', key: valueShape(key, key), value: shapeOf(value) };
  }
  if (schema instanceof z.ZodUnion) {
    const options = schema.options as readonly z.ZodType[];
    const maps = options.filter((option) => option instanceof z.ZodObject);
    if (maps.length === options.length) return variantsShape(schema, maps);
    const values = options.filter((option) => shapeOf(option).kind === 'value');
    if (values.length < options.length) return eitherShape(options, values);
  }
  if (schema instanceof z.ZodArray) {
    const { minItems: least = 0, maxItems: most, title } = z.toJSONSchema(schema, { io: 'input' });
    return { kind: 'list', item: shapeOf(schema.element as z.ZodType), schema: whole, least, most, title };
  }
  return valueShape(schema, whole);
}

function valueShape(schema: z.ZodType, whole: z.ZodType): ValueShape {
  const choices = schema instanceof z.ZodEnum ? schema.options.map(String) : [];
  return {
    kind: 'value',
    schema: whole,
    // Said of few, and hundreds take a tenth of a second.
    get expected() {
      return wordsOf(z.toJSONSchema(schema, { io: 'input' }));
    },
    choices,
  };
}

/** @param values those of the options that are neither lists nor maps */
function eitherShape(options: readonly z.ZodType[], values: readonly z.ZodType[]): EitherShape {
  const others = options.filter((option) => !values.includes(option)).map((option) => shapeOf(option));
  const value = values.length > 1 ? z.union(values) : values[0];
  return { kind: 'either', options: [...(value ? [valueShape(value, value)] : []), ...others] };
}

function mapShape(schema: z.ZodObject): MapShape {
  const fields = Object.entries(schema.shape).map(
    ([key, value]) => [key, field(value as z.ZodType)] as const,
  );
  return { kind: 'map', fields: new Map(fields), keys: schema.shape };
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
