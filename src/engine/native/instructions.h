// What the kernels of layers are made of, compiled for one instruction set. The processor's best is chosen at run time;
// unlike with target_clones the number of lanes goes with it, and with that the tiles that fit the registers.
#ifndef MVREC_INSTRUCTIONS_H_
#define MVREC_INSTRUCTIONS_H_

#include "arguments.h"
#include "cell.h"
#include "fields.h"
#include "neurons.h"
#include "poolQuery.h"
#include "slots.h"
#include "unit.h"

namespace mvrec {

struct Instructions {
  size_t lanes;
  // See ForwardCells and BackwardCell.
  void (*forward)(const CellWeights& weights, const CellRow* rows, size_t count);
  void (*backward)(size_t units, const CellRow& row, const float* dh, const float* d_memory, float* d_before,
                   float* d_gates);
  // to[r] += rows[r] x panels, for `count` rows: [count, depth] x [depth, width]
  void (*add_product)(float* const* to, const float* const* rows, size_t count, const Panels& panels, size_t width);
  // See AddOuterProducts.
  void (*add_outer_products)(float* to, size_t height, size_t width, const float* const* a, const float* const* b,
                             size_t count);
  // to += the sum of `count` rows of `width` elements
  void (*add_rows)(float* to, size_t width, const float* const* rows, size_t count);
  // See PoolHidden, PoolValues, PoolScoresBack, PoolHiddenBack, SoftmaxPool, SoftmaxPoolBack.
  void (*pool_hidden)(const PoolInput& in, const PoolRows& list, const float* query, float* hidden);
  void (*pool_values)(const PoolInput& in, const PoolRows& list, float* scores, float* weights, float* pooled);
  void (*pool_scores_back)(const PoolInput& in, const PoolRows& list, const float* weights, const float* dy,
                           float* d_scores, float* const* d_values);
  void (*pool_hidden_back)(const PoolInput& in, size_t count, const float* hidden, const float* d_hidden,
                           float* d_query, float* const* d_keys);
  void (*softmax_pool)(size_t width, const float* scores, const float* values, const PoolRows& list, float* pooled);
  void (*softmax_pool_back)(size_t width, const float* scores, const float* values, const PoolRows& list,
                            const float* dy, float* scratch, float* const* d_scores, float* const* d_values);
  // See AttendSlots.
  void (*attend_slots)(const SlotInput& in, const float* keys, const float* values, const float* guidance,
                       float* weights, float* attended);
  // See AttendFields.
  void (*attend_fields)(const FieldInput& in, const float* const* at, size_t count, float* scratch,
                        float* const* attended);
  // See LogNeurons.
  void (*log_neurons)(const NeuronInput& in, const float* const* fields, float* scratch, float* neurons);
  // See PoolUnit.
  void (*pool_unit)(const UnitInput& in, const PoolRows& list, const float* candidate, const float* query,
                    float* scratch, float* pooled);
};

// The set with so many lanes; 0: the best. Null where this processor does not know it.
const Instructions* FindInstructions(size_t lanes);

// An argument: the number of lanes, 16, 8 or 4, for tests; 0: the best of this processor.
const Instructions& ReadInstructions(Arguments& arguments);

}  // namespace mvrec

#endif  // MVREC_INSTRUCTIONS_H_
