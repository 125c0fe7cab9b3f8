// Self-attention of the fields of rows over one another, by heads: a lane a row, so that nothing is summed across lanes.
#ifndef MVREC_FIELDS_H_
#define MVREC_FIELDS_H_

#include <limits>

#include "vectors.h"

namespace mvrec {

struct FieldInput {
  size_t fields, heads, size;  // size: of a head
  bool residual;
  float scale;  // of scores

  size_t Width() const { return heads * size; }
  size_t Step() const { return (residual ? 4 : 3) * Width(); }
  // All numbers of `lanes` rows, and the weights of the fields.
  size_t Scratch(size_t lanes) const { return (Step() + 1) * fields * lanes; }
};

// attended[l] = relu(heads + residual), a head of field f being softmax_g(scale <q_f, k_g>) v_g: [fields, width], for the first
// `count` of L rows. at[f * L + l]: queries, keys, values and residuals of field f of row l, side by side. [step]
template <int L>
MVREC_INLINE void AttendFields(const FieldInput& in, const float* const* at, size_t count, float* scratch,
                               float* const* attended) {
  const size_t width = in.Width(), step = in.Step();
  float* const weights = scratch + in.fields * step * L;
  for (size_t f = 0; f < in.fields; f++) {
    for (size_t l = 0; l < L; l++) {
      const float* from = at[f * L + l];
      float* to = scratch + f * step * L + l;
      for (size_t c = 0; c < step; c++) to[c * L] = from[c];
    }
  }
  for (size_t first = 0; first < width; first += in.size) {
    const auto part = [&](size_t f, size_t number) { return scratch + (f * step + number * width + first) * L; };
    for (size_t f = 0; f < in.fields; f++) {
      const float* query = part(f, 0);
      Floats<L> most = Floats<L>{} - std::numeric_limits<float>::infinity();
      for (size_t g = 0; g < in.fields; g++) {
        const float* key = part(g, 1);
        Floats<L> score = {};
        for (size_t d = 0; d < in.size * L; d += L) score += Load<L>(query + d) * Load<L>(key + d);
        score *= in.scale;
        Store<L>(weights + g * L, score);
        most = score > most ? score : most;
      }
      Floats<L> norm = {};
      for (size_t g = 0; g < in.fields; g++) {
        const Floats<L> weight = Exp<L>(Load<L>(weights + g * L) - most);
        Store<L>(weights + g * L, weight);
        norm += weight;
      }
      const Floats<L> inverse = 1.0f / norm;
      for (size_t d = 0; d < in.size; d++) {
        Floats<L> sum = {};
        for (size_t g = 0; g < in.fields; g++) sum += Load<L>(weights + g * L) * Load<L>(part(g, 2) + d * L);
        sum *= inverse;
        if (in.residual) sum += Load<L>(part(f, 3) + d * L);
        sum = sum < 0.0f ? Floats<L>{} : sum;  // NaN goes through
        for (size_t l = 0; l < count; l++) attended[l][f * width + first + d] = sum[l];
      }
    }
  }
}

}  // namespace mvrec

#endif  // MVREC_FIELDS_H_
