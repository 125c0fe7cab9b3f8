// Logits of pairs by neural collaborative filtering: out(user * item of one part, h), where h are hidden layers with a
// ReLU each on the user's and the item's vector of another part. Vectors are read where they lie, pair by pair: nothing
// is gathered or put side by side. All weights come in one array: of each layer [inputs, outputs] and [outputs], then
// of the output [factors + last, 1] and [1].
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "products.h"
#include "threads.h"

namespace mvrec {
namespace {

constexpr size_t kChunk = 96;  // pairs whose hidden vectors stay in the cache

struct Layer {
  size_t inputs, outputs;
  size_t weight, bias;  // in the array of weights
  size_t at;            // of its values in a pair's hidden row
};

struct Tower {
  const Instructions* instructions;
  size_t threads;
  std::vector<Layer> layers;
  size_t factors, half;  // widths of a vector of the two parts
  size_t hidden_width;
  size_t out, size;  // in the array of weights: where the output's begin, and all
  size_t pairs, users, items;
  const int32_t *context, *item;
  const float *gmf_users, *gmf_items, *mlp_users, *mlp_items, *weights;
  float* hidden;  // [pairs, hidden_width]

  float* Hidden(size_t pair, const Layer& layer) const { return hidden + pair * hidden_width + layer.at; }
};

Tower ReadTower(Arguments& arguments) {
  Tower tower{};
  tower.threads = arguments.Integer("threads", 1, 1024);
  tower.instructions = &ReadInstructions(arguments);
  tower.factors = arguments.Integer("factors", 0, 1 << 14);
  const Span<int32_t> widths = arguments.Ints("widths");
  arguments.RequireWithin("widths", widths, 1, 1 << 14);
  if (widths.size < 2 || widths[0] % 2 != 0) arguments.Refuse("widths", "are not an even number and one a layer");
  tower.half = widths[0] / 2;
  for (size_t l = 1; l < widths.size; l++) {
    const size_t inputs = widths[l - 1];
    const size_t outputs = widths[l];
    tower.layers.push_back({inputs, outputs, tower.size, tower.size + inputs * outputs, tower.hidden_width});
    tower.size += (inputs + 1) * outputs;
    tower.hidden_width += outputs;
  }
  tower.out = tower.size;
  tower.size += tower.factors + tower.layers.back().outputs + 1;
  tower.users = arguments.Integer("users", 0, INT32_MAX);
  tower.items = arguments.Integer("items", 0, INT32_MAX);
  const Span<int32_t> context = arguments.Ints("context");
  arguments.RequireWithin("context", context, 0, static_cast<int64_t>(tower.users) - 1);
  tower.pairs = context.size;
  tower.context = context.data;
  tower.item = arguments.IntsWithin("item", tower.pairs, 0, static_cast<int64_t>(tower.items) - 1);
  tower.gmf_users = arguments.Floats("GMF users", tower.users * tower.factors);
  tower.gmf_items = arguments.Floats("GMF items", tower.items * tower.factors);
  tower.mlp_users = arguments.Floats("MLP users", tower.users * tower.half);
  tower.mlp_items = arguments.Floats("MLP items", tower.items * tower.half);
  tower.weights = arguments.Floats("weights", tower.size);
  tower.hidden = arguments.Floats("hidden", tower.pairs * tower.hidden_width);
  return tower;
}

// Pointers to the vectors of a chunk's pairs.
struct Rows {
  size_t count;
  const float* users[kChunk];
  const float* items[kChunk];
  float* values[kChunk];
  float* before[kChunk];

  Rows(const Tower& tower, size_t first, size_t end) : count(std::min(kChunk, end - first)) {
    for (size_t i = 0; i < count; i++) {
      users[i] = tower.mlp_users + tower.context[first + i] * tower.half;
      items[i] = tower.mlp_items + tower.item[first + i] * tower.half;
    }
  }
  void PointAt(const Tower& tower, size_t first, size_t l) {
    for (size_t i = 0; i < count; i++) {
      values[i] = tower.Hidden(first + i, tower.layers[l]);
      if (l > 0) before[i] = tower.Hidden(first + i, tower.layers[l - 1]);
    }
  }
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void Rectify(float* values, size_t width) {
  for (size_t c = 0; c < width; c++) values[c] = values[c] < 0 ? 0 : values[c];
}

__attribute__((target_clones("avx512f", "avx2", "default")))
float Logit(const Tower& tower, size_t pair) {
  const float* weights = tower.weights + tower.out;
  const float* user = tower.gmf_users + tower.context[pair] * tower.factors;
  const float* item = tower.gmf_items + tower.item[pair] * tower.factors;
  constexpr size_t kSums = 16;
  float sums[kSums] = {};
  size_t f = 0;
  for (; f + kSums <= tower.factors; f += kSums) {
    for (size_t s = 0; s < kSums; s++) sums[s] += weights[f + s] * user[f + s] * item[f + s];
  }
  for (; f < tower.factors; f++) sums[0] += weights[f] * user[f] * item[f];
  weights += tower.factors;
  const size_t width = tower.layers.back().outputs;
  const float* values = tower.Hidden(pair, tower.layers.back());
  size_t c = 0;
  for (; c + kSums <= width; c += kSums) {
    for (size_t s = 0; s < kSums; s++) sums[s] += weights[c + s] * values[c + s];
  }
  for (; c < width; c++) sums[0] += weights[c] * values[c];
  float sum = weights[width];
  for (const float part : sums) sum += part;
  return sum;
}

// A matrix for each layer but the first, whose has two halves: for the user and for the item.
struct Matrices {
  std::vector<Panels> halves, others;
};

Matrices MatricesOf(const Tower& tower, bool transposed) {
  Matrices matrices;
  const size_t lanes = tower.instructions->lanes;
  const auto panels = [&](size_t at, size_t inputs, size_t outputs) {
    const float* matrix = tower.weights + at;
    return transposed ? Panels::OfTransposed(matrix, outputs, inputs, lanes)
                      : Panels::Of(matrix, inputs, outputs, lanes);
  };
  const Layer& first = tower.layers[0];
  for (size_t half = 0; half < 2; half++) {
    matrices.halves.push_back(panels(first.weight + half * tower.half * first.outputs, tower.half, first.outputs));
  }
  for (size_t l = 1; l < tower.layers.size(); l++) {
    matrices.others.push_back(panels(tower.layers[l].weight, tower.layers[l].inputs, tower.layers[l].outputs));
  }
  return matrices;
}

void ForwardSome(const Tower& tower, const Matrices& matrices, Share share, float* logits) {
  const auto add_product = tower.instructions->add_product;
  for (size_t first = share.begin; first < share.end; first += kChunk) {
    Rows rows(tower, first, share.end);
    for (size_t l = 0; l < tower.layers.size(); l++) {
      const Layer& layer = tower.layers[l];
      rows.PointAt(tower, first, l);
      for (size_t i = 0; i < rows.count; i++) std::copy_n(tower.weights + layer.bias, layer.outputs, rows.values[i]);
      if (l == 0) {
        add_product(rows.values, rows.users, rows.count, matrices.halves[0], layer.outputs);
        add_product(rows.values, rows.items, rows.count, matrices.halves[1], layer.outputs);
      } else {
        add_product(rows.values, rows.before, rows.count, matrices.others[l - 1], layer.outputs);
      }
      for (size_t i = 0; i < rows.count; i++) Rectify(rows.values[i], layer.outputs);
    }
    for (size_t i = 0; i < rows.count; i++) logits[first + i] = Logit(tower, first + i);
  }
}

struct TowerGradients {
  const float* logits;
  float *gmf_users, *gmf_items, *mlp_users, *mlp_items, *weights;
};

// Adds to the gradient of the output's weights; the last layer's values become their gradients.
__attribute__((target_clones("avx512f", "avx2", "default")))
void OutputBack(const Tower& tower, size_t pair, float dz, float* d_weights) {
  const float* user = tower.gmf_users + tower.context[pair] * tower.factors;
  const float* item = tower.gmf_items + tower.item[pair] * tower.factors;
  for (size_t f = 0; f < tower.factors; f++) d_weights[f] += dz * (user[f] * item[f]);
  const float* weights = tower.weights + tower.out + tower.factors;
  d_weights += tower.factors;
  const size_t width = tower.layers.back().outputs;
  float* values = tower.Hidden(pair, tower.layers.back());
  for (size_t c = 0; c < width; c++) {
    d_weights[c] += dz * values[c];
    values[c] = values[c] > 0 ? dz * weights[c] : 0;
  }
  d_weights[width] += dz;
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void RectifyBack(float* values, const float* gradient, size_t width) {
  for (size_t c = 0; c < width; c++) values[c] = values[c] > 0 ? gradient[c] : 0;
}

// Gradients of the weights are added to `sums`, and hidden values become their gradients.
void BackwardSome(const Tower& tower, const Matrices& matrices, Share share, const float* d_logits, float* sums) {
  const Instructions& instructions = *tower.instructions;
  std::vector<float> gradients(kChunk * tower.hidden_width);
  for (size_t first = share.begin; first < share.end; first += kChunk) {
    Rows rows(tower, first, share.end);
    for (size_t i = 0; i < rows.count; i++) OutputBack(tower, first + i, d_logits[first + i], sums + tower.out);
    for (size_t l = tower.layers.size(); l-- > 0;) {
      const Layer& layer = tower.layers[l];
      rows.PointAt(tower, first, l);
      instructions.add_rows(sums + layer.bias, layer.outputs, rows.values, rows.count);
      float* d_weight = sums + layer.weight;
      if (l == 0) {
        instructions.add_outer_products(d_weight, tower.half, layer.outputs, rows.users, rows.values, rows.count);
        d_weight += tower.half * layer.outputs;
        instructions.add_outer_products(d_weight, tower.half, layer.outputs, rows.items, rows.values, rows.count);
        break;
      }
      instructions.add_outer_products(d_weight, layer.inputs, layer.outputs, rows.before, rows.values, rows.count);
      float* d_before[kChunk];
      for (size_t i = 0; i < rows.count; i++) d_before[i] = gradients.data() + i * layer.inputs;
      std::fill_n(gradients.data(), rows.count * layer.inputs, 0.0f);
      instructions.add_product(d_before, rows.values, rows.count, matrices.others[l - 1], layer.inputs);
      for (size_t i = 0; i < rows.count; i++) RectifyBack(rows.before[i], d_before[i], layer.inputs);
    }
  }
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void AddScaledProduct(float* to, float factor, const float* a, const float* b, size_t width) {
  for (size_t f = 0; f < width; f++) to[f] += factor * a[f] * b[f];
}

// One side of the pairs: users or items.
struct Side {
  const int32_t* of;
  size_t count;
  const int32_t* other_of;
  const float* others;
  float *d_gmf, *d_mlp;
};

// Gradients of the vectors with the numbers of `share`, which no other thread adds to.
void VectorsBack(const Tower& tower, const Panels& matrix, const Side& side, Share share, const float* d_logits) {
  float* to[kChunk];
  const float* from[kChunk];
  size_t count = 0;
  const auto flush = [&] {
    tower.instructions->add_product(to, from, count, matrix, tower.half);
    count = 0;
  };
  for (size_t pair = 0; pair < tower.pairs; pair++) {
    const size_t vector = side.of[pair];
    if (vector < share.begin || vector >= share.end) continue;
    AddScaledProduct(side.d_gmf + vector * tower.factors, d_logits[pair], tower.weights + tower.out,
                     side.others + side.other_of[pair] * tower.factors, tower.factors);
    to[count] = side.d_mlp + vector * tower.half;
    from[count++] = tower.Hidden(pair, tower.layers[0]);
    if (count == kChunk) flush();
  }
  flush();
}

}  // namespace

void NcfForward(Arguments& arguments) {
  const Tower tower = ReadTower(arguments);
  float* logits = arguments.Floats("logits", tower.pairs);
  arguments.End();
  const Matrices matrices = MatricesOf(tower, false);
  Parallel(tower.threads, [&](size_t index) {
    ForwardSome(tower, matrices, Share(tower.pairs, tower.threads, index), logits);
  });
}

void NcfBackward(Arguments& arguments) {
  const Tower tower = ReadTower(arguments);
  TowerGradients to{};
  to.logits = arguments.Floats("gradient of the logits", tower.pairs);
  to.gmf_users = arguments.Floats("gradient of the GMF users", tower.users * tower.factors);
  to.gmf_items = arguments.Floats("gradient of the GMF items", tower.items * tower.factors);
  to.mlp_users = arguments.Floats("gradient of the MLP users", tower.users * tower.half);
  to.mlp_items = arguments.Floats("gradient of the MLP items", tower.items * tower.half);
  to.weights = arguments.Floats("gradient of the weights", tower.size);
  arguments.End();
  const Matrices matrices = MatricesOf(tower, true);
  std::vector<std::vector<float>> sums(tower.threads, std::vector<float>(tower.size));
  Parallel(tower.threads, [&](size_t index) {
    BackwardSome(tower, matrices, Share(tower.pairs, tower.threads, index), to.logits, sums[index].data());
  });
  const Side users{tower.context, tower.users, tower.item, tower.gmf_items, to.gmf_users, to.mlp_users};
  const Side items{tower.item, tower.items, tower.context, tower.gmf_users, to.gmf_items, to.mlp_items};
  Parallel(tower.threads, [&](size_t index) {
    VectorsBack(tower, matrices.halves[0], users, Share(users.count, tower.threads, index), to.logits);
    VectorsBack(tower, matrices.halves[1], items, Share(items.count, tower.threads, index), to.logits);
  });
  for (const std::vector<float>& part : sums) {
    for (size_t i = 0; i < tower.size; i++) to.weights[i] += part[i];
  }
}

}  // namespace mvrec
