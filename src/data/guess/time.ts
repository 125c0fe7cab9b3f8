import { UserError } from '../../base/index.js';
import { milliseconds, timeUnit } from '../timeUnit.js';
import { rankOf } from './names.js';
import { type Column, filledCell, type Profile } from './profile.js';
import { type Choice, columnNamed } from './roles.js';
import { count, others, shortened } from './words.js';

export interface TimeChoice extends Choice {
  /** Whether it holds dates in words instead of numbers. */
  readonly dates: boolean;
  /** Rows without a time. */
  readonly missing: number;
}

/**
 * The column of times: given, by name, or in a file without names by its size. `null` with a reason where there is none and
 * the order of the rows has to do.
 *
 * @param ids columns of users and items
 * @throws UserError when the only times are texts and the rows of a user do not stand in their order
 */
export async function chooseTime(
  profile: Profile,
  header: boolean,
  given: string | undefined,
  ids: { readonly user: Column; readonly item: Column },
): Promise<TimeChoice | { readonly column: null; readonly why: string }> {
  if (given !== undefined) return choice(profile, columnNamed(profile, given), 'as given');
  const free = profile.columns.filter((column) => column !== ids.user && column !== ids.item);
  const named = free
    .filter(({ name, filled }) => filled > 0 && rankOf(name, 'time') >= 0)
    .sort((a, b) => rankOf(a.name, 'time') - rankOf(b.name, 'time'));
  const [column, ...rest] = named.filter(({ numeric, distinct }) => numeric && distinct > 1);
  if (column) return choice(profile, column, 'by its name', rest);
  if (!header) {
    const last = free.filter((one) => isTimeLike(one, profile)).at(-1);
    if (last) return choice(profile, last, 'by the size of its numbers');
  }
  const text = named.find(({ numeric, kind, distinct }) => !numeric && kind === 'text' && distinct > 1);
  if (!text) return { column: null, why: 'no column holds times, so the order of the rows is the time' };
  if (await holdsDates(profile, text)) {
    const why = `by its name: dates such as ${await sampleOf(profile, text)}`;
    return { column: text, why, missing: profile.rows - text.filled, dates: true };
  }
  await requireOrder(profile, ids.user, text);
  const sample = await sampleOf(profile, text);
  return {
    column: null,
    why: `${text.name} holds texts (${sample}), and the rows of each user stand in their order, so that order is the time`,
  };
}

function choice({ rows }: Profile, column: Column, reason: string, rest: readonly Column[] = []): TimeChoice {
  const too = others(
    rest.map(({ name }) => name),
    'the time',
  );
  return { column, why: `${reason}: ${spanText(column)}${too}`, missing: rows - column.filled, dates: false };
}

function spanText({ min, max }: Column): string {
  const unit = timeUnit(min, max);
  if (!unit) return `${min} to ${max}, no unit that counts from 1970`;
  const [first, last] = [min, max].map((time) =>
    new Date(milliseconds(time, unit)).toISOString().slice(0, 10),
  );
  return `${unit} since 1970, ${first === last ? first : `${first} to ${last}`}`;
}

/** Times of a known unit, or large numbers that lie close together, with many values. */
function isTimeLike(column: Column, { rows }: Profile): boolean {
  const { numeric, min, max, distinct } = column;
  if (!numeric || distinct <= Math.min(10, rows / 10)) return false;
  return timeUnit(min, max) !== null || (min >= 1e9 && (max - min) / max < 0.1);
}

async function holdsDates({ database }: Profile, { name }: Column): Promise<boolean> {
  const cell = filledCell(name);
  const others = await database.number(
    `SELECT count(*) FROM guess WHERE ${cell} IS NOT NULL AND TRY_CAST(${cell} AS TIMESTAMPTZ) IS NULL`,
  );
  return others === 0;
}

/** Texts such as 2022w15d3 sort as times do. */
async function requireOrder({ database, file }: Profile, user: Column, time: Column): Promise<void> {
  const cell = filledCell(time.name);
  const back = await database.number(
    `SELECT count(*) FROM (SELECT ${cell} AS time,
       lag(${cell}) OVER (PARTITION BY ${filledCell(user.name)} ORDER BY rowid) AS before FROM guess) WHERE time < before`,
  );
  if (back === 0) return;
  throw new UserError(
    `the times of column ${time.name} are texts, and going down its rows they go back ${count(back)} times within a user`,
    'Write them as numbers, for example milliseconds since 1970, or sort the rows of each user by time.',
    { file },
  );
}

async function sampleOf({ database }: Profile, { name }: Column): Promise<string> {
  const [value = ''] = await database.texts(
    `SELECT ${filledCell(name)} AS value FROM guess WHERE value IS NOT NULL LIMIT 1`,
  );
  return shortened(value);
}
