// AFN's logarithmic neurons of a row of fields, outside training.
#ifndef MVREC_NEURONS_H_
#define MVREC_NEURONS_H_

#include <algorithm>

#include "poolQuery.h"

namespace mvrec {

struct NeuronInput {
  size_t fields, width, neurons;  // width: of a field
  float floor;                    // at least the smallest normal number
  const float* weight;            // [fields, neurons]
  // A field counts with scale ln max(|x|, floor) + shift, one that is all zeros with `missing`. [fields]
  const float* scale;
  const float* shift;
  const float* missing;
  // Of what comes out. [neurons]
  const float* out_scale;
  const float* out_shift;
};

// neurons[k] = out_scale exp(sum of weight_fk times field f) + out_shift, element by element: [neurons, width]. `scratch` has room
// for [fields, width].
template <int L>
MVREC_INLINE void LogNeurons(const NeuronInput& in, const float* const* fields, float* scratch, float* neurons) {
  for (size_t f = 0; f < in.fields; f++) {
    const float* x = fields[f];
    float* logs = scratch + f * in.width;
    const bool is_known = std::any_of(x, x + in.width, [](float value) { return value != 0; });
    ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
      const Floats<L> value = Load<L>(x + c, lanes);
      Floats<L> size = value < 0.0f ? -value : value;
      size = size < in.floor ? Floats<L>{} + in.floor : size;
      const Floats<L> own = Log<L>(size) * in.scale[f] + in.shift[f];
      Store<L>(logs + c, is_known ? own : Floats<L>{} + in.missing[f], lanes);
    });
  }
  for (size_t k = 0; k < in.neurons; k++) {
    ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
      Floats<L> sum = {};
      for (size_t f = 0; f < in.fields; f++) {
        sum += in.weight[f * in.neurons + k] * Load<L>(scratch + f * in.width + c, lanes);
      }
      Store<L>(neurons + k * in.width + c, Exp<L>(sum) * in.out_scale[k] + in.out_shift[k], lanes);
    });
  }
}

}  // namespace mvrec

#endif  // MVREC_NEURONS_H_
