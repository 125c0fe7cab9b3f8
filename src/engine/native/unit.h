// DIN's local activation unit with one hidden layer, outside training: an event's weight is
// out . (z gate) + bias with z = key + query + (event * candidate) W, and gate between alpha and 1.
#ifndef MVREC_UNIT_H_
#define MVREC_UNIT_H_

#include "poolQuery.h"
#include "products.h"

namespace mvrec {

struct UnitInput {
  size_t width;   // of events and candidates
  size_t hidden;  // of keys and queries
  const float* events;
  const float* keys;
  const Panels* product;  // W, [width, hidden]
  // Of the gate alpha + (1 - alpha) s, where s is sigmoid((z - mean) / deviation), or 1 for z > 0 and 0 for others.
  bool smooth;
  const float* mean;
  const float* inverse;  // of the deviation
  const float* alpha;
  const float* out;
  float bias;
};

template <int L>
MVREC_INLINE float UnitWeight(const UnitInput& in, const float* z) {
  Floats<L> sum = {};
  ForVectors<L>(in.hidden, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    const Floats<L> x = Load<L>(z + c, lanes);
    const Floats<L> zeros = {};
    const Floats<L> s = in.smooth ? Sigmoid<L>((x - Load<L>(in.mean + c, lanes)) * Load<L>(in.inverse + c, lanes))
                                  : (x > 0.0f ? zeros + 1.0f : zeros);
    const Floats<L> alpha = Load<L>(in.alpha + c, lanes);
    sum += x * (s * (1.0f - alpha) + alpha) * Load<L>(in.out + c, lanes);
  });
  float weight = in.bias;
  for (int l = 0; l < L; l++) weight += sum[l];
  return weight;
}

// pooled = the events of the list, weighted: [width]. `scratch` has room for kRows<L> rows of width + hidden.
template <int L>
MVREC_INLINE void PoolUnit(const UnitInput& in, const PoolRows& list, const float* candidate, const float* query,
                           float* scratch, float* pooled) {
  for (size_t c = 0; c < in.width; c++) pooled[c] = 0;
  InGroups<L>(list.count, [&](size_t first, auto group) __attribute__((always_inline)) {
    constexpr int R = decltype(group)::value;
    float* products[R];
    float* hidden[R];
    for (int r = 0; r < R; r++) {
      products[r] = scratch + r * in.width;
      hidden[r] = scratch + R * in.width + r * in.hidden;
      const size_t row = list.rows[first + r];
      ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
        Store<L>(products[r] + c, Load<L>(in.events + row * in.width + c, lanes) * Load<L>(candidate + c, lanes), lanes);
      });
      ForVectors<L>(in.hidden, [&](size_t c, auto lanes) __attribute__((always_inline)) {
        Store<L>(hidden[r] + c, Load<L>(in.keys + row * in.hidden + c, lanes) + Load<L>(query + c, lanes), lanes);
      });
    }
    AddProductOf<L, R>(hidden, products, *in.product, in.hidden);
    for (int r = 0; r < R; r++) {
      const float weight = UnitWeight<L>(in, hidden[r]);
      const float* event = in.events + list.rows[first + r] * in.width;
      ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
        AddTo<L>(pooled + c, weight * Load<L>(event + c, lanes), lanes);
      });
    }
  });
}

}  // namespace mvrec

#endif  // MVREC_UNIT_H_
