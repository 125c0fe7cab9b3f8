import type { z } from 'zod';
import { keysOf } from './lookUp.js';
import type { Shape } from './shape.js';

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
    case 'record':
      return `a map of names (each: ${expectedOf(shape.value)})`;
    case 'either':
      return shape.options.map(expectedOf).join(' or ');
    case 'list': {
      if (shape.title !== undefined) return shape.title;
      return `a list${counted(shape.least, shape.most)} (${expectedOf(shape.item)} each)`;
    }
    case 'value':
      return shape.expected;
    case 'any':
      return 'any value';
  }
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a schema of a single value or a list expects, in words: its title, if it has one. */
export function wordsOf(schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.anyOf) return schema.anyOf.map((option) => wordsOf(option as JsonSchema)).join(' or ');
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
      if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`;
      return schema.maxLength === 1 ? 'a single character' : 'text';
    case 'array':
      return `a list${counted(schema.minItems ?? 0, schema.maxItems)} (${wordsOf(schema.items as JsonSchema)} each)`;
    default:
      throw new TypeError(`no words for a schema of type ${schema.type}`);
  }
}

/** How many elements a list has. */
function counted(least: number, most: number | undefined): string {
  if (least === most) return ` of ${most}`;
  return least > 0 ? ` with at least ${least}` : '';
}

function bounds(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const said = (bound: unknown) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const parts = [
    said(minimum) && `of at least ${minimum}`,
    said(exclusiveMinimum) && `greater than ${exclusiveMinimum}`,
    said(maximum) && `at most ${maximum}`,
    said(exclusiveMaximum) && `less than ${exclusiveMaximum}`,
    said(multipleOf) && `a multiple of ${multipleOf}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` ${parts.join(' and ')}` : '';
}
