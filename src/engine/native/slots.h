// Attention over the slots of one row, a few vectors side by side, that another vector guides.
#ifndef MVREC_SLOTS_H_
#define MVREC_SLOTS_H_

#include <limits>

#include "poolQuery.h"

namespace mvrec {

struct SlotInput {
  size_t slots;
  size_t width;
  const float* out;   // [width]
  const float* bias;  // [slots]; null: none
};

// weights = softmax(out . tanh(key + guidance) + bias), one a slot, and attended = the slots weighted by them.
// `keys` and `values` are [slots, width].
template <int L>
MVREC_INLINE void AttendSlots(const SlotInput& in, const float* keys, const float* values, const float* guidance,
                              float* weights, float* attended) {
  float most = -std::numeric_limits<float>::infinity();
  for (size_t j = 0; j < in.slots; j++) {
    Floats<L> sum = {};
    ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
      const Floats<L> z = Load<L>(keys + j * in.width + c, lanes) + Load<L>(guidance + c, lanes);
      sum += Tanh<L>(z) * Load<L>(in.out + c, lanes);
    });
    float score = in.bias ? in.bias[j] : 0;
    for (int l = 0; l < L; l++) score += sum[l];
    weights[j] = score;
    most = score > most ? score : most;
  }
  float norm = 0;
  ForVectors<L>(in.slots, [&](size_t j, auto lanes) __attribute__((always_inline)) {
    Store<L>(weights + j, Exp<L>(Load<L>(weights + j, lanes) - most), lanes);
  });
  for (size_t j = 0; j < in.slots; j++) norm += weights[j];
  for (size_t j = 0; j < in.slots; j++) weights[j] /= norm;
  ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    Floats<L> sum = {};
    for (size_t j = 0; j < in.slots; j++) sum += weights[j] * Load<L>(values + j * in.width + c, lanes);
    Store<L>(attended + c, sum, lanes);
  });
}

}  // namespace mvrec

#endif  // MVREC_SLOTS_H_
