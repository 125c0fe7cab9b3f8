import { type NpyData, UserError } from '../../base/index.js';

/**
 * The values as float32.
 *
 * @param values row-major [N, width]
 * @param rowOf number of a row in the file
 * @throws UserError naming file, row and column of the first that is not finite as float32
 */
export function finiteRows(
  values: NpyData,
  width: number,
  rowOf: (row: number) => number,
  file: string,
): Float32Array {
  const rows = values instanceof Float32Array ? values : Float32Array.from(values);
  // A finite number less itself is zero, anything else is NaN: one addition a value.
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += rows[i]! - rows[i]!;
  if (sum === 0) return rows;
  const bad = rows.findIndex((value) => !Number.isFinite(value));
  throw new UserError(
    `row ${rowOf(Math.floor(bad / width))}, column ${bad % width} is ${values[bad]}`,
    'Features must be finite numbers that float32 can hold (up to 3.4e38): replace it, or drop the row.',
    { file },
  );
}
