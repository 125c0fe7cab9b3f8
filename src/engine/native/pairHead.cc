// Logits of pairs by a head with hidden layers. Of the first one's pre-activations most are known by rows: those of a pair's
// item and of its context. Chunks of pairs stay in the cache from the first product to the logit. An inner product of two more
// rows may be added to it.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

constexpr size_t kChunk = 64;
constexpr size_t kMostParts = 8;
constexpr size_t kMostLayers = 12;
constexpr size_t kMostWidth = 1 << 24;
// A thread for less than so many pairs costs more than it does.
constexpr size_t kPerThread = 256;

// Rows of `values` [.., width], one for each pair.
struct Part {
  const float* values;
  const int32_t* row;  // [pairs]

  const float* Of(size_t pair, size_t width) const { return values + row[pair] * width; }
};

struct Layer {
  size_t inputs;
  size_t width;
  const float* weight;  // [inputs, width]
  const float* bias;    // [width]; null: none
};

struct Head {
  size_t pairs;
  const float* x;  // [pairs, inputs of the first layer]
  std::vector<Layer> layers;
  std::vector<Part> parts;
  const float* out;  // [width of the last layer]
  float bias;
  size_t factors;  // 0: no inner product
  Part factor[2];
};

#define MVREC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

// out . relu(hidden) + the inner product, in sixteen sums, which the compiler makes vectors of.
MVREC_CLONES float Logit(const Head& head, size_t pair, const float* hidden) {
  constexpr size_t kSums = 16;
  float sums[kSums] = {};
  if (head.factors > 0) {
    const float* left = head.factor[0].Of(pair, head.factors);
    const float* right = head.factor[1].Of(pair, head.factors);
    size_t f = 0;
    for (; f + kSums <= head.factors; f += kSums) {
      for (size_t k = 0; k < kSums; k++) sums[k] += left[f + k] * right[f + k];
    }
    for (size_t k = 0; f + k < head.factors; k++) sums[k] += left[f + k] * right[f + k];
  }
  const size_t width = head.layers.back().width;
  size_t c = 0;
  for (; c + kSums <= width; c += kSums) {
    for (size_t k = 0; k < kSums; k++) sums[k] += head.out[c + k] * (hidden[c + k] < 0 ? 0 : hidden[c + k]);
  }
  for (size_t k = 0; c + k < width; k++) sums[k] += head.out[c + k] * (hidden[c + k] < 0 ? 0 : hidden[c + k]);
  for (size_t half = kSums / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; k++) sums[k] += sums[k + half];
  }
  return sums[0] + head.bias;
}

// What a chunk of pairs is in one layer, before its activation.
struct Hidden {
  std::vector<float> values;
  float* rows[kChunk];

  // Rows point into the values.
  Hidden(const Hidden&) = delete;
  Hidden(Hidden&&) = default;
  explicit Hidden(size_t width) : values(kChunk * width) {
    for (size_t i = 0; i < kChunk; i++) rows[i] = values.data() + i * width;
  }

  void Begin(const Layer& layer, size_t count) {
    for (size_t i = 0; i < count; i++) {
      if (layer.bias) std::copy_n(layer.bias, layer.width, rows[i]);
      else std::fill_n(rows[i], layer.width, 0.0f);
    }
  }
};

MVREC_CLONES void CutBelowZero(float* values, size_t n) {
  for (size_t i = 0; i < n; i++) values[i] = values[i] < 0 ? 0 : values[i];
}

void Forward(const Head& head, const Instructions& instructions, size_t threads, float* logits) {
  const std::vector<Layer>& layers = head.layers;
  const size_t parts = head.parts.size();
  std::vector<Panels> weights;
  for (const Layer& layer : layers) {
    weights.push_back(Panels::Of(layer.weight, layer.inputs, layer.width, instructions.lanes));
  }
  Parallel(threads, [&](size_t thread) {
    std::vector<Hidden> hidden;
    hidden.reserve(layers.size());
    for (const Layer& layer : layers) hidden.emplace_back(layer.width);
    const float* x[kChunk];
    const float* rows[kMostParts];
    const Share share(head.pairs, threads, thread);
    for (size_t begin = share.begin; begin < share.end; begin += kChunk) {
      const size_t count = std::min(kChunk, share.end - begin);
      const size_t width = layers[0].width;
      hidden[0].Begin(layers[0], count);
      for (size_t i = 0; i < count; i++) {
        x[i] = head.x + (begin + i) * layers[0].inputs;
        for (size_t p = 0; p < parts; p++) rows[p] = head.parts[p].Of(begin + i, width);
        if (parts > 0) instructions.add_rows(hidden[0].rows[i], width, rows, parts);
      }
      if (layers[0].inputs > 0) instructions.add_product(hidden[0].rows, x, count, weights[0], width);
      for (size_t l = 1; l < layers.size(); l++) {
        CutBelowZero(hidden[l - 1].values.data(), count * layers[l].inputs);
        hidden[l].Begin(layers[l], count);
        instructions.add_product(hidden[l].rows, hidden[l - 1].rows, count, weights[l], layers[l].width);
      }
      for (size_t i = 0; i < count; i++) logits[begin + i] = Logit(head, begin + i, hidden.back().rows[i]);
    }
  });
}

}  // namespace

void PairHead(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Span<float> logits = arguments.Floats("logits");
  Head head{};
  head.pairs = logits.size;
  Layer first{};
  first.inputs = arguments.Integer("inputs", 0, kMostWidth);
  first.width = arguments.Integer("width", 1, kMostWidth);
  head.x = arguments.Floats("x", head.pairs * first.inputs);
  first.weight = arguments.Floats("weight", first.inputs * first.width);
  const Span<float> bias = arguments.Floats("bias");
  if (bias.size != 0 && bias.size != first.width) arguments.Refuse("bias", "has another length than the layer");
  first.bias = bias.size > 0 ? bias.data : nullptr;
  head.layers.push_back(first);
  const auto read_part = [&](const char* name, size_t width) {
    const Span<float> values = arguments.FloatsInRows(name, width);
    const int64_t last = static_cast<int64_t>(values.size / width) - 1;
    return Part{values.data, arguments.IntsWithin("row of each pair", head.pairs, 0, last)};
  };
  head.parts.resize(arguments.Integer("parts", 0, kMostParts));
  for (Part& part : head.parts) part = read_part("rows", first.width);
  head.layers.resize(1 + arguments.Integer("layers", 0, kMostLayers));
  for (size_t l = 1; l < head.layers.size(); l++) {
    Layer& layer = head.layers[l];
    layer.inputs = head.layers[l - 1].width;
    layer.width = arguments.Integer("width of a layer", 1, kMostWidth);
    layer.weight = arguments.Floats("weight of a layer", layer.inputs * layer.width);
    layer.bias = arguments.Floats("bias of a layer", layer.width);
  }
  head.out = arguments.Floats("weight of the logit", head.layers.back().width);
  head.bias = *arguments.Floats("bias of the logit", 1);
  head.factors = arguments.Integer("factors", 0, kMostWidth);
  if (head.factors > 0) {
    for (Part& part : head.factor) part = read_part("rows of factors", head.factors);
  }
  arguments.End();
  Forward(head, instructions, std::min(threads, head.pairs / kPerThread + 1), logits.data);
}

}  // namespace mvrec
