// One step of an LSTM cell for several sequences at once, in registers: a product that ends in the gates, and back.
#ifndef MVREC_CELL_H_
#define MVREC_CELL_H_

#include "products.h"

namespace mvrec {

// Where one sequence is at one step. Gates i, f, g, o: [4 units]; `before` is the memory that the cell goes on from,
// null at the beginning; then there is no `state` before either.
struct CellRow {
  const float* x;
  const float* state;
  const float* before;
  float* gates;
  float* memory;
  float* h;
};

struct CellWeights {
  const Panels* input;
  const Panels* state;
  const float* bias;
  size_t units;
  // Whether h is added to, as the starred cell does, or written.
  bool adds;
};

// The units of one panel for R rows.
template <int L, int R>
MVREC_INLINE void ForwardTile(const CellWeights& weights, const CellRow* rows, size_t panel) {
  const size_t units = weights.units;
  const size_t unit = panel * L;
  const size_t left = units - unit;
  Tile<L, R> tile;
  for (int v = 0; v < kVectors; v++) {
    const Floats<L> bias = Load<L>(weights.bias + v * units + unit, left);
    for (int r = 0; r < R; r++) tile.at[r][v] = bias;
  }
  const float* factors[R];
  for (int r = 0; r < R; r++) factors[r] = rows[r].x;
  MultiplyAdd<L, R>(tile, factors, (*weights.input)[panel], weights.input->rows);
  if (rows[0].state) {
    for (int r = 0; r < R; r++) factors[r] = rows[r].state;
    MultiplyAdd<L, R>(tile, factors, (*weights.state)[panel], units);
  }
  for (int r = 0; r < R; r++) {
    const CellRow& row = rows[r];
    Floats<L>* gates = tile.at[r];
    gates[0] = Sigmoid<L>(gates[0]);
    gates[1] = Sigmoid<L>(gates[1]);
    gates[2] = Tanh<L>(gates[2]);
    gates[3] = Sigmoid<L>(gates[3]);
    for (int v = 0; v < kVectors; v++) Store<L>(row.gates + v * units + unit, gates[v], left);
    gates[0] *= gates[2];
    if (row.before) gates[0] += gates[1] * Load<L>(row.before + unit, left);
    Store<L>(row.memory + unit, gates[0], left);
  }
  // On its own: so the rows' chains of operations run side by side, where behind a row's other gates each would wait.
  for (int r = 0; r < R; r++) {
    const Floats<L> h = tile.at[r][3] * Tanh<L>(tile.at[r][0]);
    float* to = rows[r].h + unit;
    Store<L>(to, weights.adds ? Load<L>(to, left) + h : h, left);
  }
}

template <int L>
MVREC_INLINE void ForwardCells(const CellWeights& weights, const CellRow* rows, size_t count) {
  for (size_t panel = 0; panel < weights.input->count; panel++) {
    InGroups<L>(count, [&](size_t first, auto group) __attribute__((always_inline)) {
      ForwardTile<L, decltype(group)::value>(weights, rows + first, panel);
    });
  }
}

// Writes the gradients of one row's gates before activation, and passes on what its memory came from. `dh` and
// `d_memory` are the gradients of state and memory, `d_before` that of `row.before`, which is added to.
template <int L>
MVREC_INLINE void BackwardCell(size_t units, const CellRow& row, const float* dh, const float* d_memory,
                               float* d_before, float* d_gates) {
  for (size_t unit = 0; unit < units; unit += L) {
    const size_t left = units - unit;
    const float* gates = row.gates + unit;
    const Floats<L> i = Load<L>(gates, left), f = Load<L>(gates + units, left);
    const Floats<L> g = Load<L>(gates + 2 * units, left), o = Load<L>(gates + 3 * units, left);
    const Floats<L> d_state = Load<L>(dh + unit, left);
    const Floats<L> t = Tanh<L>(Load<L>(row.memory + unit, left));
    const Floats<L> dc = Load<L>(d_memory + unit, left) + d_state * o * (1.0f - t * t);
    Floats<L> df = {};
    if (row.before) {
      df = dc * Load<L>(row.before + unit, left) * f * (1.0f - f);
      AddTo<L>(d_before + unit, dc * f, left);
    }
    float* to = d_gates + unit;
    Store<L>(to, dc * g * i * (1.0f - i), left);
    Store<L>(to + units, df, left);
    Store<L>(to + 2 * units, dc * i * (1.0f - g * g), left);
    Store<L>(to + 3 * units, d_state * t * o * (1.0f - o), left);
  }
}

}  // namespace mvrec

#endif  // MVREC_CELL_H_
