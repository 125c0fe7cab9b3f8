// Self-attention of the fields of one row over one another, by heads.
#ifndef MVREC_FIELDS_H_
#define MVREC_FIELDS_H_

#include <limits>

#include "poolQuery.h"

namespace mvrec {

struct FieldInput {
  size_t fields, heads, size;  // size: of a head
  bool residual;
  float scale;  // of scores

  size_t Width() const { return heads * size; }
  size_t Step() const { return (residual ? 4 : 3) * Width(); }
  // Fields filled up to whole vectors of the widest instruction set.
  size_t Padded() const { return (fields + 15) / 16 * 16; }
  size_t Scratch() const { return (size + 1) * Padded(); }
};

// attended = relu(heads + residual), a head of field f being softmax_g(scale <q_f, k_g>) v_g: [fields, width]. `projected` is
// [fields, step]: queries, keys, values and residuals side by side. `scratch` has room for Scratch() numbers, 0 at first.
template <int L>
MVREC_INLINE void AttendFields(const FieldInput& in, const float* projected, float* scratch, float* attended) {
  const size_t width = in.Width(), step = in.Step(), padded = in.Padded();
  float* keys = scratch;  // of a head: [size, padded]
  float* weights = scratch + in.size * padded;
  for (size_t first = 0; first < width; first += in.size) {
    for (size_t g = 0; g < in.fields; g++) {
      const float* key = projected + g * step + width + first;
      for (size_t d = 0; d < in.size; d++) keys[d * padded + g] = key[d];
    }
    for (size_t f = 0; f < in.fields; f++) {
      const float* query = projected + f * step + first;
      for (size_t g = 0; g < in.fields; g += L) {
        Floats<L> score = {};
        for (size_t d = 0; d < in.size; d++) score += query[d] * Load<L>(keys + d * padded + g);
        Store<L>(weights + g, score * in.scale);
      }
      float most = -std::numeric_limits<float>::infinity();
      for (size_t g = 0; g < in.fields; g++) most = weights[g] > most ? weights[g] : most;
      for (size_t g = 0; g < in.fields; g += L) Store<L>(weights + g, Exp<L>(Load<L>(weights + g) - most));
      float norm = 0;
      for (size_t g = 0; g < in.fields; g++) norm += weights[g];
      const float inverse = 1 / norm;
      const float* values = projected + 2 * width + first;
      ForVectors<L>(in.size, [&](size_t d, auto lanes) __attribute__((always_inline)) {
        Floats<L> sum = {};
        for (size_t g = 0; g < in.fields; g++) sum += weights[g] * Load<L>(values + g * step + d, lanes);
        sum *= inverse;
        if (in.residual) sum += Load<L>(values + f * step + width + d, lanes);
        Store<L>(attended + f * width + first + d, sum < 0.0f ? Floats<L>{} : sum, lanes);  // NaN goes through
      });
    }
  }
}

}  // namespace mvrec

#endif  // MVREC_FIELDS_H_
