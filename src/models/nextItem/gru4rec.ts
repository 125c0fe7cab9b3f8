/** The recurrent layers of GRU4Rec: Hidasi et al., Session-based Recommendations with Recurrent Neural Networks, ICLR 2016. */
import { dropout, gatherRows, type ParameterSet } from '../../engine/index.js';
import { gru, linear, packedRows } from '../../layers/index.js';
import type { Gru4recOptions } from '../options.js';
import type { SequenceEncoder } from './sequenceEncoder.js';

/** Weights `gru.1`, `gru.2`, .., and `projection` where there is one. */
export function recurrentEncoder(parameters: ParameterSet, options: Gru4recOptions): SequenceEncoder {
  const { factors, units, layers, reset, bias, projection, inputDropout, dropout: rate } = options;
  const cells = Array.from({ length: layers }, (_, l) =>
    gru(parameters, `gru.${l + 1}`, { inputs: l === 0 ? factors : units, units, reset, bias }),
  );
  const map = projection
    ? linear(parameters, 'projection', { inputs: units, outputs: factors, bias: true })
    : null;
  return {
    matrices: [...cells.flatMap(({ matrices }) => matrices), ...(map ? [map.weight] : [])],
    width: map ? factors : units,
    states: (x, packed, asked, mode) => {
      const given = dropout(x, 1 - inputDropout, mode, 'embedding');
      const last = cells.reduce(
        (h, cell, l) => dropout(cell.apply(h, packed), 1 - rate, mode, `gru.${l + 1}`),
        given,
      );
      const states = gatherRows(last, packedRows(packed, asked));
      return map ? map.apply(states) : states;
    },
  };
}
