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
  // out . (z gate) = linear . z + curved . (z s), where s is 1 / (1 + 2^(slope z + shift)), or 1 for z > 0 and 0 for others; as
  // many as the panels have columns, the missing ones 0.
  bool smooth;
  const float* linear;
  const float* curved;
  const float* slope;
  const float* shift;
  float bias;
};

// Four inverses by one division, which takes longer than the products instead of the others.
template <int L>
MVREC_INLINE void Invert(Floats<L> (&d)[kVectors]) {
  static_assert(kVectors == 4);
  const Floats<L> first = d[0] * d[1], second = d[2] * d[3];
  const Floats<L> inverse = 1.0f / (first * second);
  const Floats<L> of_first = inverse * second, of_second = inverse * first;
  const Floats<L> whole[] = {of_first * d[1], of_first * d[0], of_second * d[3], of_second * d[2]};
  for (int v = 0; v < kVectors; v++) d[v] = whole[v];
}

// Adds to each row's sum what four vectors of columns of z, from column c on, add to the weight of its event.
template <int L, int R>
MVREC_INLINE void AddParts(const UnitInput& in, size_t c, const Tile<L, R>& z, Floats<L> (&sums)[R]) {
  Tile<L, R> gate;
  for (int v = 0; v < kVectors; v++) {
    const Floats<L> slope = Load<L>(in.slope + c + v * L), shift = Load<L>(in.shift + c + v * L);
    for (int r = 0; r < R; r++) {
      const Floats<L> of = z.at[r][v];
      gate.at[r][v] = in.smooth ? 1.0f + Exp2<L>(of * slope + shift) : of > 0.0f ? Floats<L>{} + 1.0f : Floats<L>{};
    }
  }
  if (in.smooth) {
    for (int r = 0; r < R; r++) Invert<L>(gate.at[r]);
  }
  for (int v = 0; v < kVectors; v++) {
    const Floats<L> linear = Load<L>(in.linear + c + v * L), curved = Load<L>(in.curved + c + v * L);
    for (int r = 0; r < R; r++) sums[r] += z.at[r][v] * (linear + curved * gate.at[r][v]);
  }
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
      AddParts<L, R>(in, begin, tile, sums);
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
