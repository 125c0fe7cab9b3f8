import { UserError } from '../../base/index.js';
import type { PreparedData, Store } from '../../data/index.js';
import { type ClipVectors, cutInto } from '../clips.js';
import { missingFeatures } from '../missing.js';

/**
 * Cuts a vector feature of items into N_c clips. Where the feature has more, neighbours are averaged, where it has fewer, they look
 * alike; one without clips is the vector of the whole video.
 *
 * @throws UserError when there is no such feature, or N_c is neither a divisor nor a multiple of its clips
 */
export function clipVectors(
  data: PreparedData,
  { feature: name, clips }: { readonly feature: string; readonly clips: number },
): ClipVectors {
  const feature = data.store.items.vectors[name];
  if (!feature) throw missingClips({ feature: name }, data.store)!;
  const has = feature.clips ?? 1;
  const fits = has % clips === 0 || (has > 1 && clips % has === 0);
  if (!fits) {
    const divisors = Array.from({ length: has }, (_, i) => i + 1).filter((count) => has % count === 0);
    throw new UserError(
      `model.clips is ${clips}, but ${name} of ${data.store.name} has ${has === 1 ? 'no clips' : `${has} clips`} an item`,
      has === 1
        ? "Use model.clips: 1, vectors of clips (`clips` of a vector in the data set's card), or model.feature: id."
        : `Use model.clips: ${divisors.join(', ')}, or a multiple of ${has}.`,
    );
  }
  return cutInto(feature, clips);
}

/** An error about vectors that clips are to be cut from and the data set does not have; null: none. */
export function missingClips({ feature }: { readonly feature: string }, store: Store): UserError | null {
  const names = feature === 'id' ? [] : [feature];
  const instead = () => ['model.feature: id'];
  return missingFeatures([{ noun: 'item vector', option: 'model.feature', names }], store, instead);
}
