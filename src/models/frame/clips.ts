import { didYouMean, UserError } from '../../base/index.js';
import type { PreparedData } from '../../data/index.js';
import { type ClipVectors, cutInto } from '../clips.js';

/**
 * Cuts a vector feature of items into N_c clips. Where the feature has more, neighbours are averaged; one without clips is
 * the vector of the whole video.
 *
 * @throws UserError when there is no such feature, or N_c does not divide its clips
 */
export function clipVectors(
  data: PreparedData,
  { feature: name, clips }: { readonly feature: string; readonly clips: number },
): ClipVectors {
  const { vectors } = data.store.items;
  const feature = vectors[name];
  if (!feature) {
    throw new UserError(
      `${data.store.name} has no item vectors ${name} (model.feature), which clips are cut from`,
      didYouMean(name, [...Object.keys(vectors), 'id'], 'Item vectors'),
    );
  }
  const has = feature.clips ?? 1;
  if (has % clips !== 0) {
    const divisors = Array.from({ length: has }, (_, i) => i + 1).filter((count) => has % count === 0);
    throw new UserError(
      `model.clips is ${clips}, but ${name} of ${data.store.name} has ${has === 1 ? 'no clips' : `${has} clips`} an item`,
      has === 1
        ? "Use model.clips: 1, vectors of clips (`clips` of a vector in the data set's card), or model.feature: id."
        : `Use model.clips: ${divisors.join(', ')}.`,
    );
  }
  return cutInto(feature, clips);
}
