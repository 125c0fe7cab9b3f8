// DIN's local activation unit with one hidden layer, outside training: an event's weight is
// out . (z gate) + bias with z = key + query + (event * candidate) W, and gate between alpha and 1.
#ifndef MVREC_UNIT_H_
#define MVREC_UNIT_H_

#include <algorithm>

#include "poolQuery.h"
#include "products.h"

namespace mvrec {

struct UnitInput {
  size_t width;   // of events and candidates
  size_t hidden;  // of keys and queries
  const float* events;
  const float* keys;
  const Panels* product;  // W, [width, hidden]
  // out . (z gate) = linear . z + curved . (z s), where s is sigmoid(slope z + shift), or 1 for z > 0 and 0 for others.
  bool smooth;
  const float* linear;
  const float* curved;
  const float* slope;
  const float* shift;
  float bias;
};

// What the columns c.. of z add to the weight; a vector of which `lanes` columns are there.
template <int L>
MVREC_INLINE Floats<L> UnitPart(const UnitInput& in, Floats<L> z, size_t c, size_t lanes) {
  const Floats<L> linear = Load<L>(in.linear + c, lanes);
  const Floats<L> curved = Load<L>(in.curved + c, lanes);
  if (!in.smooth) return z * (linear + (z > 0.0f ? curved : Floats<L>{}));
  const Floats<L> u = z * Load<L>(in.slope + c, lanes) + Load<L>(in.shift + c, lanes);
  return z * (linear + curved * Sigmoid<L>(u));
}

// pooled = the events of the list, weighted: [width]. `scratch` has room for kRows<L> rows of `width`.
template <int L>
MVREC_INLINE void PoolUnit(const UnitInput& in, const PoolRows& list, const float* candidate, const float* query,
                           float* scratch, float* pooled) {
  for (size_t c = 0; c < in.width; c++) pooled[c] = 0;
  InGroups<L>(list.count, [&](size_t first, auto group) __attribute__((always_inline)) {
    constexpr int R = decltype(group)::value;
    const float *products[R], *events[R], *keys[R];
    for (int r = 0; r < R; r++) {
      const size_t row = list.rows[first + r];
      events[r] = in.events + row * in.width;
      keys[r] = in.keys + row * in.hidden;
      float* product = scratch + r * in.width;
      ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
        Store<L>(product + c, Load<L>(events[r] + c, lanes) * Load<L>(candidate + c, lanes), lanes);
      });
      products[r] = product;
    }
    Floats<L> sums[R] = {};
    for (size_t p = 0; p < in.product->count; p++) {
      const size_t begin = p * kVectors * L;
      const size_t vectors = std::min<size_t>(kVectors, (in.hidden - begin + L - 1) / L);
      Tile<L, R> tile = {};
      MultiplyAdd<L, R>(tile, products, (*in.product)[p], in.width);
      for (size_t v = 0; v < vectors; v++) {
        const size_t c = begin + v * L;
        const size_t lanes = in.hidden - c;
        const Floats<L> own = Load<L>(query + c, lanes);
        for (int r = 0; r < R; r++) {
          sums[r] += UnitPart<L>(in, tile.at[r][v] + Load<L>(keys[r] + c, lanes) + own, c, lanes);
        }
      }
    }
    for (int r = 0; r < R; r++) {
      float weight = in.bias;
      for (int l = 0; l < L; l++) weight += sums[r][l];
      ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
        AddTo<L>(pooled + c, weight * Load<L>(events[r] + c, lanes), lanes);
      });
    }
  });
}

}  // namespace mvrec

#endif  // MVREC_UNIT_H_
