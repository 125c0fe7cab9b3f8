import { z } from 'zod';
import { claimSchema } from './claims.js';

/** Names of rows and of points: they stand in tables, file names of reports and on command lines. */
const label = z
  .string()
  .regex(/^[!-~\u00a0-\uffff]([ -~\u00a0-\uffff]*[!-~\u00a0-\uffff])?$/)
  .max(80)
  .meta({ title: 'printable text of at most 80 characters' });
const seed = z.int().min(0);
const files = z.union([z.string(), z.array(z.string()).min(1)]);
/** The same for all data, or by names in `on`; data that are not named have the first. */
const filesByData = z.union([...files.options, z.record(z.string(), files)]);
const assignments = z.record(z.string(), z.unknown());

const axis = z.union([z.array(z.unknown()).min(1), z.record(label, assignments)]);

const listed = z.strictObject({
  label: label.describe('Name of the row.'),
  base: filesByData
    .optional()
    .describe(
      "Experiment files in place of the sweep's base; or files by data (names in on, which else have the first).",
    ),
  set: assignments.optional().describe('Options by their dotted path, over base, experiment and stand-in.'),
});

const condition = z.strictObject({
  if: assignments.describe(
    'What a cell must have: axes or options by their dotted path, each with its value or a list of values. All must hold.',
  ),
  set: assignments.optional().describe('Options that such a cell gets, over its axes; this or skip.'),
  skip: z.literal(true).optional().describe('Leaves such a cell out.'),
});

const standIn = z.strictObject({
  title: z.string().min(1).describe('What the data are, for the head of the table.'),
  set: assignments.describe('data.source, and what else these data need, by dotted path.'),
  control: z
    .literal(true)
    .optional()
    .describe('The claimed effects must be absent here: the mechanism behind them is switched off.'),
});

/** It is part of a folder's name. */
export const sweepName = /^\w[\w.-]*$/;

/** A sweep file: experiments that differ in some options, as rows of one table. */
export const sweepSchema = z.strictObject({
  name: z
    .string()
    .regex(sweepName)
    .optional()
    .describe("Name of the sweep's folder; default: the file's name."),
  title: z.string().optional().describe('Head of the table.'),
  table: z
    .strictObject({
      paper: z.string().describe('Short name of the paper.'),
      table: z.string().describe('Its table or figure, for example scaa.table2.'),
    })
    .optional()
    .describe('What is reproduced.'),
  base: filesByData
    .optional()
    .describe(
      'Experiment files, merged left to right, relative to this file; or files by data (names in on, which else have the first).',
    ),
  experiment: assignments
    .optional()
    .describe('Sections of an experiment (data, model, train, ...) over the base of every cell.'),
  seeds: z
    .union([z.int().min(1).max(1000), z.array(seed).min(1)])
    .optional()
    .describe(
      "Seeds that every cell is trained with: a list, or so many from 1. Default: the experiment's own.",
    ),
  axes: z
    .record(label, axis)
    .optional()
    .describe(
      'The grid: all combinations, the last axis changing first. An option by its dotted path with a list of values, or a name with points, each a map of options; `base` in it names files in place of the base.',
    ),
  zip: z
    .array(z.array(z.string()).min(2))
    .optional()
    .describe('Axes of the same length that go together, point by point.'),
  when: z.array(condition).optional().describe('Conditions on cells, from the first to the last.'),
  cells: z.array(listed).min(1).optional().describe('Cells beside the grid, or without one.'),
  on: z
    .record(z.string().regex(/^[A-Za-z][\w.-]*$/), standIn)
    .optional()
    .describe('Data to run on, by a name for `--on`; the first is the default.'),
  metrics: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Columns of the table, measured on test. Default: the first cell's evaluate.metrics."),
  published: z
    .record(z.string(), z.record(z.string(), z.record(z.string(), z.number())))
    .optional()
    .describe(
      'Numbers of the paper by data (a name in on), row and column; on these data they stand beside ours.',
    ),
  publishedNotes: z
    .record(z.string(), z.array(z.string()).min(1))
    .optional()
    .describe('What is odd about the published numbers, by data: said wherever they stand beside ours.'),
  claims: z
    .array(claimSchema)
    .optional()
    .describe('What the table is claimed to show; see [claims.md](claims.md).'),
});

export type SweepConfig = z.output<typeof sweepSchema>;
