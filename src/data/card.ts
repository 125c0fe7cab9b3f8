import { readFile } from 'node:fs/promises';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { didYouMean, type Place, UserError, UserErrors } from '../base/index.js';

/** Column and feature names become file names and words in experiments. */
const name = z.string().regex(/^[A-Za-z_][\w.-]*$/, 'expected letters, digits and _ . -');
const text = z.string().min(1);

const file = z.strictObject({
  path: text.describe('Relative to the folder that `from` names.'),
  delimiter: z
    .enum(['comma', 'tab', 'semicolon', 'pipe'])
    .default('comma')
    .describe('Of CSV files; Parquet files (by their ending .parquet) have none.'),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits')
    .optional()
    .describe('Checked before reading.'),
});

const category = z.strictObject({
  file: text.optional().describe('File that holds one row an item (or user). Default: the log itself.'),
  key: text.optional().describe('Column of that file that holds the identifier. Default: as in the log.'),
  column: text,
  bucket: z
    .literal('log2Seconds')
    .optional()
    .describe('Milliseconds to 0 for 0, else 1 + floor(log2(seconds)) clipped to 1..9.'),
});

const vector = z.strictObject({
  path: text.describe('npy file [rows, width], relative to `from`.'),
  ids: text
    .optional()
    .describe('Text file, one identifier a line, for the rows. Default: identifiers are row numbers from 0.'),
});

const features = z
  .strictObject({
    categories: z.record(name, category).default({}),
    vectors: z.record(name, vector).default({}),
  })
  .prefault({});

const cardSchema = z.strictObject({
  name: name.describe('Short name; names the store.'),
  title: text,
  source: text.optional().describe('Where the files can be had.'),
  licence: text.optional(),
  citation: text.optional(),
  caveat: text.optional().describe('One sentence printed beside every number from this data.'),
  files: z.record(name, file),
  interactions: z.strictObject({
    file: text.describe('The log: one of `files`.'),
    user: text.describe('Column of user identifiers.'),
    item: text.describe('Column of item identifiers.'),
    time: text.optional().describe('Numeric column. Without it the order of the rows is the time.'),
    columns: z
      .union([z.array(name), z.record(name, text)])
      .describe('Numeric columns to keep (labels, context); or new name: column of the file.'),
    positives: name
      .optional()
      .describe(
        'Name of a column to make that is 1 in every row: the label of a log that holds positives only.',
      ),
    duplicates: z
      .enum(['keep', 'dropExact'])
      .default('keep')
      .describe('Rows that equal another in every column.'),
    ties: z.enum(['source', 'item']).default('source').describe('Order of rows of one user and one time.'),
  }),
  items: features,
  users: features,
});

/** A data set card, every default filled in. */
export type Card = z.output<typeof cardSchema>;
export type CardFile = z.output<typeof file>;
export type CategorySpec = z.output<typeof category>;
export type VectorSpec = z.output<typeof vector>;
/** A card before defaults, as a program writes it. */
export type CardInput = z.input<typeof cardSchema>;

/** Reads a card file. Throws a UserError (all mistakes at once, with lines) when it is not one. */
export async function readCard(path: string): Promise<{ card: Card; text: string }> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const problem =
      error.code === 'EISDIR' ? `${path} is a folder, not a card` : `cannot read the card ${path}`;
    throw new UserError(problem, 'Name a YAML file as in docs/data.md.');
  });
  return { card: parseCard(text, path), text };
}

/** @param path names the card in messages */
export function parseCard(text: string, path: string): Card {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined): Place => {
    if (offset === undefined) return { file: path };
    const { line, col } = lines.linePos(offset);
    return { file: path, line, column: col };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new UserErrors(
      faults.map(({ message, pos }) => new UserError(`not valid YAML: ${message}`, undefined, place(pos[0]))),
    );
  }
  const parsed = cardSchema.safeParse(plainValue(document, path));
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap((issue) =>
      explain(issue, (at) => place(offsetAt(document, at))),
    );
    throw new UserErrors(errors);
  }
  checkReferences(parsed.data, (at) => place(offsetAt(document, at)));
  return parsed.data;
}

function plainValue(document: { toJS(): unknown }, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias that refers to nothing, or aliases that expand to very much.
    throw new UserError(`not valid YAML: ${(error as Error).message}`, undefined, { file });
  }
}

type PlaceAt = (at: readonly PropertyKey[]) => Place;

function explain(issue: z.core.$ZodIssue, placeAt: PlaceAt): UserError[] {
  const where = issue.path.join('.') || 'the card';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        new UserError(
          `unknown key ${[...issue.path, key].join('.')}`,
          didYouMean(key, keysAt(cardSchema, issue.path)),
          placeAt([...issue.path, key]),
        ),
    );
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined')) {
    return [
      new UserError(`${where} is missing`, 'See docs/data.md for what a card holds.', placeAt(issue.path)),
    ];
  }
  return [
    new UserError(
      `${where}: ${issue.message}`,
      'See docs/data.md for what a card holds.',
      placeAt(issue.path),
    ),
  ];
}

/** Keys that the schema knows at a path, for suggestions. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  const bare = (value: unknown): unknown => {
    const inner = (value as { def?: { innerType?: unknown } }).def?.innerType;
    return inner ? bare(inner) : value;
  };
  for (const key of path) {
    const at = bare(current);
    if (at instanceof z.ZodObject) current = at.shape[String(key)];
    else if (at instanceof z.ZodRecord) current = at.valueType;
  }
  const at = bare(current);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** Offset of the value at a path, or of the nearest thing above it; of the key where the last step names one. */
function offsetAt(document: { contents: unknown }, path: readonly PropertyKey[]): number | undefined {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0];
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (!pair) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return offset;
}

function checkReferences(card: Card, placeAt: PlaceAt): void {
  const files = Object.keys(card.files);
  const refer = (file: string, at: readonly string[]): void => {
    if (Object.hasOwn(card.files, file)) return;
    throw new UserError(
      `${at.join('.')}: there is no file ${file} in files`,
      didYouMean(file, files),
      placeAt(at),
    );
  };
  refer(card.interactions.file, ['interactions', 'file']);
  const { positives, columns } = card.interactions;
  const kept = Array.isArray(columns) ? columns : Object.keys(columns);
  if (positives !== undefined && kept.includes(positives)) {
    throw new UserError(
      `interactions: ${positives} is both a kept column and the one of positives`,
      'Give them different names.',
      placeAt(['interactions', 'positives']),
    );
  }
  for (const room of ['items', 'users'] as const) {
    const { categories, vectors } = card[room];
    for (const [name, { file }] of Object.entries(categories)) {
      if (file !== undefined) refer(file, [room, 'categories', name, 'file']);
      if (!Object.hasOwn(vectors, name)) continue;
      throw new UserError(
        `${room}: ${name} is both a category and a vector`,
        'Give them different names.',
        placeAt([room, 'vectors', name]),
      );
    }
  }
}
