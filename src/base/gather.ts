/**
 * @param least the smallest row that is meant: 0, or -1 where that stands for none
 * @throws RangeError for a row that is not in least..count-1
 */
export function requireRows(rows: Int32Array, least: 0 | -1, count: number): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < least || row >= count) throw new RangeError(`there is no row ${row} of ${count}`);
  }
}

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * `values` at the given positions, in an array of the same type. For columns as long as a log, where
 * `TypedArray.from` with a function takes ten times as long, because it makes a list first.
 */
export function gather<T extends Values>(values: T, positions: Int32Array): T {
  const picked = new (values.constructor as new (length: number) => T)(positions.length);
  for (let i = 0; i < positions.length; i++) picked[i] = values[positions[i]!]!;
  return picked;
}
