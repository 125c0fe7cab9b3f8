import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTensorBundle, UserError } from '../../base/index.js';
import type { NamedArrays } from '../../engine/index.js';
import type { ThacilOptions } from '../options.js';

const temporal = 'THACIL/temporal_hierarchical_attention';
const prediction = 'THACIL/micro_video_click_through_prediction';

/** Our name of each released variable, but for those that bear the name of a feature. */
const names: readonly (readonly [ours: string, theirs: string])[] = [
  ...additive('categoryLevel', `${temporal}/intra_attention/cate_attention`),
  ...additive('itemLevel', `${temporal}/intra_attention/item_attention`),
  // The released code lets q multiply the contributing block and k the receiving one, the reverse of Eq. 6.
  ['blocks.query.weight', `${temporal}/inter_attention/w_k`],
  ['blocks.key.weight', `${temporal}/inter_attention/w_q`],
  ['blocks.value.weight', `${temporal}/inter_attention/w_v`],
  ['blocks.out', `${temporal}/inter_attention/w_p`],
  ['blocks.bias', `${temporal}/inter_attention/b`],
  ['norm.gamma', `${temporal}/feature_fusion/ln/gamma`],
  ['norm.beta', `${temporal}/feature_fusion/ln/beta`],
  ...additive('candidate', `${prediction}/vanilla_attention`),
  ['head.hidden.weight', `${prediction}/w1`],
  ['head.hidden.bias', `${prediction}/b1`],
  ['head.out.weight', `${prediction}/w2`],
  ['head.out.bias', `${prediction}/b2`],
];

function additive(ours: string, theirs: string): [string, string][] {
  return [
    [`${ours}.x.weight`, `${theirs}/x_w1`],
    [`${ours}.x.bias`, `${theirs}/x_b1`],
    [`${ours}.q.weight`, `${theirs}/q_w1`],
    [`${ours}.q.bias`, `${theirs}/q_b1`],
    [`${ours}.out.weight`, `${theirs}/w2`],
    [`${ours}.out.bias`, `${theirs}/b2`],
  ];
}

/**
 * The weights that THACIL's authors released (a TensorFlow checkpoint of 31 variables), under our names, for
 * `loadWeights` (`fromArrays`). The model must have been built with the paper's sizes and `headWeights: 'shared'`.
 *
 * @param path of the checkpoint: its folder, or the name of its files without `.index`
 * @param options of the model that the weights are for: its first features take the embeddings
 * @throws UserError when the checkpoint is missing, damaged, or of another model
 */
export async function loadReleasedThacil(
  path: string,
  options: Pick<ThacilOptions, 'visual' | 'category'>,
): Promise<NamedArrays> {
  const prefix = (await checkpointPrefix(path)) ?? path;
  const { tensors } = await readTensorBundle(prefix);
  const wanted = [
    ...names,
    [`visual.${options.visual[0]}.weight`, 'THACIL/item_embedding/w1'],
    [`category.${options.category[0]}.embedding`, 'category_embedding'],
  ] as const;
  const arrays: NamedArrays = new Map();
  for (const [ours, theirs] of wanted) {
    const tensor = tensors.get(theirs);
    if (!(tensor?.data instanceof Float32Array)) {
      throw new UserError(`${prefix} has no variable ${theirs}`, "It is not THACIL's released checkpoint.");
    }
    // Ours count the matrices of heads, and there is one for all.
    const shape = /^blocks\.(out|bias)$/.test(ours) ? [1, ...tensor.shape] : tensor.shape;
    arrays.set(ours, { shape, data: tensor.data });
  }
  return arrays;
}

/** The common beginning of a TensorFlow checkpoint's files, of which the path is that or their folder; null: there is none. */
export async function checkpointPrefix(path: string): Promise<string | null> {
  if (existsSync(`${path}.index`)) return path;
  const names = await readdir(path).catch(() => []);
  const [index, ...others] = names.filter((name) => name.endsWith('.index'));
  return index !== undefined && others.length === 0 ? join(path, index.slice(0, -'.index'.length)) : null;
}
