import { z } from 'zod';
import { readerNames } from './readers/names.js';
import { partNames } from './types.js';

/** Column and feature names become file names and words in experiments. */
const name = z
  .string()
  .regex(/^[A-Za-z_][\w.-]*$/)
  .meta({ title: 'a name (letters, digits and _ . -; first a letter or _)' });
const nameOfColumn = name.meta({
  title: 'a name (letters, digits and _ . -; for a column that is called otherwise write {name: column})',
});
const text = z.string().min(1);
const count = z.int().min(0);
const md5 = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .meta({ title: 'an MD5 (32 digits 0-9 a-f)' });
const oneOrMore = <T extends z.ZodType>(one: T) =>
  z.union([one, z.array(one).min(1).meta({ title: 'a list of at least one' })]);
const part = z.enum(partNames);

const file = z.strictObject({
  path: oneOrMore(text).describe(
    'A file, or several with the same columns, which follow one another; of a folder, all files in it and in its folders, by name; `*` stands for any characters of a name. Relative to `from`.',
  ),
  reader: z
    .enum(readerNames)
    .optional()
    .describe('For formats that are no tables. Default: Parquet for the ending `.parquet`, else CSV.'),
  table: text.default('rows').describe('Which of the tables that a reader makes.'),
  delimiter: z
    .enum(['comma', 'tab', 'semicolon', 'pipe', 'space'])
    .default('comma')
    .describe('What separates the columns of a CSV file.'),
  header: z
    .array(text)
    .min(1)
    .optional()
    .describe('Names of the columns of a CSV file whose first line is a row already.'),
  quotes: z
    .enum(['double', 'none'])
    .default('double')
    .describe(
      'How cells of a CSV file that hold delimiters are quoted: by ", or not at all. Then " is a sign like any, a line is a row, and its last column goes on to the end of the line.',
    ),
  explode: z
    .strictObject({
      column: text.describe('The column that holds the list.'),
      separator: text
        .default(' ')
        .describe(
          'Between the entries of a text, brackets around it left out; list columns of Parquet have none.',
        ),
    })
    .optional()
    .describe('A column that holds a list: a row becomes one row an entry, in the order of the list.'),
  part: part
    .optional()
    .describe('Of files of the log: the part of the published split that all rows belong to.'),
  itemOffset: z
    .union([count, text])
    .optional()
    .describe(
      'Of files of the log that each count their items from 0: what is added to them. A number, or an array file, of which it is the number of rows.',
    ),
  md5: oneOrMore(md5).optional().describe('One for each path, checked before reading.'),
});

const padding = text.describe('Entry that only fills the list up; left out.');
const key = text.optional().describe('Column of `file` with the identifier. Default: named as in the log.');

const category = z.strictObject({
  file: text
    .optional()
    .describe(
      'One of `files` with one row an item (or user). Default: the log, of which the earliest row counts.',
    ),
  key,
  column: text.describe('The column with the value.'),
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
  column: text.describe('The column with the list.'),
  separator: text
    .default(',')
    .describe(
      'Between the values of a text, brackets around it left out; list columns of Parquet have none.',
    ),
  padding: padding.optional(),
});

const textFeature = z.strictObject({
  file: text.describe('One of `files` with one row an item (or user); of several the first counts.'),
  key,
  column: text.describe('The column with the text; an empty cell is no text.'),
});

const fittedOn = z
  .enum(['train', 'all'])
  .optional()
  .describe(
    'What a projection or whitening of the vectors was fitted on, if the source says so; all: test items too.',
  );

const arrayVector = z.strictObject({
  path: oneOrMore(text).describe(
    'An array of [rows, width], relative to `from`: npy or HDF5 (.h5), several that follow one another, or a folder with one npy file an identifier.',
  ),
  ids: text
    .optional()
    .describe(
      'Text file, one identifier a line, for the rows. Default: the keys of an HDF5 file, or as `rows` says.',
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
  file: text.describe('One of `files` with one row an identifier.'),
  key,
  columns: z
    .array(text)
    .min(1)
    .optional()
    .describe('Numeric columns that make up the vector, or else `column`; empty cells are 0.'),
  column: text
    .optional()
    .describe('The one column that holds the whole vector: a list, or numbers with a separator.'),
  separator: text
    .default(',')
    .describe(
      'Between the numbers of a text, brackets around it left out; list columns of Parquet have none.',
    ),
  clips: z.int().min(1).optional().describe('The vector is that many, one for each clip, one after another.'),
  fittedOn,
});
const vector = z.union([arrayVector, tableVector]);

const features = z.strictObject({
  categories: z.record(name, category).default({}).describe('One value an item (or user), numbered.'),
  tags: z.record(name, tag).default({}).describe('Several values an item (or user), in their order.'),
  texts: z
    .record(name, textFeature)
    .default({})
    .describe('Texts such as titles, kept as they are; no model reads them.'),
  vectors: z
    .record(name, vector)
    .default({})
    .describe('Dense vectors: of an array (`path`) or of a table (`file`).'),
});
const itemFeatures = features.extend({
  keepNew: z
    .literal(true)
    .optional()
    .describe(
      'Keep items that have features in a table or an array with identifiers and no row in the log, so that they can be recommended. Default: they are left out and counted.',
    ),
});

/** A numeric column that is kept. */
const column = z.strictObject({
  column: text.describe('Of the log.'),
  minus: text.optional().describe('Column to take off, such as the time at which something began.'),
  times: z
    .number()
    .gt(0)
    .optional()
    .describe('Factor, where units differ: 1000 makes milliseconds of seconds.'),
  over: text.optional().describe('Column to divide by; where that is not above 0 the result is 0.'),
  atLeast: z.number().optional().describe('Makes a label: 1 where the value is that or more, else 0.'),
  list: z
    .enum(['length', 'ones'])
    .optional()
    .describe('Of a column with a list of numbers in square brackets: how many, or how many that are 1.'),
  span: z
    .literal(true)
    .optional()
    .describe('A span of time: a negative one is an error, those of 0 are counted in the report.'),
});

const history = z.strictObject({
  column: text.describe('Items, oldest first: a text with separators, or a list column of Parquet.'),
  separator: z.string().length(1).default('^').describe('Between the items of a text.'),
  file: text
    .optional()
    .describe('One of `files` with one whole list a user. Default: the log, which has a list in each row.'),
  key: text.optional().describe('Column of `file` with the user. Default: named as in the log.'),
  byRow: z
    .literal(true)
    .optional()
    .describe('In place of `key`: row i (from 0) of `file` is that of the user whose identifier is i.'),
  length: text
    .optional()
    .describe("Column of the log: how many of the first entries of the user's list a row has. Default: all."),
  padding: padding.optional(),
});

const partCounts = z
  .strictObject({
    users: count.optional().describe('Users with a row in the part.'),
    items: count.optional().describe('Items with a row in the part.'),
  })
  .optional()
  .describe('Of rows that the published split puts there.');

const perUser = z.strictObject({
  part: z
    .enum(['train', 'validation', 'test'])
    .optional()
    .describe('Part of the published split. Default: all rows.'),
  mean: z
    .number()
    .gt(0)
    .describe('Mean number over all users, as printed: one that is within 2 % of it will do.'),
  belowMean: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of the users who have fewer than that, as printed: within 0.02.'),
});

const statistics = z.strictObject({
  rows: count.optional().describe('Rows that are kept.'),
  users: count.optional().describe('Users of the log.'),
  items: count.optional().describe('Items of the log and of its histories, and those that `keepNew` keeps.'),
  train: count.optional().describe('Rows of that part of the published split.'),
  validation: count.optional().describe('The same.'),
  test: count.optional().describe('The same.'),
  positives: z.record(name, count).default({}).describe('By kept column: rows in which it is 1.'),
  parts: z
    .strictObject({ train: partCounts, validation: partCounts, test: partCounts })
    .optional()
    .describe('Users and items of the parts of the published split.'),
  positivesPerUser: z
    .record(name, perUser)
    .optional()
    .describe('By kept column: of rows in which it is 1, how many a user has.'),
});

/** What a card may say. */
export const cardSchema = z.strictObject({
  name: name.describe('Short name; names the store.'),
  title: text.describe('What the data are, in a few words.'),
  source: text.optional().describe('Where the files can be had.'),
  licence: text.optional().describe('What may be done with them, as the source says it.'),
  citation: text.optional().describe('What to cite.'),
  caveat: text.optional().describe('One sentence printed beside every number from this data.'),
  files: z.record(name, file).describe('Tables, by names for use in this card.'),
  interactions: z
    .strictObject({
      file: oneOrMore(text).describe('The log: one of `files`, or several, each after the one before.'),
      user: text.describe('Column of user identifiers.'),
      item: text.describe('Column of item identifiers.'),
      time: text.optional().describe('Column of times. Default: the order of the rows is the time.'),
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
        .union([
          z.array(nameOfColumn).meta({ title: 'a list of names' }),
          z.record(name, z.union([text, column])),
        ])
        .describe(
          'Numeric columns to keep (labels, context): a list of them, or names, each with a column of the log or with what to make of one.',
        ),
      positives: name
        .optional()
        .describe('Column to make that is 1 in every row: the label of a log that holds positives only.'),
      part: z
        .strictObject({
          column: text.describe('Of the log.'),
          values: z.record(z.string(), part).describe('What its values mean; others are errors.'),
        })
        .optional()
        .describe('Column that says which part of the published split a row belongs to.'),
      histories: z
        .record(name, history)
        .default({})
        .describe('Histories that came with the log; `data.history` of an experiment can name one.'),
      duplicates: z
        .enum(['keep', 'dropExact'])
        .default('keep')
        .describe('Rows that equal an earlier one in every column: kept, or left out and counted.'),
      ties: z
        .enum(['source', 'item'])
        .default('source')
        .describe('Order of rows of one user and one time: as in the files, or by item.'),
    })
    .describe('The log: who was shown what, when, and what came of it.'),
  items: itemFeatures.prefault({}).describe('Features of items.'),
  users: features.prefault({}).describe('Features of users.'),
  expect: statistics
    .optional()
    .describe('Counts of the published data; others are an error, unless `data import` gets `--as-found`.'),
  notes: z.array(text).default([]).describe('Quirks of the source, printed at import.'),
});

/** A data set card, every default filled in. */
export type Card = z.output<typeof cardSchema>;
export type CardFile = z.output<typeof file>;
export type CategorySpec = z.output<typeof category>;
export type TagSpec = z.output<typeof tag>;
export type TextSpec = z.output<typeof textFeature>;
export type VectorSpec = z.output<typeof vector>;
export type ArrayVectorSpec = z.output<typeof arrayVector>;
export type TableVectorSpec = z.output<typeof tableVector>;
export type ColumnSpec = z.output<typeof column>;
export type HistoryOfCard = z.output<typeof history>;
export type Statistics = z.output<typeof statistics>;
/** A card before defaults, as a program writes it. */
export type CardInput = z.input<typeof cardSchema>;

/** Names of the files of the log, in order. */
export function logFiles({ interactions: { file } }: Card): readonly string[] {
  return Array.isArray(file) ? file : [file];
}
