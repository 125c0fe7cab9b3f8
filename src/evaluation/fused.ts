import type { CatalogueLists } from '../data/index.js';
import { emptyPanels, fillPanels, type Kernels, takeValues } from '../engine/index.js';
import type { CatalogueRanker } from './catalogue.js';
import type { CatalogueVectors } from './vectors.js';

/** Items whose vectors come from the engine at a time. */
const ITEMS = 65_536;
/** Scores of one call of a kernel: a fraction of a second, so that signals are heard between calls. */
const SCORES = 2 ** 28;
const LEAST_USERS = 64;

/**
 * Ranks by the kernels, which compare scores as they come out of the product, so that no score is ever written to
 * memory. Holds the vectors of the whole catalogue on the host.
 *
 * @param depth as `CatalogueOptions` has it
 */
export async function fusedProducts(
  { threads, rankTargets, topItems }: Kernels,
  vectors: CatalogueVectors,
  lists: CatalogueLists,
  items: number,
  depth = 0,
): Promise<CatalogueRanker> {
  const { panels, width } = await packPanels(vectors, items);
  const part = (offsets: Int32Array, positions: Int32Array, from: number, to: number) => {
    const start = offsets[from]!;
    return [
      offsets.slice(from, to + 1).map((offset) => offset - start),
      positions.subarray(start, offsets[to]!),
    ] as const;
  };
  const { seenOffsets, seen, targetOffsets, targets } = lists;
  return {
    step: Math.max(LEAST_USERS, Math.floor(SCORES / items)),
    rank: async (from, to, { above, tied, score }) => {
      const begin = targetOffsets[from]!;
      const end = targetOffsets[to]!;
      rankTargets(
        threads,
        width,
        items,
        panels,
        await vectors.users(from, to),
        ...part(seenOffsets, seen, from, to),
        depth,
        ...part(targetOffsets, targets, from, to),
        above.subarray(begin, end),
        tied.subarray(begin, end),
        score.subarray(begin, end),
      );
    },
    top: async (from, to, { length, item, score }) => {
      topItems(
        threads,
        width,
        items,
        panels,
        await vectors.users(from, to),
        ...part(seenOffsets, seen, from, to),
        length,
        item.subarray(0, (to - from) * length),
        score.subarray(0, (to - from) * length),
      );
    },
    dispose: () => {},
  };
}

async function packPanels(
  vectors: CatalogueVectors,
  items: number,
): Promise<{ panels: Float32Array; width: number }> {
  let panels: Float32Array = new Float32Array(0);
  let width = 0;
  for (let from = 0; from < items; from += ITEMS) {
    const to = Math.min(items, from + ITEMS);
    const [rows] = await takeValues([vectors.items(from, to)]);
    width = rows!.length / (to - from);
    if (from === 0) panels = emptyPanels(items, width);
    fillPanels(panels, rows!, width, from);
  }
  return { panels, width };
}
