import type {
  Floats,
  MlpArrays,
  NcfArrays,
  NormArrays,
  PoolArrays,
  RecurrenceArrays,
  TensorMemory,
} from './kernelArrays.js';

/**
 * C++ of our own (`native/*.cc`) for the engine tensorflow on a CPU. Every kernel has a portable twin in TypeScript
 * and works in place on typed arrays or on the memory of tensors. They throw a RangeError, with nothing touched, for
 * arrays of wrong lengths, positions out of range and the like. The last three are not kernels but what these need.
 */
export interface NativeFunctions {
  /**
   * States of an LSTM with one cell, or with a starred one that reads an earlier, linked position: fills `h`, and the
   * cells' gates and memories. Twin: `layers/recurrenceSteps.ts`. Definition: `native/recurrence.h`.
   *
   * @param lanes floats a vector, 16, 8 or 4; 0: the most that the processor has
   */
  recurrentForward(threads: number, lanes: number, ...recurrence: RecurrenceArrays): void;

  /** The way back from the gradient `dh` of `h`: fills `dx` and the gradients of the weights. */
  recurrentBackward(
    threads: number,
    lanes: number,
    ...recurrence: [...RecurrenceArrays, dh: Floats, dx: Floats, ...gradients: Floats[]]
  ): void;

  /**
   * Logits [P] of pairs by NCF with hidden layers; keeps their values [P, sum of the layers' widths]. Twin:
   * `models/ncf.ts`. Definition: `native/ncf.cc`.
   */
  ncfForward(threads: number, lanes: number, ...pairs: [...NcfArrays, logits: Floats]): void;

  /** The way back: adds to the gradients of vectors and weights. The hidden values are used up. */
  ncfBackward(
    threads: number,
    lanes: number,
    ...pairs: [...NcfArrays, dLogits: Floats, ...gradients: Floats[]]
  ): void;

  /**
   * For each target of each user: how many items of the catalogue score higher (`above`), how many the same, itself
   * included (`tied`), and its score, the inner product of the two vectors. Items in `seen` do not count.
   *
   * @param panels item i is column i % 32 of matrix floor(i / 32): [ceil(items / 32), width, 32], zeros at the end
   * @param users [users, width]
   * @param seen items, ascending within a user; those of user u are `seen[seenOffsets[u] .. seenOffsets[u+1]-1]`
   * @param depth a user all of whose targets have at least so many items above them is left: their counts are of a part of the
   *   catalogue, and at least `depth` are above; 0: no user is left
   * @param targets as `seen`, but in any order, none of them seen
   */
  rankTargets(
    threads: number,
    width: number,
    items: number,
    panels: Float32Array,
    users: Float32Array,
    seenOffsets: Int32Array,
    seen: Int32Array,
    depth: number,
    targetOffsets: Int32Array,
    targets: Int32Array,
    above: Int32Array,
    tied: Int32Array,
    scores: Float32Array,
  ): void;

  /**
   * The `length` items that score highest for each user, best first and equal ones by their number, and the scores;
   * where there are fewer, -1 and -Infinity. [users, length]
   */
  topItems(
    threads: number,
    width: number,
    items: number,
    panels: Float32Array,
    users: Float32Array,
    seenOffsets: Int32Array,
    seen: Int32Array,
    length: number,
    topItems: Int32Array,
    topScores: Float32Array,
  ): void;

  /** values[i] = data[rows[i]], or zeros where the row is -1. [R, width], [N] -> [N, width] */
  takeRows(threads: number, width: number, data: Floats, rows: Int32Array, values: Floats): void;

  /** out = rows of the matrix x weight: [V, inputs], [N], [inputs, outputs] -> [N, outputs] */
  projectRows(
    threads: number,
    lanes: number,
    inputs: number,
    outputs: number,
    matrix: Floats,
    rows: Int32Array,
    weight: Floats,
    out: Floats,
  ): void;

  /** The way back from the gradient `dOut`: fills `dWeight`. */
  projectRowsBackward(
    threads: number,
    lanes: number,
    inputs: number,
    outputs: number,
    matrix: Floats,
    rows: Int32Array,
    dOut: Floats,
    dWeight: Floats,
  ): void;

  /**
   * Stochastic gradient descent on BPR-Opt, see `bprSgd`: the same bits as the twin, on one thread.
   *
   * @param bias empty: none
   * @param decay learning rate times L2 weight
   * @param loss becomes [x, n]: the sum of the couples' losses is log(x) + n log(2^512)
   */
  bprSgd(
    width: number,
    users: Float32Array,
    items: Float32Array,
    bias: Float32Array,
    user: Int32Array,
    positive: Int32Array,
    negative: Int32Array,
    learningRate: number,
    decay: number,
    loss: Float64Array,
  ): void;

  /**
   * Half a sweep of alternating least squares: fills `solved` [R, width], row after row. Twin: in `als.ts`.
   *
   * @param fixed [C, width]
   * @param column observed cells, those of row r from `offsets[r]` to `offsets[r + 1] - 1`
   * @param gram what all rows share of their matrices, positive definite: [width, width]
   */
  alsRows(
    threads: number,
    width: number,
    fixed: Float32Array,
    offsets: Int32Array,
    column: Int32Array,
    gram: Float64Array,
    alpha: number,
    solved: Float32Array,
  ): void;

  /**
   * The same by so many steps of conjugate gradients from what `solved` holds, which becomes what they come to. Twin: in `als.ts`.
   */
  alsSteps(
    threads: number,
    width: number,
    fixed: Float32Array,
    offsets: Int32Array,
    column: Int32Array,
    gram: Float64Array,
    alpha: number,
    solved: Float32Array,
    steps: number,
  ): void;

  /** X'X of rows [N, width], written to zeros: [width, width]. Twin: in `als.ts`. */
  gramMatrix(threads: number, width: number, rows: Float32Array, gram: Float64Array): void;

  /**
   * Fills `product` [R, width]: a sparse matrix, entries k of row r from `offsets[r]` to `offsets[r + 1] - 1`, times `x`
   * [C, width]. Twin: `layers/sparse.ts`.
   */
  sparseProduct(
    threads: number,
    width: number,
    offsets: Int32Array,
    column: Int32Array,
    value: Float32Array,
    x: Floats,
    product: Floats,
  ): void;

  /**
   * Pooling by feature-wise additive attention: fills `pooled` [P, width]. Twin: `layers/additivePoolSlices.ts`.
   *
   * @param weights at least as many elements as all pairs' lists have rows, times width: what is kept for the way
   * back; empty: nothing
   */
  additivePoolForward(
    threads: number,
    lanes: number,
    ...pool: [...PoolArrays, weights: Floats, pooled: Floats]
  ): void;

  /** The way back from the gradient `dPooled` of `pooled`: fills the gradients. */
  additivePoolBackward(
    threads: number,
    lanes: number,
    ...pool: [
      ...PoolArrays,
      weights: Floats,
      dPooled: Floats,
      dKeys: Floats,
      dValues: Floats,
      dQueries: Floats,
      dMatrix: Floats,
    ]
  ): void;

  /**
   * A linear layer with a ReLU, then a grouped linear layer: fills `result` [N, width], and `hidden`, the values of the
   * first layer, unless that is empty. Twin: `layers/groupedMlp.ts`.
   */
  groupedMlpForward(
    threads: number,
    lanes: number,
    ...mlp: [...MlpArrays, result: Floats, ...groups: Floats[]]
  ): void;

  /** The way back from the gradient `dy` of the result: fills the gradients, those of the groups too. */
  groupedMlpBackward(
    threads: number,
    lanes: number,
    ...mlp: [
      ...MlpArrays,
      dy: Floats,
      dx: Floats,
      dWeight: Floats,
      dBias: Floats,
      ...groupGradientsThenGroups: Floats[],
    ]
  ): void;

  /**
   * Fills `logits` [P] = out . h + outBias, h = relu(x W + bias + the rows of each of `parts`), or what further layers with ReLU
   * make of that, plus an inner product of two rows, for weights that nobody differentiates. Twin: `layers/pairLogits.ts`.
   *
   * @param x [P, inputs]
   * @param weight [inputs, width]
   * @param bias [width], or empty: none
   * @param parts 8 at most
   * @param rest of each part: matrix [.., width], and which row of it each pair takes; number of further layers, 12 at most, and of
   *   each its width, weight and bias; out [last width] and outBias [1]; width of the inner product's rows, or 0: none, and
   *   two matrices as of a part
   */
  pairHead(
    threads: number,
    lanes: number,
    logits: Floats,
    inputs: number,
    width: number,
    x: Floats,
    weight: Floats,
    bias: Floats,
    parts: number,
    ...rest: (Floats | Int32Array | number)[]
  ): void;

  /**
   * Fills `attended` [P, fields * heads * size] = relu(heads + residual): self-attention of the fields of each pair, a head of field f being
   * softmax_g(scale <q_f, k_g>) v_g, for weights that nobody differentiates. Twin: `layers/fieldAttention.ts`.
   *
   * @param size of a head
   * @param residual 1: there is one; or 0
   * @param rest `fields` of each side, of each field its queries, keys, values and residuals [R, fields * 4 * heads * size], or
   *   3, and the row that each pair takes [P]; then `attended`
   */
  attendFields(
    threads: number,
    lanes: number,
    heads: number,
    size: number,
    residual: number,
    scale: number,
    pairs: number,
    sides: number,
    ...rest: (Floats | Int32Array | number)[]
  ): void;

  /**
   * Fills `result` [P, neurons, width] = out_scale exp(sum_f weight_fk logs_f) + out_shift with logs_f = scale_f ln max(|x_f|, floor) +
   * shift_f, or `missing` for a field that is all zeros, element by element. Twin: `models/ctr/afn.ts`.
   *
   * @param width of a field
   * @param floor 2^-126 stands for less
   * @param rest `fields` of each side, their values [R, fields * width], and the row that each pair takes [P]; then `weight`
   *   [all fields, neurons], `scale`, `shift` and `missing` of fields, `out_scale` and `out_shift` of neurons, `result`
   */
  logNeurons(
    threads: number,
    lanes: number,
    width: number,
    neurons: number,
    floor: number,
    pairs: number,
    sides: number,
    ...rest: (Floats | Int32Array | number)[]
  ): void;

  /**
   * Attention of pairs over the slots of the rows that they take, for weights that nobody differentiates: fills `weights`
   * [P, slots] = softmax(out . tanh(key + guidance) + bias) and `attended` [P, width], the slots weighted by them. Twin:
   * `layers/guidedAttention.ts`.
   *
   * @param keys [R, slots, width]
   * @param values [R, slots, width]
   * @param guidance [G, width]
   * @param out [width]
   * @param bias [slots], or empty: none
   * @param row of keys and values, which each pair takes. [P]
   * @param guide row of the guidance, likewise. [P]
   */
  attendSlots(
    threads: number,
    lanes: number,
    slots: number,
    width: number,
    keys: Floats,
    values: Floats,
    guidance: Floats,
    out: Floats,
    bias: Floats,
    row: Int32Array,
    guide: Int32Array,
    weights: Floats,
    attended: Floats,
  ): void;

  /**
   * Feature-wise attention pooling: for each list of rows the values weighted by the softmax of the scores, both
   * [R, width]. Fills `pooled` [L, width]. Twin: `layers/pooling.ts`.
   */
  softmaxPoolForward(
    threads: number,
    lanes: number,
    width: number,
    scores: Floats,
    values: Floats,
    offsets: Int32Array,
    rows: Int32Array,
    pooled: Floats,
  ): void;

  /** The way back from the gradient `dPooled` of `pooled`: fills the gradients. */
  softmaxPoolBackward(
    threads: number,
    lanes: number,
    width: number,
    scores: Floats,
    values: Floats,
    offsets: Int32Array,
    rows: Int32Array,
    dPooled: Floats,
    dScores: Floats,
    dValues: Floats,
  ): void;

  /** Fills `sum` [R, width]: row i of `values` is added to row `rows[i]` of zeros. The same bits as the twin. */
  addRows(threads: number, width: number, values: Floats, sum: Floats, rows: Int32Array): void;

  /**
   * Row i of `values` is added to row `rows[i]` of `sum`, in their order; -1: to none. The same bits as the twin, in
   * `rows.ts`.
   */
  accumulateRows(width: number, rows: Int32Array, values: Floats, sum: Floats): void;

  /** y = factor x, in single precision. */
  scale(threads: number, factor: number, x: Float32Array, y: Float32Array): void;

  /** The same bits as the twin, `sumOfSquaresPortably`. */
  sumOfSquares(values: Floats): number;

  /**
   * Adam on weights [P] that have had equally many updates, from old tensors into new ones. Twin:
   * in `denseAdam.ts`.
   *
   * @param rate learningRate / (1 - beta1^t)
   * @param correction 1 / (1 - beta2^t)
   */
  adamDense(
    threads: number,
    gradient: Floats,
    weights: Floats,
    m: Floats,
    v: Floats,
    newWeights: Floats,
    newM: Floats,
    newV: Floats,
    rate: number,
    correction: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    scale: number,
  ): void;

  /**
   * Adam on distinct rows; the same bits as the twin, whatever the number of threads.
   *
   * @param updates [R], of each row; 1 is added
   * @param first 1 - beta1^t at t; a row with more updates than there are takes the last
   * @param second 1 - beta2^t, likewise
   */
  adamRows(
    threads: number,
    width: number,
    data: Float32Array,
    m: Float32Array,
    v: Float32Array,
    updates: Int32Array,
    rows: Int32Array,
    values: Float32Array,
    first: Float64Array,
    second: Float64Array,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    scale: number,
  ): void;

  /**
   * Fills `means` [L, width]: of rows of x [R, width], those of list l being `rows[offsets[l] .. offsets[l + 1] - 1]`; 0 of none. Twin:
   * `layers/pooling.ts`.
   */
  meanOfLists(
    threads: number,
    width: number,
    offsets: Int32Array,
    rows: Int32Array,
    x: Floats,
    means: Floats,
  ): void;

  /** The way back from the gradient of the means: fills that of x. */
  meanOfListsBackward(
    threads: number,
    width: number,
    offsets: Int32Array,
    rows: Int32Array,
    dx: Floats,
    dMeans: Floats,
  ): void;

  /**
   * Batch normalisation: fills `unit`, (x - mean) / deviation, and `result`; in training also the statistics of the channels, which are
   * given else. Twin: `layers/batchNorm.ts`.
   */
  batchNormForward(
    threads: number,
    ...norm: [
      ...NormArrays,
      x: Floats,
      gamma: Floats,
      beta: Floats,
      mean: Floats,
      variance: Floats,
      count: Floats,
      unit: Floats,
      result: Floats,
    ]
  ): void;

  /** The way back from the gradient `dy` of the result: fills the gradients. */
  batchNormBackward(
    threads: number,
    ...norm: [
      ...NormArrays,
      unit: Floats,
      gamma: Floats,
      variance: Floats,
      count: Floats,
      dy: Floats,
      dx: Floats,
      dGamma: Floats,
      dBeta: Floats,
    ]
  ): void;

  /**
   * Fills `pooled` [P, width]: each pair's events x, weighted by out . (z (alpha + (1 - alpha) s)) + bias with z = key + query +
   * (x * candidate) product, for weights that nobody differentiates. s is sigmoid((z - mean) / deviation), or, unless `smooth`, 1 where
   * z > 0 and 0 elsewhere. Twin: `layers/activationUnit.ts`.
   *
   * @param events [R, width]
   * @param keys [R, hidden]
   * @param candidates [N, width]
   * @param queries [N, hidden]
   * @param product [width, hidden]
   * @param smooth 1 or 0
   * @param rows of events: those of context u are `rows[offsets[u] .. offsets[u+1]-1]`
   * @param context of each pair. [P]
   * @param candidate of each pair. [P]
   */
  activationUnit(
    threads: number,
    lanes: number,
    width: number,
    hidden: number,
    events: Floats,
    keys: Floats,
    candidates: Floats,
    queries: Floats,
    product: Floats,
    smooth: number,
    mean: Floats,
    deviation: Floats,
    alpha: Floats,
    out: Floats,
    bias: Floats,
    offsets: Int32Array,
    rows: Int32Array,
    context: Int32Array,
    candidate: Int32Array,
    pooled: Floats,
  ): void;

  /**
   * Fills `y` [R, width] = z (alpha + (1 - alpha) sigmoid((z - mean) / deviation)), for weights that nobody differentiates; what belongs
   * to columns is [width]. Twin: `layers/learnedActivation.ts`.
   */
  diceForward(
    threads: number,
    width: number,
    z: Floats,
    mean: Float32Array,
    deviation: Float32Array,
    alpha: Floats,
    y: Floats,
  ): void;

  /** Layer normalisation of rows [R, width]: fills `unit`, `deviation` [R] and `result`. Twin: `layers/layerNorm.ts`. */
  layerNormForward(
    threads: number,
    width: number,
    epsilon: number,
    x: Floats,
    gamma: Floats,
    beta: Floats,
    unit: Floats,
    deviation: Floats,
    result: Floats,
  ): void;

  /** The way back from the gradient `dy` of the result: fills the gradients. */
  layerNormBackward(
    threads: number,
    width: number,
    unit: Floats,
    deviation: Floats,
    gamma: Floats,
    dy: Floats,
    dx: Floats,
    dGamma: Floats,
    dBeta: Floats,
  ): void;

  /**
   * Fills `attended` [Q, width]: attention by heads in which no position of a sequence sees a later one, for weights that nobody
   * differentiates. Sequence s is `rows[offsets[s] .. offsets[s + 1] - 1]`, query q the position `step[q]` of the sequence
   * `sequence[q]`. Twin: `layers/causalAttention.ts`.
   */
  causalAttention(
    threads: number,
    width: number,
    heads: number,
    scale: number,
    offsets: Int32Array,
    rows: Int32Array,
    sequence: Int32Array,
    step: Int32Array,
    queries: Floats,
    keys: Floats,
    values: Floats,
    attended: Floats,
  ): void;

  /**
   * y = operation(x), element by element. `hostOperations.ts` has the numbers of operations, also of the next ones.
   *
   * @param bounds of clipping, else empty
   */
  unaryOperation(threads: number, operation: number, x: Floats, y: Floats, bounds: Float32Array): void;

  /** y = operation(a, b), element by element. `layout`: of y, a and b. */
  binaryOperation(
    threads: number,
    operation: number,
    layout: Int32Array,
    a: Floats,
    b: Floats,
    y: Floats,
  ): void;

  /** The softmax of each row of x [R, width]. */
  softmax(threads: number, width: number, x: Floats, y: Floats): void;

  /** Over the axis in the middle: [outer, n, inner] -> [outer, inner] */
  reduce(
    threads: number,
    operation: number,
    outer: number,
    n: number,
    inner: number,
    x: Floats,
    y: Floats,
  ): void;

  /** Elements of x, from `xBegin` on, to those of y from `yBegin` on. `layout`: of y and x. */
  copyElements(
    threads: number,
    layout: Int32Array,
    x: Floats,
    xBegin: number,
    y: Floats,
    yBegin: number,
  ): void;

  /** Products of matrices, `batch` of them: [batch, m, depth] x [batch, depth, n] -> [batch, m, n]; 1: that one is transposed. */
  matMul(
    threads: number,
    lanes: number,
    batch: number,
    m: number,
    n: number,
    depth: number,
    transposeA: 0 | 1,
    transposeB: 0 | 1,
    a: Floats,
    b: Floats,
    y: Floats,
  ): void;

  /**
   * Adds the operation `MvrecTensorMemory` to TensorFlow, which is loaded: one float input, no output. Nothing happens
   * when it is there.
   *
   * @returns whether this TensorFlow takes it
   */
  openTensorMemory(): boolean;

  /** The memory of the operation's last input, for as long as that tensor exists. To be called once after each. */
  seenTensorMemory(): TensorMemory;

  /** Asks the system for large pages under an array that nothing was written to yet, where it has them. */
  useLargePages(values: Float32Array): void;
}

export interface Kernels extends NativeFunctions {
  /** Threads to call them with: those of the engine. Results are a function of it and of the processor. */
  readonly threads: number;
}
