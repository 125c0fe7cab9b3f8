import { type Linear, linearPart, type PairRows, pairLogits } from '../layers/index.js';
import type { NcfContexts, NcfItems } from './ncfNative.js';
import type { Encoder } from './types.js';

/**
 * For weights that stay: the first hidden layer is linear in the vectors of user and item, so that what either brings to it is
 * worked out once, not pair by pair; likewise an item's GMF vector times the weights of the output.
 *
 * @param layers the hidden ones, one at least
 * @param out of the GMF vectors' product, if there is any, and the last hidden layer
 */
export function ncfForEvaluation(
  model: Encoder<NcfItems, NcfContexts>,
  [first, ...layers]: readonly [Linear, ...Linear[]],
  out: Linear,
): Encoder<NcfItems, NcfContexts> {
  const half = first.weight.shape[0]! / 2;
  const ofUser = linearPart(first, 0, half, true);
  const ofItem = linearPart(first, half, half, false);
  const last = (layers.at(-1) ?? first).weight.shape[1]!;
  const factors = out.weight.shape[0]! - last;
  const head = { layers, out: linearPart(out, factors, last, true) };
  const ofProduct = linearPart(out, 0, factors, false);
  return {
    keepItems: true,
    encodeItems: (items, mode) => {
      const { gmfItems, mlpItems } = model.encodeItems(items, mode);
      const weighted = gmfItems?.mul<typeof gmfItems>(ofProduct.weight.value().reshape([factors]));
      return { mlpItems: ofItem.apply(mlpItems!), ...(weighted && { gmfItems: weighted }) };
    },
    encodeContexts: (batch, items, mode) => {
      const { gmfUsers, mlpUsers } = model.encodeContexts(batch, items, mode);
      return { mlpUsers: ofUser.apply(mlpUsers!), ...(gmfUsers && { gmfUsers }) };
    },
    logits: ({ gmfUsers, mlpUsers }, { gmfItems, mlpItems }, { context, item }) => {
      const ofUsers = (values: PairRows['values']) => ({ values, row: context });
      const ofItems = (values: PairRows['values']) => ({ values, row: item });
      const product = gmfUsers && gmfItems ? ([ofUsers(gmfUsers), ofItems(gmfItems)] as const) : null;
      return pairLogits(head, null, [ofUsers(mlpUsers!), ofItems(mlpItems!)], product);
    },
  };
}
