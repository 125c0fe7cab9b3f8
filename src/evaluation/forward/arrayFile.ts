import { type TensorData, UserError } from '../../base/index.js';

/** Named arrays, of a file or from elsewhere. */
export interface ArrayFile {
  /** For messages. */
  readonly path: string;
  readonly names: readonly string[];
  shape(name: string): readonly number[];
  read(name: string): Promise<TensorData>;
}

/**
 * An array as float32.
 *
 * @throws UserError that names the first value which is not finite
 */
export async function readFloats(file: ArrayFile, name: string): Promise<Float32Array> {
  const data = await file.read(name);
  const floats = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
  requireFinite(floats, data, file, name);
  return floats;
}

/** The same as float64: milliseconds since 1970 are more than float32 can tell apart. */
export async function readTimes(file: ArrayFile, name: string): Promise<Float64Array> {
  const data = await file.read(name);
  const times = Float64Array.from(data as ArrayLike<number>, Number);
  requireFinite(times, data, file, name);
  return times;
}

function requireFinite(
  values: Float32Array | Float64Array,
  data: TensorData,
  file: ArrayFile,
  name: string,
): void {
  // A plain loop: a table has hundreds of millions.
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new UserError(
      `${place(name, file.shape(name), i)} is ${data[i]}`,
      'Numbers must be finite, in float32 too.',
      { file: file.path },
    );
  }
}

/**
 * An array as whole numbers.
 *
 * @param from where nothing is there to be counted (`below` is 0): the array that says so, for messages
 * @throws UserError that names the first value which is not a whole number in `least .. below - 1`
 */
export async function readNumbers(
  file: ArrayFile,
  name: string,
  {
    least,
    below,
    what,
    from,
  }: {
    readonly least: 0 | -1;
    readonly below: number;
    readonly what: string;
    readonly from?: string | undefined;
  },
): Promise<Int32Array> {
  const data = await file.read(name);
  const numbers = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isInteger(value) || value < least || value >= below) {
      const at = place(name, file.shape(name), i);
      if (below === 0 && Number.isInteger(value)) {
        throw new UserError(
          `${at} is ${value}, and there are no ${what}${from === undefined ? '' : `: ${from}`}`,
          `Give at least one of the ${what}${least < 0 ? ', or -1 here' : ''}.`,
          { file: file.path },
        );
      }
      const range = `${least}..${below - 1}`;
      throw new UserError(
        `${at} is ${value}`,
        `Expected ${Number.isInteger(value) ? '' : 'a whole number in '}${range} (${what}).`,
        { file: file.path },
      );
    }
    numbers[i] = value;
  }
  return numbers;
}

/** `history.positive[2, 5]`: a position of the flat array, axis by axis. */
export function place(name: string, shape: readonly number[], position: number): string {
  const at: number[] = [];
  let rest = position;
  for (const length of [...shape].reverse()) {
    at.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `${name}[${at.join(', ')}]`;
}
