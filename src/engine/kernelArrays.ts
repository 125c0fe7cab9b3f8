/* What kernels take by position: see NativeFunctions. */

declare const opaque: unique symbol;
/** Values of a tensor where they lie, to be passed on to kernels. */
export type TensorMemory = { readonly [opaque]: 'TensorMemory' };
export type Floats = Float32Array | TensorMemory;

/**
 * lengths [S], x [S, T, I], h [S, T, H]; for the main cell, then for the starred one: weights [I, 4H], [H, 4H], [4H]
 * with gates i, f, g, o, and what is kept for the way back, gates [S, T, 4H] and memory [S, T, H]. The starred cell's
 * come with edges [S, T], each to an earlier position from position 1 on. Their gradients come in the same order.
 */
export type RecurrenceArrays = [
  count: number,
  steps: number,
  inputs: number,
  units: number,
  /** Without starred cell 0; its memory goes on from its own of the step before 1, or of the link main's 2, its own 3. */
  link: 0 | 1 | 2 | 3,
  lengths: Int32Array,
  x: Floats,
  h: Floats,
  ...main: CellArrays,
  ...star: [] | [edges: Int32Array, ...CellArrays],
];

export type CellArrays = [input: Floats, state: Floats, bias: Floats, gates: Floats, memory: Floats];

export type PoolArrays = [
  width: number,
  /** s of the activation s tanh(z / s); 0: the ReLU. */
  scale: number,
  /** [R, width] */
  keys: Floats,
  /** [R, width] */
  values: Floats,
  /** [K, width] */
  queries: Floats,
  /** [width, width] */
  matrix: Floats,
  /** List l is rows[offsets[l] .. offsets[l + 1] - 1]. [L + 1] */
  offsets: Int32Array,
  rows: Int32Array,
  /** The query and the list of each pair. [P] */
  query: Int32Array,
  of: Int32Array,
];

export type MlpArrays = [
  inputs: number,
  width: number,
  /** [N, inputs] */
  x: Floats,
  /** [inputs, width] */
  weight: Floats,
  /** [width] */
  bias: Floats,
  /** Kept for the way back: [N, width] or more, or nothing. */
  hidden: Float32Array,
  /** Of the groups, together `width`; their matrices are [size, size]. */
  sizes: Int32Array,
];

/** Vectors of U users and I items in the two parts (the product's may be 0 wide), and all weights one after the other. */
export type NcfArrays = [
  factors: number,
  /** Of both vectors together, then of each layer. */
  widths: Int32Array,
  users: number,
  items: number,
  /** Of each pair [P]. */
  context: Int32Array,
  item: Int32Array,
  gmfUsers: Floats,
  gmfItems: Floats,
  mlpUsers: Floats,
  mlpItems: Floats,
  weights: Floats,
  hidden: Floats,
];

/** Values of channels [rows, channels, width], and what of them counts: of each channel [rows, channels] and row [rows]; empty: all, once. */
export type NormArrays = [
  training: 0 | 1,
  rows: number,
  channels: number,
  width: number,
  epsilon: number,
  known: Floats,
  times: Floats,
];
