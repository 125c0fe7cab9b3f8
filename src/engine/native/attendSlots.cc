// Attention of pairs over the slots of the rows that they take, guided by other rows: nothing is gathered.
#include <algorithm>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

// A thread for less than so many pairs costs more than it does.
constexpr size_t kPerThread = 256;

}  // namespace

void AttendSlots(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  SlotInput in{};
  in.slots = arguments.Integer("slots", 1, 1 << 14);
  in.width = arguments.Integer("width", 1, 1 << 14);
  const size_t size = in.slots * in.width;
  const Span<float> keys = arguments.FloatsInRows("keys", size);
  const int64_t rows = static_cast<int64_t>(keys.size / size);
  const float* values = arguments.Floats("values", keys.size);
  const Span<float> guidance = arguments.FloatsInRows("guidance", in.width);
  in.out = arguments.Floats("out", in.width);
  const Span<float> bias = arguments.FloatsInRows("bias", in.slots);
  in.bias = bias.size > 0 ? bias.data : nullptr;
  const Span<int32_t> row = arguments.Ints("row of each pair");
  arguments.RequireWithin("row of each pair", row, 0, rows - 1);
  const size_t pairs = row.size;
  const int32_t* guide = arguments.IntsWithin("guide of each pair", pairs, 0,
                                              static_cast<int64_t>(guidance.size / in.width) - 1);
  float* weights = arguments.Floats("weights", pairs * in.slots);
  float* attended = arguments.Floats("attended", pairs * in.width);
  arguments.End();
  const size_t used = std::min(threads, pairs / kPerThread + 1);
  Parallel(used, [&](size_t thread) {
    const Share share(pairs, used, thread);
    for (size_t p = share.begin; p < share.end; p++) {
      const size_t at = row.data[p] * size;
      instructions.attend_slots(in, keys.data + at, values + at, guidance.data + guide[p] * in.width,
                                weights + p * in.slots, attended + p * in.width);
    }
  });
}

}  // namespace mvrec
