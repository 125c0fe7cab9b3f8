// Pairs of contexts and candidates through DIN's activation unit: nothing is gathered, and what lies between events and
// their sum stays in registers and the first cache.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

// A thread for less than so many pairs costs more than it does.
constexpr size_t kPerThread = 64;
constexpr float kLog2OfE = 1.44269504f;

}  // namespace

void ActivationUnit(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  UnitInput in{};
  in.width = arguments.Integer("width", 1, 1 << 14);
  in.hidden = arguments.Integer("hidden", 1, 1 << 14);
  const Span<float> events = arguments.FloatsInRows("events", in.width);
  const size_t rows = events.size / in.width;
  in.events = events.data;
  in.keys = arguments.Floats("keys", rows * in.hidden);
  const Span<float> candidates = arguments.FloatsInRows("candidates", in.width);
  const size_t count = candidates.size / in.width;
  const float* queries = arguments.Floats("queries", count * in.hidden);
  const float* product = arguments.Floats("product", in.width * in.hidden);
  in.smooth = arguments.Integer("smooth", 0, 1) == 1;
  const float* mean = arguments.Floats("mean", in.hidden);
  const float* deviation = arguments.Floats("deviation", in.hidden);
  const float* alpha = arguments.Floats("alpha", in.hidden);
  const float* out = arguments.Floats("out", in.hidden);
  in.bias = *arguments.Floats("bias", 1);
  const Span<int32_t> offsets = arguments.Ints("offsets");
  const Span<int32_t> places = arguments.Ints("rows");
  arguments.RequireLists(offsets, places, rows);
  const Span<int32_t> context = arguments.Ints("context of each pair");
  arguments.RequireWithin("context of each pair", context, 0, static_cast<int64_t>(offsets.size) - 2);
  const size_t pairs = context.size;
  const int32_t* candidate =
      arguments.IntsWithin("candidate of each pair", pairs, 0, static_cast<int64_t>(count) - 1);
  float* pooled = arguments.Floats("pooled", pairs * in.width);
  arguments.End();

  const Panels panels = Panels::Of(product, in.width, in.hidden, instructions.lanes);
  in.product = &panels;
  const size_t columns = panels.count * kVectors * panels.lanes;
  std::vector<float> linear(columns), curved(columns), slope(columns), shift(columns);
  for (size_t c = 0; c < in.hidden; c++) {
    linear[c] = out[c] * alpha[c];
    curved[c] = out[c] * (1 - alpha[c]);
    slope[c] = -kLog2OfE / deviation[c];
    shift[c] = kLog2OfE * mean[c] / deviation[c];
  }
  in.linear = linear.data();
  in.curved = curved.data();
  in.slope = slope.data();
  in.shift = shift.data();
  const size_t used = std::min(threads, pairs / kPerThread + 1);
  Parallel(used, [&](size_t thread) {
    std::vector<float> scratch(kRows<16> * in.width);
    const Share share(pairs, used, thread);
    for (size_t p = share.begin; p < share.end; p++) {
      const int32_t list = context.data[p];
      const PoolRows own = {places.data + offsets.data[list],
                               static_cast<size_t>(offsets.data[list + 1] - offsets.data[list])};
      instructions.pool_unit(in, own, candidates.data + candidate[p] * in.width,
                             queries + candidate[p] * in.hidden, scratch.data(), pooled + p * in.width);
    }
  });
}

}  // namespace mvrec
