import { quoteName, quoteText } from '../database.js';
import { plainName } from './names.js';
import { type Column, filledCell, type Profile } from './profile.js';

export type TagSeparator = ',' | '|' | ';' | '^' | ' ';
const separators: readonly TagSeparator[] = ['^', '|', ';', ',', ' '];

/** Cells that are looked at. */
const SAMPLE = 20_000;

/**
 * The sign between the values of a text column whose cells hold several each: it stands in at least one cell of twenty and
 * cuts into short values that recur (at most half of them are distinct); between spaces only numbers count as values.
 */
export async function separatorOf(
  { database }: Profile,
  { name, longest }: Column,
  item: Column,
): Promise<TagSeparator | null> {
  if (longest > 2000) return null;
  const cell = filledCell(name);
  // One cell an item, so that a video that is shown often does not count as recurrence.
  const cells = `(SELECT any_value(${cell}) AS cell FROM guess WHERE ${cell} IS NOT NULL
    GROUP BY ${filledCell(item.name)} LIMIT ${SAMPLE})`;
  for (const separator of separators) {
    const [found = {}] = await database.rows(
      `WITH cells AS ${cells}, entries AS (SELECT unnest(string_split(cell, ${quoteText(separator)})) AS entry FROM cells)
       SELECT (SELECT count_if(contains(cell, ${quoteText(separator)})) / count(*) FROM cells) AS share,
         count(*) AS entries, count(DISTINCT entry) AS kinds, max(length(entry)) AS longest,
         count_if(trim(entry) = '' OR ${separator === ' ' ? 'TRY_CAST(entry AS DOUBLE) IS NULL' : 'false'}) AS wrong
       FROM entries`,
    );
    const fact = (name: string): number => Number(found[name] ?? 0);
    if (fact('share') < 0.05 || fact('wrong') > 0 || fact('longest') > 32) continue;
    if (fact('kinds') <= fact('entries') / 2) return separator;
  }
  return null;
}

/**
 * How the entries of a column of histories are found: the sign between them, or null for a list column. `undefined` where
 * the column is none: its name speaks of a history or sequence, and of a sample of its entries nearly all are items.
 */
export async function historySeparator(
  { database }: Profile,
  { name, kind }: Column,
  item: Column,
): Promise<TagSeparator | null | undefined> {
  if (!/hist|seq|items$/.test(plainName(name))) return undefined;
  const cell = filledCell(name);
  for (const separator of kind === 'list' ? [null] : separators) {
    // DuckDB writes a list as [1, 2].
    const entries =
      separator === null
        ? `string_split(trim(${cell}, '[]'), ', ')`
        : `string_split(${cell}, ${quoteText(separator)})`;
    const [found = {}] = await database.rows(
      `WITH entries AS (SELECT unnest(${entries}) AS entry FROM guess WHERE ${cell} IS NOT NULL LIMIT ${SAMPLE})
       SELECT count(*) AS entries, count_if(entry IN (SELECT ${quoteName(item.name)} FROM guess)) AS items FROM entries`,
    );
    const [all, items] = [Number(found.entries ?? 0), Number(found.items ?? 0)];
    if (all > 0 && items >= 0.95 * all) return separator;
  }
  return undefined;
}

/** Whether all cells are lists of -1, 0 and 1 in square brackets, as NumPy prints them. */
export async function bracketed({ database }: Profile, { name }: Column): Promise<boolean> {
  const cell = filledCell(name);
  const others = await database.number(
    `SELECT count(*) FROM guess WHERE NOT regexp_full_match(${cell}, '\\[\\s*(-?[01]\\.?[\\s,]*)+\\]', 's')`,
  );
  return others === 0;
}
