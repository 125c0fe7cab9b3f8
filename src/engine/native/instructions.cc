#include "instructions.h"

namespace mvrec {
namespace {

#define MVREC_INSTRUCTIONS(set, target, L)                                                                          \
  target void Forward##set(const CellWeights& weights, const CellRow* rows, size_t count) {                         \
    ForwardCells<L>(weights, rows, count);                                                                          \
  }                                                                                                                 \
  target void Backward##set(size_t units, const CellRow& row, const float* dh, const float* d_memory,               \
                            float* d_before, float* d_gates) {                                                      \
    BackwardCell<L>(units, row, dh, d_memory, d_before, d_gates);                                                   \
  }                                                                                                                 \
  target void AddProduct##set(float* const* to, const float* const* rows, size_t count, const Panels& panels,       \
                              size_t width) {                                                                       \
    InGroups<L>(count, [&](size_t first, auto group) __attribute__((always_inline)) {                               \
      AddProductOf<L, decltype(group)::value>(to + first, rows + first, panels, width);                             \
    });                                                                                                             \
  }                                                                                                                 \
  target void AddOuterProducts##set(float* to, size_t height, size_t width, const float* const* a,                  \
                                    const float* const* b, size_t count) {                                          \
    AddOuterProducts<L>(to, height, width, a, b, count);                                                            \
  }                                                                                                                 \
  target void AddRows##set(float* to, size_t width, const float* const* rows, size_t count) {                       \
    AddRows<L>(to, width, rows, count);                                                                             \
  }                                                                                                                 \
  target void PoolHidden##set(const PoolInput& in, const PoolRows& list, const float* query, float* hidden) {         \
    PoolHidden<L>(in, list, query, hidden);                                                                         \
  }                                                                                                                 \
  target void PoolValues##set(const PoolInput& in, const PoolRows& list, float* scores, float* weights,             \
                              float* pooled) {                                                                      \
    PoolValues<L>(in, list, scores, weights, pooled);                                                               \
  }                                                                                                                 \
  target void PoolScoresBack##set(const PoolInput& in, const PoolRows& list, const float* weights, const float* dy,   \
                                  float* d_scores, float* const* d_values) {                                        \
    PoolScoresBack<L>(in, list, weights, dy, d_scores, d_values);                                                   \
  }                                                                                                                 \
  target void PoolHiddenBack##set(const PoolInput& in, size_t count, const float* hidden, const float* d_hidden,    \
                                  float* d_query, float* const* d_keys) {                                           \
    PoolHiddenBack<L>(in, count, hidden, d_hidden, d_query, d_keys);                                                \
  }                                                                                                                 \
  target void SoftmaxPool##set(size_t width, const float* scores, const float* values, const PoolRows& list,        \
                               float* pooled) {                                                                     \
    SoftmaxPool<L>(width, scores, values, list, pooled);                                                            \
  }                                                                                                                 \
  target void SoftmaxPoolBack##set(size_t width, const float* scores, const float* values, const PoolRows& list,    \
                                   const float* dy, float* scratch, float* const* d_scores,                         \
                                   float* const* d_values) {                                                        \
    SoftmaxPoolBack<L>(width, scores, values, list, dy, scratch, d_scores, d_values);                               \
  }                                                                                                                 \
  target void AttendSlots##set(const SlotInput& in, const float* keys, const float* values,                         \
                               const float* guidance, float* weights, float* attended) {                            \
    AttendSlots<L>(in, keys, values, guidance, weights, attended);                                                  \
  }                                                                                                                 \
  target void AttendFields##set(const FieldInput& in, const float* const* at, size_t count, float* scratch,         \
                                float* const* attended) {                                                           \
    AttendFields<L>(in, at, count, scratch, attended);                                                              \
  }                                                                                                                 \
  target void LogNeurons##set(const NeuronInput& in, const float* const* fields, float* scratch, float* neurons) {  \
    LogNeurons<L>(in, fields, scratch, neurons);                                                                    \
  }                                                                                                                 \
  target void PoolUnit##set(const UnitInput& in, const PoolRows& list, const float* candidate, const float* query,  \
                            float* scratch, float* pooled) {                                                        \
    PoolUnit<L>(in, list, candidate, query, scratch, pooled);                                                       \
  }                                                                                                                 \
  const Instructions k##set = {L,               Forward##set,    Backward##set,       AddProduct##set,              \
                               AddOuterProducts##set, AddRows##set,    PoolHidden##set,     PoolValues##set,        \
                               PoolScoresBack##set,   PoolHiddenBack##set,                                          \
                               SoftmaxPool##set,      SoftmaxPoolBack##set,  AttendSlots##set,    AttendFields##set,            \
                               LogNeurons##set,       PoolUnit##set};

MVREC_INSTRUCTIONS(Avx512, __attribute__((target("avx512f,fma"))), 16)
MVREC_INSTRUCTIONS(Avx2, __attribute__((target("avx2,fma"))), 8)
MVREC_INSTRUCTIONS(Sse, , 4)

}  // namespace

const Instructions* FindInstructions(size_t lanes) {
  const bool fma = __builtin_cpu_supports("fma");
  if (fma && __builtin_cpu_supports("avx512f") && (lanes == 0 || lanes == 16)) return &kAvx512;
  if (fma && __builtin_cpu_supports("avx2") && (lanes == 0 || lanes == 8)) return &kAvx2;
  return lanes == 0 || lanes == 4 ? &kSse : nullptr;
}

const Instructions& ReadInstructions(Arguments& arguments) {
  const size_t lanes = arguments.Integer("lanes", 0, 16);
  const Instructions* instructions = FindInstructions(lanes);
  if (!instructions) arguments.Refuse("lanes", "are " + std::to_string(lanes) + ", which this processor has not");
  return *instructions;
}

}  // namespace mvrec
