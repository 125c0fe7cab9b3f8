// Self-attention of the fields of pairs: queries, keys, values and residuals are read where they lie, in the rows that the pairs
// take of each of their sides.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "sides.h"
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
  in.heads = arguments.Integer("heads", 1, 1 << 14);
  in.size = arguments.Integer("size", 1, 1 << 14);
  in.residual = arguments.Integer("residual", 0, 1) == 1;
  in.scale = static_cast<float>(arguments.Number("scale"));
  const size_t pairs = arguments.Integer("pairs", 0, INT32_MAX);
  std::vector<Side> sides(arguments.Integer("sides", 1, kMostSides));
  for (Side& side : sides) {
    side = ReadSide(arguments, pairs, in.Step());
    in.fields += side.fields;
  }
  const size_t out = in.fields * in.Width();
  float* attended = arguments.Floats("attended", pairs * out);
  arguments.End();
  const size_t lanes = instructions.lanes;
  const size_t used = std::min(threads, pairs / kPerThread + 1);
  Parallel(used, [&](size_t thread) {
    std::vector<float> scratch(in.Scratch(lanes));
    std::vector<const float*> at(in.fields * lanes);
    std::vector<float*> to(lanes);
    const Share share(pairs, used, thread);
    for (size_t begin = share.begin; begin < share.end; begin += lanes) {
      const size_t count = std::min(lanes, share.end - begin);
      for (size_t l = 0; l < lanes; l++) {
        const size_t pair = begin + std::min(l, count - 1);  // lanes without a pair do the last one's again
        size_t field = 0;
        for (const Side& side : sides) {
          if (begin + lanes + l < share.end) side.Prefetch(begin + lanes + l);
          side.Point(pair, at.data() + field * lanes + l, lanes);
          field += side.fields;
        }
        to[l] = attended + pair * out;
      }
      instructions.attend_fields(in, at.data(), count, scratch.data(), to.data());
    }
  });
}

}  // namespace mvrec
