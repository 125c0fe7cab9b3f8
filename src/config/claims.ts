import { z } from 'zod';
import { rule } from '../models/options.js';

/**
 * What a sweep's table is claimed to show, as data. docs/claims.md says what each type means and when it holds; here stand the
 * keys alone, and the rules on several of them.
 */
const row = z.string().min(1);
const unit = z
  .enum(['points', 'relative'])
  .default('points')
  .describe(
    'points: differences of the metric; relative: shares of what the row is held against (ratio - 1).',
  );
const where = z
  .record(z.string(), z.unknown())
  .optional()
  .describe(
    'Only cells with these values on other axes. Default: all; the claim is made of each combination.',
  );
const axis = z.string().optional();

const common = {
  id: z
    .string()
    .regex(/^\w[\w.-]*$/)
    .describe('Name of the claim, unique in the file.'),
  statement: z.string().min(1).describe('What is claimed, in your own words.'),
  place: z.string().optional().describe('Where it is claimed: section, table or figure of the paper.'),
  contradiction: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Where the paper's own numbers contradict the claim; shown with the verdict, of which it changes nothing.",
    ),
};
const tested = {
  ...common,
  metrics: z.array(z.string()).min(1).describe("Columns of the sweep's table; the claim is made of each."),
  requires: z
    .strictObject({
      data: z
        .union([z.string(), z.array(z.string()).min(1)])
        .describe('Names in `on`; on other data the claim does not apply.'),
    })
    .optional()
    .describe('What the claim is made for. Default: any data.'),
  alpha: z
    .number()
    .gt(0)
    .lt(0.5)
    .default(0.05)
    .describe('Largest chance of a false verdict, after Holm over the claims of the sweep.'),
};
const effect = {
  ...tested,
  control: z
    .strictObject({
      margin: z.number().gt(0).describe('An effect that is shown to be smaller than this counts as absent.'),
      unit,
    })
    .optional()
    .describe('On data without the mechanism (`control: true` in `on`) the effect must be absent.'),
};

const order = z
  .strictObject({
    type: z
      .literal('order')
      .describe('Each row is better than the next, or each of some rows than each of others.'),
    ...effect,
    rows: z.array(row).min(2).optional().describe('Rows, best first.'),
    above: z.array(row).min(1).optional().describe('Rows each of which is better than each in `below`.'),
    below: z.array(row).min(1).optional().describe('Rows each of which is worse than each in `above`.'),
  })
  .check(
    rule('type', ({ rows, above, below }) => {
      const chain = rows !== undefined && above === undefined && below === undefined;
      const sets = rows === undefined && above !== undefined && below !== undefined;
      return !chain && !sets && ['is order, which needs rows, or above and below', 'Give one or the other.'];
    }),
  );

const atLeast = z.strictObject({
  type: z.literal('atLeast').describe('A row is better than another by more than so much.'),
  ...effect,
  row: row.describe('The better row.'),
  over: row.describe('The row that it is held against.'),
  by: z.number().gt(0).describe('By how much.'),
  unit,
});

const near = z
  .strictObject({
    type: z
      .literal('near')
      .describe('A row differs from another, or from a published value, by less than a tolerance.'),
    ...tested,
    row: row.describe('The row.'),
    reference: row.optional().describe('The row that it is held against.'),
    value: z
      .number()
      .optional()
      .describe("The published value, which holds on the paper's data (`requires`)."),
    tolerance: z.number().gt(0).describe('Largest difference that counts as none, either way.'),
    unit,
  })
  .check(
    rule(
      'row',
      ({ reference, value }) =>
        (reference === undefined) === (value === undefined) && [
          'needs something to be near to',
          'Give either reference, a row, or value, a number.',
        ],
    ),
    rule(
      'value',
      ({ value, requires }) =>
        value !== undefined &&
        requires === undefined && [
          `is ${value}, a number of some data, and the claim does not say of which`,
          'Add requires: { data: NAME }.',
        ],
    ),
  );

const best = z
  .strictObject({
    type: z
      .literal('best')
      .describe('A row is better than every other, or a point of an axis than every other point.'),
    ...effect,
    row: row.optional().describe('The best row.'),
    among: z.array(row).min(2).optional().describe('Rows that take part. Default: all of the table.'),
    axis: axis.describe('Axis whose best point is claimed.'),
    point: z.unknown().optional().describe('The best point, as the axis has it.'),
    where,
  })
  .check(
    rule(
      'type',
      ({ row, axis }) =>
        (row === undefined) === (axis === undefined) && [
          'is best, which needs row or axis',
          'Give one of the two.',
        ],
    ),
    rule(
      'axis',
      ({ axis, point }) => axis !== undefined && point === undefined && ['has no point', 'Add point: VALUE.'],
    ),
    rule(
      'row',
      ({ row, point, where }) =>
        row !== undefined &&
        (point !== undefined || where !== undefined) && [
          'stands beside point or where, which belong to an axis',
          'Remove them, or give axis in place of row.',
        ],
    ),
    rule(
      'axis',
      ({ axis, among }) =>
        axis !== undefined &&
        among !== undefined && ['stands beside among, which belongs to row', 'Use where, or give row.'],
    ),
  );

const monotone = z
  .strictObject({
    type: z
      .literal('monotone')
      .describe('Each step along rows, or along an axis, makes it better (or worse).'),
    ...effect,
    direction: z.enum(['better', 'worse']).describe('What a step does.'),
    rows: z.array(row).min(2).optional().describe('Rows in the order of what is varied.'),
    over: z
      .array(row)
      .min(2)
      .optional()
      .describe(
        'A row for each of `rows`: then it is the gain over these that grows (better) or shrinks (worse).',
      ),
    axis: axis.describe('Axis whose points are the steps, in their order in the file.'),
    where,
  })
  .check(
    rule(
      'type',
      ({ rows, axis }) =>
        (rows === undefined) === (axis === undefined) && [
          'is monotone, which needs rows or axis',
          'Give one of the two.',
        ],
    ),
    rule(
      'over',
      ({ rows, over }) =>
        over !== undefined &&
        over.length !== rows?.length && [
          `has ${over.length} rows for ${rows?.length ?? 'no'} in rows`,
          'Give one for each.',
        ],
    ),
    rule(
      'where',
      ({ rows, where }) =>
        rows !== undefined &&
        where !== undefined && ['belongs to an axis', 'Remove it, or give axis in place of rows.'],
    ),
  );

const insignificant = z.strictObject({
  type: z.literal('insignificant').describe('A row gains less than a margin over each of some others.'),
  ...tested,
  row: row.describe('The row that brings nothing.'),
  over: z.array(row).min(1).describe('The rows that it is held against.'),
  margin: z.number().gt(0).describe('Smallest gain that would be one.'),
  unit,
});

const qualitative = z.strictObject({
  type: z.literal('qualitative').describe('Something that no test decides. It is listed and never counts.'),
  ...common,
  seenIn: z.string().min(1).describe('How one would see it.'),
});

export const claimSchema = z.discriminatedUnion('type', [
  order,
  atLeast,
  near,
  best,
  monotone,
  insignificant,
  qualitative,
]);

/** A claim as a sweep file states it. */
export type Claim = z.output<typeof claimSchema>;
/** A claim that numbers decide. */
export type TestedClaim = Exclude<Claim, { readonly type: 'qualitative' }>;
