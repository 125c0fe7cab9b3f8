import type { Card, CardFile, ColumnSpec, HistoryOfCard } from '../card.js';
import { quoteName, quoteText } from '../database.js';
import { partNames } from '../types.js';
import { listOfTexts, type SourceTable } from './table.js';

/** SQL of an item of a file that counts its own from 0; NULL where it is no such number. */
export function offsetItem(item: string, offset: number): string {
  const id = quoteName(item);
  const whole = `regexp_full_match(${id}, '0|[1-9][0-9]{0,14}')`;
  return `CASE WHEN ${whole} THEN CAST(CAST(${id} AS BIGINT) + ${offset} AS VARCHAR) END`;
}

/** SQL of a time as a number; NaN for what should be a date and is none. */
export function timeOf(column: string, format: Card['interactions']['timeFormat']): string {
  const cell = quoteName(column);
  if (format === 'number') return cell;
  const date = `epoch_us(TRY_CAST(${cell} AS TIMESTAMPTZ)) / 1000`;
  return `CASE WHEN coalesce(${cell}, '') <> '' THEN coalesce(${date}, 'nan'::DOUBLE) END`;
}

/** SQL of the number of a row's part; 255 where the column says something that the card does not know. */
export function partNumber(part: Card['interactions']['part'], file: CardFile): string {
  if (file.part) return `CAST(${partNames.indexOf(file.part)} AS UTINYINT)`;
  const cases = Object.entries(part!.values).map(
    ([value, name]) => `WHEN ${quoteText(value)} THEN ${partNames.indexOf(name)}`,
  );
  return `CAST(CASE CAST(${quoteName(part!.column)} AS VARCHAR) ${cases.join(' ')} ELSE 255 END AS UTINYINT)`;
}

/** SQL of a kept column. What is not finite stays so, also where a label is made of it. */
export function keptValue({ column, minus, times, over, atLeast, list }: ColumnSpec): string {
  let value = quoteName(column);
  if (list) {
    const entries = `regexp_extract_all(CAST(${value} AS VARCHAR), '[^\\s,\\[\\]]+')`;
    const counted = list === 'ones' ? `list_filter(${entries}, x -> TRY_CAST(x AS DOUBLE) = 1)` : entries;
    const shape = `regexp_full_match(CAST(${value} AS VARCHAR), '\\s*\\[[-+0-9.eE\\s,]*\\]\\s*')`;
    value = `CASE WHEN ${shape} THEN CAST(len(${counted}) AS DOUBLE) END`;
  }
  if (minus !== undefined) value = `(${value} - ${quoteName(minus)})`;
  if (times !== undefined) value = `(${value} * ${times})`;
  if (over !== undefined) {
    const by = quoteName(over);
    value = `CASE WHEN NOT isfinite(${by}) THEN ${by} WHEN ${by} > 0 THEN ${value} / ${by} WHEN isfinite(${value}) THEN 0 ELSE ${value} END`;
  }
  return atLeast === undefined
    ? value
    : `CASE WHEN isfinite(${value}) THEN CAST(${value} >= ${atLeast} AS DOUBLE) ELSE ${value} END`;
}

/** Names that a source's own columns are unlikely to have. */
const listName = (h: number): string => quoteName(`history ${h}`);
const lastName = (h: number): string => quoteName(`history ${h} last`);
const headName = (h: number): string => quoteName(`history ${h} head`);

/** Sign between the items of lists that are no texts, so that an item may hold any other. */
const BETWEEN_ITEMS = '\x1f';

/** How the items of a history are separated once it is a text. */
export function asText(table: SourceTable, spec: HistoryOfCard): HistoryOfCard {
  return table.lists.has(spec.column) ? { ...spec, separator: BETWEEN_ITEMS } : spec;
}

/**
 * SQL of a relation with a row's histories as texts beside its columns, their last items, and the bytes of their first
 * items with the separator, 0 where there is none.
 */
export function withLists(table: SourceTable, specs: readonly HistoryOfCard[], relation: string): string {
  if (specs.length === 0) return relation;
  const texts = specs.map((spec, h) => `${textOfList(table, spec)} AS ${listName(h)}`);
  const ends = specs.flatMap(({ separator }, h) => {
    const text = listName(h);
    const pattern = quoteText(`[^\\x{${separator.codePointAt(0)!.toString(16)}}]*$`);
    return [
      `regexp_extract(${text}, ${pattern}) AS ${lastName(h)}`,
      `strlen(left(${text}, strpos(${text}, ${quoteText(separator)}))) AS ${headName(h)}`,
    ];
  });
  return `(SELECT *, ${ends.join(', ')} FROM (SELECT *, ${texts.join(', ')} FROM ${relation}))`;
}

/**
 * SQL of a row's history `h` as numbers, as `RowLists` has them (sh_NAME), and of its last item (sh_last). Texts are
 * measured and cut by bytes: by characters, DuckDB would go through each of them to count.
 */
export function listColumns({ separator }: HistoryOfCard, h: number): string[] {
  const [text, last, head] = [listName(h), lastName(h), headName(h)];
  const bytes = `encode(${text})`;
  const tail = `(strlen(${last}) + ${Buffer.byteLength(separator)})`;
  const hashOf = (part: string): string => `hash(${part}) >> 12`;
  const ifMany = (value: string): string => `CASE WHEN ${head} > 0 THEN ${value} ELSE 0 END`;
  return [
    `${hashOf(bytes)} AS s${h}_whole`,
    `${ifMany(hashOf(`${bytes}[:strlen(${text}) - ${tail}]`))} AS s${h}_front`,
    `${ifMany(hashOf(`${bytes}[${head} + 1:]`))} AS s${h}_rest`,
    `CAST(strlen(${text}) AS INTEGER) AS s${h}_length`,
    `CAST(${ifMany(tail)} AS INTEGER) AS s${h}_lastlength`,
    `CAST(${head} AS INTEGER) AS s${h}_firstlength`,
    `${last} AS s${h}_last`,
  ];
}

/** SQL of the history of a row as a text. */
export function textOfList(table: SourceTable, { column, separator, padding }: HistoryOfCard): string {
  const name = quoteName(column);
  const list = `array_to_string(${listOfTexts(table, column, separator, padding)}, ${quoteText(separator)})`;
  // Most are plain texts, which cost nothing as they are.
  const isText = !table.lists.has(column) && padding === undefined;
  return `coalesce(${isText ? `CASE WHEN starts_with(${name}, '[') THEN ${list} ELSE ${name} END` : list}, '')`;
}

/**
 * SQL of all of a row's cells as one text, which rows share that equal one another.
 *
 * @param item column of items, and SQL of what takes its place
 */
export function wholeRow({ columns }: SourceTable, [item, value]: readonly [string, string]): string {
  const cells = columns.map(
    (column) => `coalesce(CAST(${column === item ? value : quoteName(column)} AS VARCHAR), chr(0))`,
  );
  return `concat_ws(chr(31), ${cells.join(', ')})`;
}
