/** NeuMF begun from a GMF and an MLP: He et al., Neural Collaborative Filtering, WWW 2017, section 3.4.1. */
import { type ArraySource, loadWeights, type NamedArrays, type ParameterSet } from '../engine/index.js';
import type { NcfOptions } from './options.js';

/**
 * Gives NeuMF the vectors and layers of both, and over them their output units side by side (Eq. 13), h = [alpha h_GMF ;
 * (1 - alpha) h_MLP], with a bias mixed alike, as in the authors' code. So its first logit is theirs, mixed by alpha.
 *
 * @param sources the trained weights of variants GMF and MLP
 */
export function joinPretrained(
  parameters: ParameterSet,
  sources: Readonly<Record<'gmf' | 'mlp', ArraySource>>,
  { factors, layers }: Pick<NcfOptions, 'factors' | 'layers'>,
  alpha: number,
): Promise<void> {
  const parts = [
    { name: 'gmf', width: factors, share: alpha },
    { name: 'mlp', width: layers.at(-1)!, share: 1 - alpha },
  ] as const;
  return loadWeights(parameters, async (into) => {
    const [weight, bias] = ['out.weight', 'out.bias'].map((name) => into.get(name)!.data) as [
      Float32Array,
      Float32Array,
    ];
    bias.fill(0);
    let at = 0;
    for (const { name, width, share } of parts) {
      const out = { weight: new Float32Array(width), bias: new Float32Array(1) };
      const own: NamedArrays = new Map([...into].filter(([weight]) => weight.startsWith(`${name}.`)));
      own.set('out.weight', { shape: [width, 1], data: out.weight });
      own.set('out.bias', { shape: [1], data: out.bias });
      await sources[name](own);
      weight.set(
        out.weight.map((value) => share * value),
        at,
      );
      bias[0]! += share * out.bias[0]!;
      at += width;
    }
  });
}
