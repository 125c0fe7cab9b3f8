// Logits of pairs by a head with one hidden layer, of whose pre-activations most are known by rows: those of a pair's
// item and of its context. Chunks of pairs stay in the cache from the first product to the logit.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

constexpr size_t kChunk = 64;
// A thread for less than so many pairs costs more than it does.
constexpr size_t kPerThread = 256;

// Rows of `values` [.., width] that are added to the pairs' hidden layer.
struct Part {
  const float* values;
  const int32_t* row;  // [pairs]
};

struct Head {
  size_t inputs;
  size_t width;
  size_t pairs;
  const float* x;       // [pairs, inputs]
  const float* weight;  // [inputs, width]
  const float* out;     // [width]
  float bias;
  std::vector<Part> parts;
};

// out . relu(hidden), in sixteen sums, which the compiler makes vectors of.
float Logit(const Head& head, const float* hidden) {
  constexpr size_t kSums = 16;
  float sums[kSums] = {};
  size_t c = 0;
  for (; c + kSums <= head.width; c += kSums) {
    for (size_t k = 0; k < kSums; k++) sums[k] += head.out[c + k] * (hidden[c + k] < 0 ? 0 : hidden[c + k]);
  }
  for (size_t k = 0; c + k < head.width; k++) sums[k] += head.out[c + k] * (hidden[c + k] < 0 ? 0 : hidden[c + k]);
  for (size_t half = kSums / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; k++) sums[k] += sums[k + half];
  }
  return sums[0] + head.bias;
}

void Forward(const Head& head, const Instructions& instructions, size_t threads, float* logits) {
  const size_t width = head.width;
  const Panels weight = Panels::Of(head.weight, head.inputs, width, instructions.lanes);
  Parallel(threads, [&](size_t thread) {
    std::vector<float> hidden(kChunk * width);
    const float* from[kChunk];
    float* to[kChunk];
    for (size_t i = 0; i < kChunk; i++) to[i] = hidden.data() + i * width;
    const Share share(head.pairs, threads, thread);
    for (size_t begin = share.begin; begin < share.end; begin += kChunk) {
      const size_t count = std::min(kChunk, share.end - begin);
      std::fill_n(hidden.data(), count * width, 0.0f);
      for (size_t i = 0; i < count; i++) {
        from[i] = head.x + (begin + i) * head.inputs;
        for (const Part& part : head.parts) {
          const float* row = part.values + part.row[begin + i] * width;
          for (size_t c = 0; c < width; c++) to[i][c] += row[c];
        }
      }
      instructions.add_product(to, from, count, weight, width);
      for (size_t i = 0; i < count; i++) logits[begin + i] = Logit(head, to[i]);
    }
  });
}

}  // namespace

void PairHead(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Head head{};
  head.inputs = arguments.Integer("inputs", 1, 1 << 14);
  head.width = arguments.Integer("width", 1, 1 << 14);
  const Span<float> x = arguments.FloatsInRows("x", head.inputs);
  head.pairs = x.size / head.inputs;
  head.x = x.data;
  head.weight = arguments.Floats("weight", head.inputs * head.width);
  head.out = arguments.Floats("weight of the logit", head.width);
  head.bias = *arguments.Floats("bias of the logit", 1);
  float* logits = arguments.Floats("logits", head.pairs);
  head.parts.resize(arguments.Integer("parts", 0, 8));
  for (Part& part : head.parts) {
    const Span<float> values = arguments.FloatsInRows("rows", head.width);
    part.values = values.data;
    part.row = arguments.IntsWithin("row of each pair", head.pairs, 0,
                                    static_cast<int64_t>(values.size / head.width) - 1);
  }
  arguments.End();
  Forward(head, instructions, std::min(threads, head.pairs / kPerThread + 1), logits);
}

}  // namespace mvrec
