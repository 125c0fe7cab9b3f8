import { z } from 'zod';
import { readerNames } from './readers/names.js';
import { partNames } from './types.js';

/** Column and feature names become file names and words in experiments. */
const name = z.string().regex(/^[A-Za-z_][\w.-]*$/, 'expected letters, digits and _ . -');
const text = z.string().min(1);
const count = z.int().min(0);
const md5 = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits');
const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);
const part = z.enum(partNames);

const file = z.strictObject({
  path: oneOrMore(text).describe(
    'Relative to the folder that `from` names: a file, several with the same columns, or a folder or pattern (*) of such.',
  ),
  reader: z
    .enum(readerNames)
    .optional()
    .describe('Of formats that are no tables; default: by the ending, Parquet (.parquet) or else CSV.'),
  table: text.default('rows').describe('Which of the tables that a reader finds.'),
  delimiter: z
    .enum(['comma', 'tab', 'semicolon', 'pipe', 'space'])
    .default('comma')
    .describe('Of CSV files.'),
  header: z
    .array(text)
    .min(1)
    .optional()
    .describe('Names of the columns of a CSV file whose first line is a row already.'),
  explode: z
    .strictObject({ column: text, separator: text.default(' ') })
    .optional()
    .describe('A column that holds a list: each row stands for one row an entry, in the order of the list.'),
  part: part.optional().describe('Part of the published split that all rows of the file belong to.'),
  itemOffset: z
    .union([count, text])
    .optional()
    .describe(
      'Added to the item identifiers of this file: a number, or an array file whose number of rows it is. For files that count their items from 0 each.',
    ),
  md5: oneOrMore(md5).optional().describe('Checked before reading; of several files in the order of `path`.'),
});

const padding = text.describe('Entry of lists that only fills them up; left out.');

const category = z.strictObject({
  file: text.optional().describe('File that holds one row an item (or user). Default: the log itself.'),
  key: text.optional().describe('Column of that file that holds the identifier. Default: as in the log.'),
  column: text,
  bucket: z
    .literal('log2Seconds')
    .optional()
    .describe('Milliseconds to 0 for 0, else 1 + floor(log2(seconds)) clipped to 1..9.'),
  codes: z
    .int()
    .min(1)
    .optional()
    .describe(
      'The values are numbers 0, 1, ... below this already and stay as they are. Default: values are numbered.',
    ),
});

const tag = category.omit({ bucket: true }).extend({
  separator: text.default(',').describe('Between the values of a text; list columns of Parquet have none.'),
  padding: padding.optional(),
});

const fittedOn = z
  .enum(['train', 'all'])
  .optional()
  .describe(
    'What a projection or whitening of the vectors was fitted on, if the source says so; all: test items too.',
  );

const arrayVector = z.strictObject({
  path: oneOrMore(text).describe(
    'Array of [rows, width], relative to `from`: npy or HDF5 (.h5), several that follow one another, or a folder of one npy file an identifier.',
  ),
  ids: text
    .optional()
    .describe(
      'Text file, one identifier a line, for the rows. Default: as `rows` says, or the keys of an HDF5 file.',
    ),
  rows: z
    .enum(['number', 'rank'])
    .default('number')
    .describe(
      'Row of an identifier without `ids`: the identifier itself, or its rank among those of the log.',
    ),
  clips: z.int().min(1).optional().describe('Vectors an identifier, one for each of its clips, in order.'),
  values: text.default('value').describe('HDF5: name of the data set that holds the vectors.'),
  keys: text.default('key').describe('HDF5: name of the data set that holds the identifiers of the rows.'),
  fittedOn,
});
const tableVector = z.strictObject({
  file: text.describe('File that holds one row an identifier.'),
  key: text.optional().describe('Column of that file that holds the identifier. Default: as in the log.'),
  columns: z
    .array(text)
    .min(1)
    .optional()
    .describe('Numeric columns that make up the vector; empty cells are 0.'),
  column: text
    .optional()
    .describe('One column that holds the whole vector: a list, or numbers with a separator.'),
  separator: text.default(',').describe('Between the numbers of a text; list columns of Parquet have none.'),
  clips: z.int().min(1).optional().describe('The vector is that many, one for each clip, one after another.'),
  fittedOn,
});
const vector = z.union([arrayVector, tableVector]);

const features = z
  .strictObject({
    categories: z.record(name, category).default({}),
    tags: z.record(name, tag).default({}),
    vectors: z.record(name, vector).default({}),
  })
  .prefault({});

/** A numeric column that is kept. */
const column = z.strictObject({
  column: text.describe('Of the log.'),
  over: text
    .optional()
    .describe('Column to divide by; where that is not above 0 the result is 0, and is counted.'),
  atLeast: z.number().optional().describe('Makes a label: 1 where the value is that or more, else 0.'),
  list: z
    .enum(['length', 'ones'])
    .optional()
    .describe(
      'Of a column that holds a list of numbers in square brackets: how many, or how many that are 1.',
    ),
  span: z
    .literal(true)
    .optional()
    .describe('A span of time: a negative one is an error, those of 0 are counted in the report.'),
});

const history = z.strictObject({
  column: text.describe('Items, oldest first: a text with separators, or a list column of Parquet.'),
  separator: z.string().length(1).default('^').describe('One character between the items.'),
  file: text.optional().describe('File with one whole list a user. Default: the log has a list in each row.'),
  key: text.optional().describe('Column of that file that holds the user. Default: as in the log.'),
  byRow: z
    .literal(true)
    .optional()
    .describe('Row i (from 0) of that file is that of the user whose identifier is i.'),
  length: text
    .optional()
    .describe("Column of the log: how many of the first entries of the user's list a row's history has."),
  padding: padding.optional(),
});

const statistics = z.strictObject({
  rows: count.optional(),
  users: count.optional(),
  items: count.optional(),
  train: count.optional().describe('Rows of a part of the published split.'),
  validation: count.optional(),
  test: count.optional(),
  positives: z.record(name, count).default({}).describe('Rows in which a column is 1.'),
});

/** What a card may say. */
export const cardSchema = z.strictObject({
  name: name.describe('Short name; names the store.'),
  title: text,
  source: text.optional().describe('Where the files can be had.'),
  licence: text.optional(),
  citation: text.optional(),
  caveat: text.optional().describe('One sentence printed beside every number from this data.'),
  files: z.record(name, file),
  interactions: z.strictObject({
    file: oneOrMore(text).describe('The log: one of `files`, or several, each after the one before.'),
    user: text.describe('Column of user identifiers.'),
    item: text.describe('Column of item identifiers.'),
    time: text.optional().describe('Numeric column. Without it the order of the rows is the time.'),
    timeFormat: z
      .enum(['number', 'date'])
      .default('number')
      .describe(
        'A number in whatever unit, or a date with or without a time of day (2022-04-10 08:59:09, UTC unless it says otherwise), which becomes milliseconds since 1970.',
      ),
    missingTime: z
      .enum(['refuse', 'drop'])
      .default('refuse')
      .describe('Rows without a time: an error, or left out and counted.'),
    columns: z
      .union([z.array(name), z.record(name, z.union([text, column]))])
      .describe(
        'Numeric columns to keep (labels, context); or new name: column of the file, or what to make of it.',
      ),
    positives: name
      .optional()
      .describe(
        'Name of a column to make that is 1 in every row: the label of a log that holds positives only.',
      ),
    part: z
      .strictObject({ column: text, values: z.record(z.string(), part) })
      .optional()
      .describe(
        'Column that says which part of the published split a row lies in, and what its values mean.',
      ),
    histories: z.record(name, history).default({}).describe('Histories that the log brings along.'),
    duplicates: z
      .enum(['keep', 'dropExact'])
      .default('keep')
      .describe('Rows that equal another in every column.'),
    ties: z.enum(['source', 'item']).default('source').describe('Order of rows of one user and one time.'),
  }),
  items: features,
  users: features,
  expect: statistics
    .optional()
    .describe(
      'Counts that the published data have; others are an error, unless data import gets --as-found.',
    ),
  notes: z.array(text).default([]).describe('Quirks of the source, printed at import.'),
});

/** A data set card, every default filled in. */
export type Card = z.output<typeof cardSchema>;
export type CardFile = z.output<typeof file>;
export type CategorySpec = z.output<typeof category>;
export type TagSpec = z.output<typeof tag>;
export type VectorSpec = z.output<typeof vector>;
export type ArrayVectorSpec = z.output<typeof arrayVector>;
export type TableVectorSpec = z.output<typeof tableVector>;
export type ColumnSpec = z.output<typeof column>;
export type HistoryOfCard = z.output<typeof history>;
export type Statistics = z.output<typeof statistics>;
/** A card before defaults, as a program writes it. */
export type CardInput = z.input<typeof cardSchema>;
