import type * as tf from '@tensorflow/tfjs';
import { gatherBlocks, type ParameterSet } from '../../engine/index.js';
import {
  additiveAttention,
  linear,
  lstm,
  meanOfLists,
  prefixMask,
  type RowLists,
} from '../../layers/index.js';
import { longestOf, placesOfContexts, rowsOfSequences } from '../histories.js';
import type { LstmOptions } from '../options.js';
import type { EncoderSpec, InterestEncoder } from './encoder.js';

type Options = Pick<LstmOptions, 'units' | 'pool' | 'interestSize' | 'historyLength'>;

/**
 * An LSTM reads the history; the last state, the mean of the states, or what the candidate attends to is u. The states of
 * a sequence serve all histories that are its beginnings. Weights `name.lstm`, `name.attention` and `name.interest`.
 */
export function lstmEncoder(
  parameters: ParameterSet,
  { name, width }: EncoderSpec,
  { units, pool, interestSize, historyLength }: Options,
): InterestEncoder {
  const cell = lstm(parameters, `${name}.lstm`, { inputs: width, units });
  const attention =
    pool === 'attention'
      ? additiveAttention(parameters, `${name}.attention`, { x: units, q: width, keep: 1 })
      : null;
  const outer =
    interestSize > 0
      ? linear(parameters, `${name}.interest`, { inputs: units, outputs: interestSize, bias: true })
      : null;
  const read = (pooled: tf.Tensor2D) => (outer ? outer.apply(pooled) : pooled);
  return {
    width: outer ? interestSize : units,
    perContext: !attention,
    prefixes: 'shared',
    matrices: [
      ...cell.weights,
      ...(attention ? [attention.x, attention.q, attention.out].map(({ weight }) => weight) : []),
      ...(outer ? [outer.weight] : []),
    ],
    taps: {
      [`${name}.states`]: `h of the ${name} history, 0 past its end. [U, T, H]`,
      ...(attention && {
        [`${name}.attention`]: `Weights of each candidate over the ${name} history. [P, T, H]`,
      }),
    },
    encode: (x, history, mode) => {
      const steps = longestOf(history);
      const states = cell.apply(rowsOfSequences(x, history, steps), history.sequences.length);
      if (mode.tap) {
        const inside = prefixMask(history.length, steps).expandDims(2);
        mode.tap(`${name}.states`, gatherBlocks(states, history.sequence).mul(inside));
      }
      const rows = states.reshape<tf.Tensor2D>([-1, units]);
      const ofContext = placesOfContexts(history, steps);
      if (attention) return { rows, ofContext };
      return { rows: read(meanOfLists(rows, pool === 'last' ? lastOf(ofContext) : ofContext)) };
    },
    interest: ({ rows, ofContext }, x, { context, item }, mode) => {
      if (!attention || !ofContext) return { vectors: rows, row: context };
      const queries = attention.q.apply(x);
      const pairs = { lists: ofContext, of: context, query: item };
      mode.tap?.(`${name}.attention`, attention.weights(rows, queries, pairs, historyLength));
      return { vectors: read(attention.attend(rows, queries, pairs, mode)), row: null };
    },
  };
}

/** The last row of each list, none of an empty one. */
function lastOf({ offsets, rows }: RowLists): RowLists {
  const starts = new Int32Array(offsets.length);
  const last: number[] = [];
  for (let list = 0; list + 1 < offsets.length; list++) {
    if (offsets[list + 1]! > offsets[list]!) last.push(rows[offsets[list + 1]! - 1]!);
    starts[list + 1] = last.length;
  }
  return { offsets: starts, rows: Int32Array.from(last) };
}
