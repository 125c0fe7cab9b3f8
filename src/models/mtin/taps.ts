import * as tf from '@tensorflow/tfjs';
import { gatherRows, type Tap } from '../../engine/index.js';
import type { EncodedViews } from './polarity.js';
import type { MtinSettings, Polarity } from './settings.js';
import type { Views } from './views.js';

/** What is handed to taps for each polarity, and what it is. U contexts, l the longest history, s groups, P pairs. */
export const tapTexts = {
  scores: 'Matching scores p of Eq. 4, after scoreSquash; 0 in the padding. [U, l, s]',
  assignment: 'Group of each item by Algorithm 1; -1: none, or padding. [U, l]',
  groups: 'Group representations r of Eq. 7. [U, s, d]',
  attention:
    'w of Eq. 8, a row a memory vector, a column a group: what Figure 6 draws. Not of one group. [U, s, s]',
  mask: 'What groups are multiplied with in Eq. 10: 0 or 1, or (interestMask: weighted) 0 or w. Not of one group. [U, s, s]',
  interests: 'Group-level interests h of Eq. 10. [U, s, d]',
  memory: "The memory after its update, c'. [U, s, d]",
  logit: "The polarity's logit, before it is weighted. [P]",
} as const;

/** By name, of the polarities that a model has. */
export function tapsOf({ polarities, routed, groups }: MtinSettings): Record<string, string> {
  const left = new Set([...(routed ? [] : ['scores']), ...(groups > 1 ? [] : ['attention', 'mask'])]);
  const texts = Object.entries(tapTexts).filter(([name]) => !left.has(name));
  return Object.fromEntries(
    polarities.flatMap((polarity) => texts.map(([name, text]) => [`${polarity}.${name}`, text] as const)),
  );
}

/** Hands out what was computed of views as what it is of each context. */
export function tapViews(
  tap: Tap,
  polarity: Polarity,
  encoded: EncodedViews,
  views: Views,
  length: number,
): void {
  const ofContexts = (values: tf.Tensor): tf.Tensor => {
    const [count, ...shape] = values.shape as [number, ...number[]];
    const rows = gatherRows(values.reshape<tf.Tensor2D>([count, -1]), views.ofContext);
    return rows.reshape([views.ofContext.length, ...shape]);
  };
  const { scores, assignment, ...others } = encoded;
  const { contexts, place } = placesOfContexts(views, length);
  const inPlaces = (values: tf.Tensor2D, row: Int32Array, padding: number): tf.Tensor => {
    const width = values.shape[1];
    const filled = tf.concat([values, tf.fill<tf.Rank.R2>([1, width], padding)], 0);
    const last = values.shape[0];
    return gatherRows(
      filled,
      place.map((at) => (at < 0 ? last : row[at]!)),
    ).reshape([contexts, length, width]);
  };
  if (scores) tap(`${polarity}.scores`, inPlaces(scores, views.couple, 0));
  const places = assignment.reshape<tf.Tensor2D>([-1, 1]);
  const own = Int32Array.from(views.item.keys());
  tap(`${polarity}.assignment`, inPlaces(places, own, -1).reshape([contexts, length]));
  for (const [name, values] of Object.entries(others)) tap(`${polarity}.${name}`, ofContexts(values));
}

/** The place of each item of each context's history, -1 in the padding. [U l] */
function placesOfContexts({ ofContext, offsets }: Views, length: number) {
  const place = new Int32Array(ofContext.length * length).fill(-1);
  ofContext.forEach((view, c) => {
    const start = offsets[view]!;
    for (let t = 0; t < offsets[view + 1]! - start; t++) place[c * length + t] = start + t;
  });
  return { contexts: ofContext.length, place };
}
