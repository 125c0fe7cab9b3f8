import { type Place, UserError } from '../../base/index.js';
import type { CategorySpec, TagSpec } from '../card.js';
import { type Database, quoteName } from '../database.js';
import { offsetsOf } from '../store.js';
import type { CategoryFeature, TagFeature } from '../types.js';
import type { FeatureContext } from './context.js';
import { explained } from './explained.js';
import { numberBy } from './ids.js';
import { listOfTexts, placeOf, requireColumn } from './table.js';

export type Kind = 'user' | 'item';

/** A category of the numbered users or items; needs the tables `log`, `users` and `items`. */
export async function readCategory(
  context: FeatureContext,
  kind: Kind,
  name: string,
  spec: CategorySpec,
  count: number,
): Promise<CategoryFeature> {
  const { database } = context;
  await makeFeatureTable(context, kind, spec);
  const code = await codeOf(context, spec);
  const values = new Int32Array(count).fill(-1);
  await database.fill(`SELECT ${code} FROM ${kind}s LEFT JOIN feature USING (code) ORDER BY code`, [values], {
    missing: -1,
  });
  let known = 0;
  let largest = -1;
  for (const value of values) {
    if (value >= 0) known++;
    if (value > largest) largest = value;
  }
  const varying = await reportKnown(context, kind, name, spec.file, known, count);
  const cardinality = spec.codes ?? (spec.bucket === undefined ? largest + 1 : buckets);
  return { values, cardinality, ...(varying > 0 && { varying }) };
}

/** SQL of the number of a row of `feature`. */
async function codeOf(context: FeatureContext, spec: CategorySpec): Promise<string> {
  if (spec.codes !== undefined) {
    await requireCodes(context, spec, 'SELECT value, source_row FROM feature');
    return 'CAST(feature.value AS INTEGER)';
  }
  return spec.bucket === undefined ? numberValues(context.database) : bucketSeconds(context, spec);
}

/** @param values SQL of values with their source_row */
async function requireCodes(
  context: FeatureContext,
  { file, column, codes }: CategorySpec | TagSpec,
  values: string,
): Promise<void> {
  const [bad] = await context.database.rows(
    `SELECT value, source_row FROM (${values}) WHERE NOT coalesce(regexp_full_match(value, '\\d{1,9}')
     AND TRY_CAST(value AS INTEGER) < ${codes}, false) ORDER BY source_row LIMIT 1`,
  );
  if (!bad) return;
  throw new UserError(
    `column ${column} holds ${JSON.stringify(bad.value)}, no code of 0 to ${codes! - 1}`,
    'Correct the file, or leave `codes` out of the card: then the values are numbered.',
    await placeOfValue(context, file, Number(bad.source_row)),
  );
}

async function placeOfValue(
  { tables, log }: FeatureContext,
  file: string | undefined,
  row: number,
): Promise<Place> {
  return file === undefined ? log.placeOf(row) : placeOf(await tables.one(file), row);
}

/** Tags of the numbered users or items, in the order of the source. */
export async function readTags(
  context: FeatureContext,
  kind: Kind,
  name: string,
  spec: TagSpec,
  count: number,
): Promise<TagFeature> {
  const { database } = context;
  await makeFeatureTable(context, kind, spec, spec);
  const entries =
    'SELECT code, source_row, unnest(string_split(value, chr(31))) AS value, generate_subscripts(string_split(value, chr(31)), 1) AS place FROM feature';
  const filled = `SELECT * FROM (${entries}) WHERE value <> ''`;
  if (spec.codes !== undefined) await requireCodes(context, spec, filled);
  const number = spec.codes === undefined ? numberBy('value') : 'CAST(value AS INTEGER)';
  await database.run(
    `CREATE OR REPLACE TABLE vocabulary AS
     SELECT value, ${number} AS number FROM (SELECT DISTINCT value FROM (${filled}))`,
  );
  const found = `FROM (${entries}) JOIN vocabulary USING (value)`;
  const total = await database.number(`SELECT count(*) ${found}`);
  const owner = new Int32Array(total);
  const values = new Int32Array(total);
  await database.fill(`SELECT code, number ${found} ORDER BY code, place`, [owner, values]);
  const offsets = offsetsOf(owner, count);
  let known = 0;
  for (let i = 0; i < count; i++) if (offsets[i + 1]! > offsets[i]!) known++;
  await reportKnown(context, kind, name, spec.file, known, count);
  const cardinality = spec.codes ?? (await database.number('SELECT count(*) FROM vocabulary'));
  return { offsets, values, cardinality };
}

/** @returns how many have several values */
export async function reportKnown(
  { database, report }: FeatureContext,
  kind: Kind,
  name: string,
  file: string | undefined,
  known: number,
  count: number,
): Promise<number> {
  if (known === 0 && file !== undefined) {
    throw new UserError(
      `${kind} feature ${name}: none of the ${count} ${kind}s has a value in the file ${file}`,
      'Are these the features of other data, or is `key` another column?',
    );
  }
  if (known < count) report.push(`${kind} feature ${name}: known for ${known} of ${count} ${kind}s`);
  const several = await database.number('SELECT count(*) FROM feature WHERE varies');
  if (several > 0) {
    const who = several === 1 ? `1 ${kind} has` : `${several} ${kind}s have`;
    report.push(`${kind} feature ${name}: ${who} several values; the earliest is taken`);
  }
  return several;
}

/**
 * Makes the table `feature`: code, value (text), whether an item's rows differ in it, source_row of the value.
 *
 * @param list how a list is written, which becomes a text with chr(31) between its entries
 */
export async function makeFeatureTable(
  { card, database, tables, log }: FeatureContext,
  kind: Kind,
  { file, key, column }: Pick<CategorySpec, 'file' | 'key' | 'column'>,
  list?: Pick<TagSpec, 'separator' | 'padding'>,
): Promise<void> {
  // Looking for the earliest row costs, so it is done for those only that have several values.
  const collect = (code: string, value: string, order: string, from: string): string =>
    `CREATE OR REPLACE TABLE feature AS
     WITH known AS (SELECT ${code} AS code, ${value} AS value, ${order} AS place, source_row FROM ${from}
       WHERE ${value} IS NOT NULL),
     constant AS (SELECT code, min(value) AS value, min(value) <> max(value) AS varies, min(source_row) AS source_row
       FROM known GROUP BY code),
     earliest AS (SELECT code, arg_min(value, place) AS value, arg_min(source_row, place) AS source_row
       FROM known WHERE code IN (SELECT code FROM constant WHERE varies) GROUP BY code)
     SELECT code, coalesce(earliest.value, constant.value) AS value, varies,
       coalesce(earliest.source_row, constant.source_row) AS source_row
     FROM constant LEFT JOIN earliest USING (code)`;
  const source = file === undefined ? null : await tables.one(file);
  const asText = (lists: ReadonlySet<string>, name: string): string =>
    list
      ? `array_to_string(${listOfTexts({ lists }, name, list.separator, list.padding)}, chr(31))`
      : `CAST(${quoteName(name)} AS VARCHAR)`;
  if (!source) {
    const name = `feature ${column}`;
    const value = asText(new Set(log.pieces[0]!.table.lists.has(column) ? [name] : []), name);
    await database.run(collect(`log.${quoteName(kind)}`, value, '(time, source_row)', 'log'));
    return;
  }
  const id = key ?? card.interactions[kind];
  requireColumn(source, id);
  requireColumn(source, column);
  const numbered = `(SELECT ${quoteName(id)} AS owner, ${asText(source.lists, column)} AS value,
    row_number() OVER () AS source_row FROM ${source.relation({})}) AS file`;
  const joined = `${numbered} JOIN ${kind}s ON file.owner = ${kind}s.id`;
  await explained(source.path, () =>
    database.run(collect(`${kind}s.code`, 'file.value', 'source_row', joined)),
  );
}

/** Gives the values numbers, integers in numeric order first, then texts; returns the SQL of a row's number. */
async function numberValues(database: Database): Promise<string> {
  await database.run(
    `CREATE OR REPLACE TABLE vocabulary AS
     SELECT value, ${numberBy('value')} AS number
     FROM (SELECT DISTINCT value FROM feature)`,
  );
  return '(SELECT number FROM vocabulary WHERE vocabulary.value = feature.value)';
}

const buckets = 10;

/** Milliseconds to 0 for 0, else 1 + floor(log2(seconds)) clipped to 1..9. */
async function bucketSeconds(context: FeatureContext, { file, column }: CategorySpec): Promise<string> {
  const milliseconds = 'TRY_CAST(feature.value AS DOUBLE)';
  const [bad] = await context.database.rows(
    `SELECT source_row, value FROM feature
     WHERE ${milliseconds} IS NULL OR NOT isfinite(${milliseconds}) OR ${milliseconds} < 0 LIMIT 1`,
  );
  if (bad) {
    throw new UserError(
      `column ${column} must be a duration in milliseconds, found ${JSON.stringify(bad.value)}`,
      'Correct the file, or leave the feature out.',
      await placeOfValue(context, file, Number(bad.source_row)),
    );
  }
  return `CAST(CASE WHEN feature.value IS NULL THEN NULL WHEN ${milliseconds} = 0 THEN 0
    ELSE greatest(1, least(${buckets - 1}, 1 + floor(log2(${milliseconds} / 1000)))) END AS INTEGER)`;
}
