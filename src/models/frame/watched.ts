import { didYouMean, UserError } from '../../base/index.js';
import type { PreparedData } from '../../data/index.js';
import type { FrameOptions } from '../options.js';

type Options = Pick<FrameOptions, 'watchRatio' | 'playingTime' | 'duration'>;

/**
 * How many of `parts` equal parts of its video each row's user has seen to the end: floor(ratio * parts), at most all. A row
 * at exactly k / parts has seen k. -1 where nothing is known: a duration that is not above 0, a time below 0. [rows]
 *
 * @throws UserError when the data set lacks a column
 */
export function partsSeen(data: PreparedData, options: Options, parts: number): Int32Array {
  const seen = new Int32Array(data.store.interactions.rows);
  const known = (value: number) =>
    value >= 0 && value < Number.POSITIVE_INFINITY ? Math.min(parts, Math.floor(value)) : -1;
  if (options.watchRatio !== undefined) {
    // In single precision, as the column: the rounding of k / parts is then undone.
    const ratio = columnOf(data, options.watchRatio, 'watchRatio');
    for (let row = 0; row < seen.length; row++) seen[row] = known(Math.fround(ratio[row]! * parts));
    return seen;
  }
  const played = columnOf(data, options.playingTime, 'playingTime');
  const duration = columnOf(data, options.duration, 'duration');
  for (let row = 0; row < seen.length; row++) {
    // Multiplied first: a quotient that is a whole number then comes out as one.
    seen[row] = duration[row]! > 0 ? known((played[row]! * parts) / duration[row]!) : -1;
  }
  return seen;
}

function columnOf(data: PreparedData, name: string, option: keyof Options): Float32Array {
  const { columns } = data.store.interactions;
  const column = columns[name];
  if (column) return column;
  throw new UserError(
    `${data.store.name} has no column ${name} (model.${option}): FRAME has to know how much of a video was watched`,
    `Name columns of playing time and duration (model.playingTime, model.duration) or of their ratio (model.watchRatio). ${didYouMean(name, Object.keys(columns), 'Columns')}`,
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
