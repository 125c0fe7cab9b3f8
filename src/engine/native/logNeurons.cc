// AFN's logarithmic neurons of pairs, whose fields are read in the rows that the pairs take of each of their sides.
#include <algorithm>
#include <cfloat>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "sides.h"
#include "threads.h"

namespace mvrec {
namespace {

// A thread for less than so many pairs costs more than it does.
constexpr size_t kPerThread = 128;

}  // namespace

void LogNeurons(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  NeuronInput in{};
  in.width = arguments.Integer("width", 1, 1 << 14);
  in.neurons = arguments.Integer("neurons", 1, 1 << 24);
  in.floor = std::max(FLT_MIN, static_cast<float>(arguments.Number("floor")));
  const size_t pairs = arguments.Integer("pairs", 0, INT32_MAX);
  std::vector<Side> sides(arguments.Integer("sides", 1, kMostSides));
  for (Side& side : sides) {
    side = ReadSide(arguments, pairs, in.width);
    in.fields += side.fields;
  }
  in.weight = arguments.Floats("weight", in.fields * in.neurons);
  in.scale = arguments.Floats("scale", in.fields);
  in.shift = arguments.Floats("shift", in.fields);
  in.missing = arguments.Floats("missing", in.fields);
  in.out_scale = arguments.Floats("scale of neurons", in.neurons);
  in.out_shift = arguments.Floats("shift of neurons", in.neurons);
  float* neurons = arguments.Floats("result", pairs * in.neurons * in.width);
  arguments.End();
  const size_t used = std::min(threads, pairs / kPerThread + 1);
  Parallel(used, [&](size_t thread) {
    std::vector<float> scratch(in.fields * in.width);
    std::vector<const float*> at(in.fields);
    const Share share(pairs, used, thread);
    for (size_t pair = share.begin; pair < share.end; pair++) {
      size_t field = 0;
      for (const Side& side : sides) {
        side.Point(pair, at.data() + field, 1);
        field += side.fields;
      }
      instructions.log_neurons(in, at.data(), scratch.data(), neurons + pair * in.neurons * in.width);
    }
  });
}

}  // namespace mvrec
