import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { jsonSchemaOf, pathsEndingIn, shapeOf, tablesOf } from '../../src/schema/index.js';

const size = z.strictObject({
  width: z.int().min(1).describe('Of it.'),
  unit: z.enum(['cm', 'in']).default('cm'),
});
const name = z.string().regex(/^\w+$/).meta({ title: 'a name' });
const schema = z.strictObject({
  label: name.optional().describe('What it says.'),
  page: size.describe('Of the page.'),
  frame: size.optional(),
  parts: z
    .record(
      name,
      z.union([z.string(), z.strictObject({ text: z.string(), times: z.number().gt(0).optional() })]),
    )
    .default({}),
  ink: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('black').describe('No colour.') }),
    z.strictObject({ kind: z.literal('spot'), colours: z.array(name).min(1) }),
  ]),
  paper: z.union([z.strictObject({ sheet: z.string() }), z.strictObject({ roll: z.string() })]),
});

describe('tables of a schema', () => {
  const tables = tablesOf(shapeOf(schema));

  it('are one a map and one a variant, in the order of the keys; what comes again is referred to', () => {
    expect(tables.map(({ path, variant, as }) => [path, variant, as])).toEqual([
      ['', null, null],
      ['page', null, null],
      ['frame', null, 'page'],
      ['parts.NAME', null, null],
      ['ink', 'kind: black', null],
      ['ink', 'kind: spot', null],
      ['paper', 'sheet', null],
      ['paper', 'roll', null],
    ]);
  });

  it('say of every key what it takes, and its default', () => {
    const rows = tables.flatMap(({ rows }) => rows.map(({ path, type, fallback }) => [path, type, fallback]));
    expect(rows).toEqual([
      ['label', 'a name', ''],
      ['page', 'a map with width, unit', 'required'],
      ['frame', 'a map with width, unit', ''],
      ['parts', 'a map of names (each: text or a map with text, times)', '{}'],
      ['ink', 'a map with kind (black, spot)', 'required'],
      ['paper', 'a map with one of sheet, roll', 'required'],
      ['page.width', 'a whole number of at least 1', 'required'],
      ['page.unit', 'one of cm, in', 'cm'],
      ['parts.NAME.text', 'text', 'required'],
      ['parts.NAME.times', 'a number greater than 0', ''],
      ['ink.colours', 'a list with at least 1 (a name each)', 'required'],
      ['paper.sheet', 'text', 'required'],
      ['paper.roll', 'text', 'required'],
    ]);
    expect(tables[0]!.rows.map(({ about }) => about)).toEqual([
      'What it says.',
      'Of the page.',
      '',
      '',
      '',
      '',
    ]);
    expect(tables[4]!.about).toBe('No colour.');
  });
});

it('finds where a key is, NAME for names of the choice of who writes', () => {
  const shape = shapeOf(schema);
  expect(pathsEndingIn(shape, 'times')).toEqual(['parts.NAME.times']);
  expect(pathsEndingIn(shape, 'unit')).toEqual(['page.unit', 'frame.unit']);
  expect(pathsEndingIn(shape, 'nothing')).toEqual([]);
});

it('makes a JSON Schema with a title of its own', () => {
  expect(jsonSchemaOf(size, 'a size')).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'a size',
    required: ['width'],
    additionalProperties: false,
  });
});
