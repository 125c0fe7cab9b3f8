import { range } from '../../base/index.js';
import type { ContextHistory } from '../../data/index.js';
import { type BlockContributors, ListBuilder, type RowLists } from '../../layers/index.js';
import type { ThacilOptions } from '../options.js';
import type { ContextBatch } from '../types.js';

/** How the histories of a batch are cut into R blocks, each of which is pooled and attends once. */
export interface ThacilBlocks {
  /** Items of each block, positions in the batch's `items`. R lists */
  readonly items: RowLists;
  /** Blocks of each context, oldest first. U lists */
  readonly ofContext: RowLists;
  /** What each block receives from; null: nothing. R lists */
  readonly contributors: BlockContributors | null;
}

type Options = Pick<ThacilOptions, 'blockSize' | 'interAttention' | 'firstBlock' | 'candidateAttention'>;

/**
 * Whether a block is the same for all histories that begin alike: it looks at earlier blocks only, and no mask of
 * dropout is drawn for each history.
 */
export function sharesPrefixes({
  interAttention,
  firstBlock,
  dropout,
}: Pick<ThacilOptions, 'interAttention' | 'firstBlock' | 'dropout'>): boolean {
  if (dropout !== 'none') return false;
  return interAttention === 'none' || (interAttention === 'forward' && firstBlock === 'zero');
}

/**
 * Full blocks come first and belong to their sequence; after them every context has its own last one when it is not
 * full. Blocks without an item are left out, as the masks of the released graph do; but an empty history keeps one,
 * which candidates attend to: all of its blocks are alike.
 */
export function thacilBlocks({ histories }: ContextBatch, options: Options): ThacilBlocks {
  const { blockSize: k, candidateAttention } = options;
  const [{ sequences, ...contexts }] = histories as [ContextHistory];
  const { item, width } = sequences;
  const items = new ListBuilder();
  const first = Int32Array.from(sequences.length, (length, s) => {
    const start = items.count;
    for (let end = k; end <= length; end += k) {
      items.add(item.subarray(s * width + end - k, s * width + end));
    }
    return start;
  });
  const ofContext = new ListBuilder();
  contexts.length.forEach((length, c) => {
    const s = contexts.sequence[c]!;
    const full = Math.floor(length / k);
    const own = length % k > 0 || (length === 0 && candidateAttention) ? [items.count] : [];
    ofContext.add([...range(first[s]!, first[s]! + full), ...own]);
    if (own.length > 0) items.add(item.subarray(s * width + full * k, s * width + length));
  });
  const blocks = { items: items.done(), ofContext: ofContext.done() };
  return { ...blocks, contributors: contributorsOf(blocks, options, width / k) };
}

/**
 * Eq. 7 and padding. The first block has no block before it, so its softmax runs over masked scores only and is
 * uniform. `zero` lets nothing of that count; `uniform` (released graph) gives it 1/m of every block of its history,
 * later ones and itself among them.
 */
function contributorsOf(
  { items, ofContext }: Pick<ThacilBlocks, 'items' | 'ofContext'>,
  { interAttention, firstBlock }: Options,
  m: number,
): BlockContributors | null {
  if (interAttention === 'none') return null;
  const count = items.offsets.length - 1;
  const attended: Int32Array[] = Array(count).fill(new Int32Array());
  const summed: Int32Array[] = Array(count).fill(new Int32Array());
  for (let c = 0; c + 1 < ofContext.offsets.length; c++) {
    const blocks = ofContext.rows.subarray(ofContext.offsets[c], ofContext.offsets[c + 1]);
    if (items.offsets[blocks[0]!] === items.offsets[blocks[0]! + 1]) continue; // an empty history
    blocks.forEach((block, i) => {
      attended[block] = interAttention === 'forward' ? blocks.subarray(0, i) : blocks;
      if (i === 0) summed[block] = blocks;
    });
  }
  const uniform = interAttention === 'forward' && firstBlock === 'uniform';
  return {
    attended: ListBuilder.of(attended),
    summed: uniform ? { lists: ListBuilder.of(summed), share: 1 / m } : null,
  };
}
