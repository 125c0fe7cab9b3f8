import { sizeOf, UserError } from '../../base/index.js';

/**
 * How many rows an array has, one an identifier, and how many numbers a row.
 *
 * @param shape [rows, width], or [rows, clips, width]; with `clips` also [rows * clips, width]
 * @throws UserError when it has another shape, or no rows
 */
export function asRows(
  shape: readonly number[],
  clips: number | undefined,
  file: string,
): [count: number, width: number] {
  const refuse = (problem: string, fix: string): UserError => new UserError(problem, fix, { file });
  if (shape.length !== 2 && shape.length !== 3) {
    throw refuse(
      `expected a matrix [rows, width] or vectors of clips [rows, clips, width], found shape [${shape}]`,
      'Save one row per identifier.',
    );
  }
  if (sizeOf(shape) === 0)
    throw refuse(`the array is empty: its shape is [${shape}]`, 'Save one row per identifier.');
  const [rows = 0, ...sides] = shape;
  const width = sizeOf(sides);
  if (clips === undefined) return [rows, width];
  if (shape.length === 2) {
    if (rows % clips === 0) return [rows / clips, width * clips];
    throw refuse(`${rows} rows cannot be ${clips} clips of each identifier`, 'Correct `clips` in the card.');
  }
  if (sides[0] === clips) return [rows, width];
  throw refuse(`shape [${shape}] has ${sides[0]} clips, not ${clips}`, 'Correct `clips` in the card.');
}
