import { UserError } from '../../base/index.js';
import type { PreparedData } from '../../data/index.js';
import { rowOfEntries, type SparseMatrix } from '../../layers/index.js';
import type { FrameOptions } from '../options.js';

/** Edges between users and clips, of the train part alone: R^p and R^n, normalised. Clip c of item v is column v N_c + c. */
export interface ClipGraph {
  /** [U, C] */
  readonly positive: SparseMatrix;
  /** [U, C] */
  readonly negative: SparseMatrix;
}

type Options = Pick<FrameOptions, 'clips' | 'positiveEdges' | 'negativeEdges' | 'edgeWeights' | 'graphNorm'>;

/**
 * @param seen clips of its video that each row's user saw to the end, -1: unknown, which makes no edges. [rows]
 * @throws UserError when no train row tells how much was watched
 */
export function clipGraph(data: PreparedData, seen: Int32Array, options: Options): ClipGraph {
  const { train } = data.split;
  if (train.every((row) => seen[row]! < 0)) {
    throw new UserError(
      `no train row of ${data.store.name} tells how much was watched, so there is no graph`,
      'Look at the columns that model.playingTime and model.duration (or model.watchRatio) name: durations have to be above 0.',
    );
  }
  const { clips: count, positiveEdges, negativeEdges } = options;
  const whole = positiveEdges === 'watchedVideos';
  const positive = edgesOf(data, options, (row, add) => {
    const liked = whole && seen[row]! < count ? 0 : seen[row]!;
    for (let clip = 0; clip < liked; clip++) add(clip, 1);
  });
  const negative = edgesOf(data, options, (row, add) => {
    const skipped = seen[row]!;
    if (skipped < 0 || skipped === count) return;
    // The released code adds the edge once for each clip seen before, so never where the first was skipped.
    const weight = negativeEdges === 'once' ? 1 : skipped;
    if (weight > 0) add(skipped, weight);
  });
  return { positive: normalised(positive, options), negative: normalised(negative, options) };
}

/**
 * Visits the train rows, which are in the order of their users; edges of several rows between the same two become one.
 *
 * @param visit the edges of a row, the same each time
 */
function edgesOf(
  { store, split: { train } }: PreparedData,
  { clips, edgeWeights }: Options,
  visit: (row: number, add: (clip: number, weight: number) => void) => void,
): SparseMatrix {
  const { user, item } = store.interactions;
  const offsets = new Int32Array(store.userIds.length + 1);
  let most = 0;
  for (const row of train) visit(row, () => most++);
  const column = new Int32Array(most);
  const value = new Float32Array(most);
  let edges = 0;
  let at = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    const own = new Map<number, number>();
    for (; at < train.length && user[train[at]!] === u; at++) {
      const row = train[at]!;
      visit(row, (clip, weight) => {
        const edge = item[row]! * clips + clip;
        const before = own.get(edge) ?? 0;
        own.set(edge, edgeWeights === 'count' ? before + weight : Math.max(before, weight));
      });
    }
    for (const [edge, weight] of [...own].sort(([a], [b]) => a - b)) {
      column[edges] = edge;
      value[edges++] = weight;
    }
    offsets[u + 1] = edges;
  }
  if (at < train.length) throw new RangeError('train rows are not in the order of their users');
  const columns = store.itemIds.length * clips;
  return { columns, offsets, column: column.slice(0, edges), value: value.slice(0, edges) };
}

/** `row`: D_u^-1 R; `symmetric`: D_u^-1/2 R D_c^-1/2, D being sums of weights. */
function normalised(matrix: SparseMatrix, { graphNorm }: Options): SparseMatrix {
  const { columns, offsets, column, value } = matrix;
  const row = rowOfEntries(matrix);
  const ofRow = new Float64Array(offsets.length - 1);
  const ofColumn = new Float64Array(columns);
  value.forEach((weight, k) => {
    ofRow[row[k]!]! += weight;
    ofColumn[column[k]!]! += weight;
  });
  const scaled = value.map((weight, k) => {
    const byUser = ofRow[row[k]!]!;
    return weight / (graphNorm === 'row' ? byUser : Math.sqrt(byUser * ofColumn[column[k]!]!));
  });
  return { ...matrix, value: scaled };
}
