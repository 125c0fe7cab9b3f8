/** Statistics of a log as curves: lists of [x, y] for pictures, rounded to what can be seen. */

const round = (x) => Number(x.toPrecision(4));

/**
 * The share of users (or videos) with at least n rows, at n = 1, 1.4, 2, 2.8, 4, ...
 *
 * @param {Iterable<number>} counts one a user; those of 0 count
 */
export function tail(counts) {
  const sorted = Float64Array.from(counts).sort();
  const points = [];
  let below = 0;
  for (let power = 0; below < sorted.length; power++) {
    const n = Math.round(2 ** (power / 2));
    while (below < sorted.length && sorted[below] < n) below++;
    if (points.at(-1)?.[0] !== n && below < sorted.length) {
      points.push([n, round((sorted.length - below) / sorted.length)]);
    }
  }
  return points;
}

/**
 * The rate of a label at each of the first places of a session.
 *
 * @param {ArrayLike<number>} place from 0
 * @param {ArrayLike<number>} label
 */
export function byPlace(place, label, places = 8) {
  const sums = new Float64Array(places);
  const counts = new Float64Array(places);
  for (let row = 0; row < place.length; row++) {
    if (place[row] >= places) continue;
    sums[place[row]] += label[row];
    counts[place[row]]++;
  }
  return Array.from(sums, (sum, at) => [at + 1, round(sum / counts[at])]);
}

/** Shares of values in tenths of 0 to 2; the last one holds what lies above as well. At the middle of each. */
export function shares(values) {
  const counts = new Float64Array(20);
  for (const value of values) counts[Math.min(19, Math.floor(value * 10))]++;
  return Array.from(counts, (count, bin) => [round((bin + 0.5) / 10), round(count / values.length)]);
}
