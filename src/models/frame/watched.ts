import { hintFor, UserError } from '../../base/index.js';
import type { PreparedData, Store } from '../../data/index.js';
import type { FrameOptions } from '../options.js';

type Options = Pick<FrameOptions, 'watchRatio' | 'playingTime' | 'duration'>;

/**
 * How many of `parts` equal parts of its video each row's user has seen to the end: floor(ratio * parts), at most all. A row
 * at exactly k / parts has seen k. -1 where nothing is known: a duration that is not above 0, a time below 0. [rows]
 *
 * @throws UserError when the data set lacks a column
 */
export function partsSeen(data: PreparedData, options: Options, parts: number): Int32Array {
  const { columns, rows } = data.store.interactions;
  const columnOf = (name: string): Float32Array => {
    const column = columns[name];
    if (column) return column;
    throw missingWatched(options, data.store)!;
  };
  const seen = new Int32Array(rows);
  const known = (value: number) =>
    value >= 0 && value < Number.POSITIVE_INFINITY ? Math.min(parts, Math.floor(value)) : -1;
  if (options.watchRatio !== undefined) {
    // In single precision, as the column: the rounding of k / parts is then undone.
    const ratio = columnOf(options.watchRatio);
    for (let row = 0; row < seen.length; row++) seen[row] = known(Math.fround(ratio[row]! * parts));
    return seen;
  }
  const played = columnOf(options.playingTime);
  const duration = columnOf(options.duration);
  for (let row = 0; row < seen.length; row++) {
    // Multiplied first: a quotient that is a whole number then comes out as one.
    seen[row] = duration[row]! > 0 ? known((played[row]! * parts) / duration[row]!) : -1;
  }
  return seen;
}

/** An error about columns of what was watched that the log does not have; null: none. */
export function missingWatched(options: Options, { name, interactions }: Store): UserError | null {
  const { watchRatio, playingTime, duration } = options;
  const read = watchRatio === undefined ? { playingTime, duration } : { watchRatio };
  const columns = Object.keys(interactions.columns);
  const missing = Object.entries(read).filter(([, column]) => !columns.includes(column));
  if (missing.length === 0) return null;
  const texts = missing.map(([option, column]) => `no column ${column} (model.${option})`);
  const hint = hintFor(
    missing.map(([, column]) => column),
    columns,
    'Columns',
  );
  return new UserError(
    `${name} has ${texts.join(' and ')}: FRAME has to know how much of a video was watched`,
    `Name columns of playing time and duration (model.playingTime, model.duration) or of their ratio (model.watchRatio). ${hint}`,
  );
}

/**
 * That the label which is evaluated is what the model predicts: whether a video was watched to the end.
 *
 * @param seen of `parts`
 * @throws UserError that says in how many rows they differ
 */
export function requireFinishedLabel(data: PreparedData, seen: Int32Array, parts: number): void {
  const { split, label, store } = data;
  let known = 0;
  let differing = 0;
  let example = '';
  for (const rows of Object.values(split)) {
    for (const row of rows) {
      if (seen[row]! < 0) continue;
      known++;
      if (label[row] === Number(seen[row] === parts)) continue;
      if (differing++ > 0) continue;
      const { user, item } = store.interactions;
      const how = seen[row] === parts ? 'to the end' : 'in part';
      example = `user ${store.userIds[user[row]!]} watched item ${store.itemIds[item[row]!]} ${how}, its label is ${label[row]}`;
    }
  }
  if (differing === 0) return;
  throw new UserError(
    `data.label of ${store.name} is not whether a video was watched to the end (ratio >= 1): ${differing} of ${known} rows differ, for example ${example}`,
    'Choose such a label for data.label (a card makes one: `finished: { column: ..., over: ..., atLeast: 1 }`), or judge by this one with model.videoLabel: any.',
  );
}
