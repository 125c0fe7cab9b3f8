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
  // out . (z gate) = linear . z + curved . (z s), where s is 1 / (1 + 2^(slope z + shift)), or 1 for z > 0 and 0 for others.
  bool smooth;
  const float* linear;
  const float* curved;
  const float* slope;
  const float* shift;
  float bias;
};

// The unit's weights of one vector of columns.
template <int L>
struct UnitColumns {
  bool smooth;
  Floats<L> linear, curved, slope, shift;

  template <typename Count>
  MVREC_INLINE static UnitColumns Read(const UnitInput& in, size_t c, Count lanes) {
    const auto read = [&](const float* from) __attribute__((always_inline)) { return Load<L>(from + c, lanes); };
    return {in.smooth, read(in.linear), read(in.curved), read(in.slope), read(in.shift)};
  }

  // What these columns of z add to the weight of an event.
  MVREC_INLINE Floats<L> Part(Floats<L> z) const {
    if (!smooth) return z * (linear + (z > 0.0f ? curved : Floats<L>{}));
    return z * (linear + curved / (1.0f + Exp2<L>(z * slope + shift)));
  }
};

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
      const auto each = [&](const auto& run) __attribute__((always_inline)) {
        for (size_t v = 0; v < kVectors && begin + v * L < in.hidden; v++) {
          const size_t c = begin + v * L;
          if (c + L <= in.hidden) run(v, c, std::integral_constant<size_t, L>());
          else run(v, c, in.hidden - c);
        }
      };
      Tile<L, R> tile;
      if (begin + kVectors * L > in.hidden) tile = {};
      each([&](size_t v, size_t c, auto lanes) __attribute__((always_inline)) {
        const Floats<L> own = Load<L>(query + c, lanes);
        for (int r = 0; r < R; r++) tile.at[r][v] = own + Load<L>(keys[r] + c, lanes);
      });
      MultiplyAdd<L, R>(tile, products, (*in.product)[p], in.width);
      each([&](size_t v, size_t c, auto lanes) __attribute__((always_inline)) {
        const UnitColumns<L> columns = UnitColumns<L>::Read(in, c, lanes);
        for (int r = 0; r < R; r++) sums[r] += columns.Part(tile.at[r][v]);
      });
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
