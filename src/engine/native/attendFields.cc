// Self-attention of the fields of pairs: queries, keys, values and residuals are read where they lie.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

// A thread for less than so many pairs costs more than it does.
constexpr size_t kPerThread = 256;

}  // namespace

void AttendFields(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  FieldInput in{};
  in.fields = arguments.Integer("fields", 1, 1 << 14);
  in.heads = arguments.Integer("heads", 1, 1 << 14);
  in.size = arguments.Integer("size", 1, 1 << 14);
  in.residual = arguments.Integer("residual", 0, 1) == 1;
  in.scale = static_cast<float>(arguments.Number("scale"));
  const size_t row = in.fields * in.Step();
  const Span<float> projected = arguments.FloatsInRows("projected", row);
  const size_t pairs = projected.size / row;
  const size_t out = in.fields * in.Width();
  float* attended = arguments.Floats("attended", pairs * out);
  arguments.End();
  const size_t used = std::min(threads, pairs / kPerThread + 1);
  Parallel(used, [&](size_t thread) {
    std::vector<float> scratch(in.Scratch());
    const Share share(pairs, used, thread);
    for (size_t p = share.begin; p < share.end; p++) {
      instructions.attend_fields(in, projected.data + p * row, scratch.data(), attended + p * out);
    }
  });
}

}  // namespace mvrec
