// A linear layer with a ReLU, then a grouped linear layer: relu(x W + b) is cut into groups of channels, each of which
// goes through a matrix of its own. Rows are taken a chunk at a time, which stays in the cache all the way.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threadSums.h"
#include "threads.h"

namespace mvrec {
namespace {

constexpr size_t kChunk = 64;
// A thread for less than so many rows costs more than it does.
constexpr size_t kPerThread = 64;

struct Group {
  size_t start;  // its first channel
  size_t size;
  const float* matrix;  // [size, size]
};

struct Mlp {
  size_t inputs;
  size_t width;
  size_t count;
  const float* x;       // [count, inputs]
  const float* weight;  // [inputs, width]
  const float* bias;    // [width]
  std::vector<Group> groups;
  float* hidden;  // [count, width], or null: not kept

  size_t Threads(size_t threads) const { return std::min(threads, count / kPerThread + 1); }
};

// Pointers to the rows of a chunk of [.., stride], from channel `start` on.
template <typename T>
struct Rows {
  T* at[kChunk];

  Rows(T* first, size_t stride, size_t count, size_t start = 0) {
    for (size_t i = 0; i < count; i++) at[i] = first + i * stride + start;
  }
};

void Forward(const Mlp& mlp, const Instructions& instructions, size_t threads, float* out) {
  const size_t width = mlp.width;
  const Panels weight = Panels::Of(mlp.weight, mlp.inputs, width, instructions.lanes);
  std::vector<Panels> groups;
  for (const Group& group : mlp.groups) {
    groups.push_back(Panels::Of(group.matrix, group.size, group.size, instructions.lanes));
  }
  Parallel(threads, [&](size_t thread) {
    const Share share(mlp.count, threads, thread);
    std::vector<float> own(mlp.hidden ? 0 : kChunk * width);
    for (size_t begin = share.begin; begin < share.end; begin += kChunk) {
      const size_t count = std::min(kChunk, share.end - begin);
      float* hidden = mlp.hidden ? mlp.hidden + begin * width : own.data();
      for (size_t i = 0; i < count; i++) std::copy_n(mlp.bias, width, hidden + i * width);
      const Rows<const float> x(mlp.x + begin * mlp.inputs, mlp.inputs, count);
      instructions.add_product(Rows<float>(hidden, width, count).at, x.at, count, weight, width);
      for (size_t i = 0; i < count * width; i++) hidden[i] = hidden[i] < 0 ? 0 : hidden[i];  // NaN stays
      float* to = out + begin * width;
      std::fill_n(to, count * width, 0.0f);
      for (size_t g = 0; g < groups.size(); g++) {
        const auto [start, size, matrix] = mlp.groups[g];
        instructions.add_product(Rows<float>(to, width, count, start).at,
                                 Rows<const float>(hidden, width, count, start).at, count, groups[g], size);
      }
    }
  });
}

// The results are the gradients of weight, bias and the groups' matrices.
void Backward(const Mlp& mlp, const Instructions& instructions, size_t threads, const float* dy, float* dx,
              const std::vector<Span<float>>& results) {
  const size_t width = mlp.width;
  const Panels weight = Panels::OfTransposed(mlp.weight, width, mlp.inputs, instructions.lanes);
  std::vector<Panels> groups;
  for (const Group& group : mlp.groups) {
    groups.push_back(Panels::OfTransposed(group.matrix, group.size, group.size, instructions.lanes));
  }
  size_t total = 0;
  for (const Span<float>& result : results) total += result.size;
  ThreadSums sums(threads, total);
  Parallel(threads, [&](size_t thread) {
    float* const sum = sums.Start(thread);
    std::vector<float> d_hidden(kChunk * width);
    const Share share(mlp.count, threads, thread);
    for (size_t begin = share.begin; begin < share.end; begin += kChunk) {
      const size_t count = std::min(kChunk, share.end - begin);
      const float* hidden = mlp.hidden + begin * width;
      const float* gradient = dy + begin * width;
      float* to = sum + (mlp.inputs + 1) * width;
      std::fill_n(d_hidden.data(), count * width, 0.0f);
      for (size_t g = 0; g < groups.size(); g++) {
        const auto [start, size, matrix] = mlp.groups[g];
        const Rows<const float> of_group(gradient, width, count, start);
        instructions.add_product(Rows<float>(d_hidden.data(), width, count, start).at, of_group.at, count, groups[g],
                                 size);
        instructions.add_outer_products(to, size, size, Rows<const float>(hidden, width, count, start).at, of_group.at,
                                        count);
        to += size * size;
      }
      for (size_t i = 0; i < count * width; i++) d_hidden[i] = hidden[i] > 0 ? d_hidden[i] : 0;
      const Rows<const float> d_rows(d_hidden.data(), width, count);
      float* d_x = dx + begin * mlp.inputs;
      std::fill_n(d_x, count * mlp.inputs, 0.0f);
      instructions.add_product(Rows<float>(d_x, mlp.inputs, count).at, d_rows.at, count, weight, mlp.inputs);
      const Rows<const float> x(mlp.x + begin * mlp.inputs, mlp.inputs, count);
      instructions.add_outer_products(sum, mlp.inputs, width, x.at, d_rows.at, count);
      instructions.add_rows(sum + mlp.inputs * width, width, d_rows.at, count);
    }
  });
  size_t at = 0;
  for (const Span<float>& result : results) {
    sums.Write(at, result.size, result.data);
    at += result.size;
  }
}

// What both ways begin with.
Mlp ReadMlp(Arguments& arguments) {
  Mlp mlp{};
  mlp.inputs = arguments.Integer("inputs", 1, 1 << 14);
  mlp.width = arguments.Integer("width", 1, 1 << 14);
  const Span<float> x = arguments.FloatsInRows("x", mlp.inputs);
  mlp.count = x.size / mlp.inputs;
  mlp.x = x.data;
  mlp.weight = arguments.Floats("weight", mlp.inputs * mlp.width);
  mlp.bias = arguments.Floats("bias", mlp.width);
  const Span<float> hidden = arguments.Floats("hidden");
  if (hidden.size != 0 && hidden.size < mlp.count * mlp.width) arguments.Refuse("hidden", "is too short");
  mlp.hidden = hidden.size == 0 ? nullptr : hidden.data;
  const Span<int32_t> sizes = arguments.Ints("sizes");
  arguments.RequireWithin("sizes", sizes, 1, static_cast<int64_t>(mlp.width));
  size_t start = 0;
  for (size_t g = 0; g < sizes.size; g++) {
    mlp.groups.push_back({start, static_cast<size_t>(sizes[g]), nullptr});
    start += sizes[g];
  }
  if (start != mlp.width) arguments.Refuse("sizes", "do not add up to " + std::to_string(mlp.width));
  return mlp;
}

// What both ways end with.
void ReadMatrices(Arguments& arguments, Mlp& mlp) {
  for (Group& group : mlp.groups) group.matrix = arguments.Floats("matrix of a group", group.size * group.size);
}

}  // namespace

void GroupedMlpForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Mlp mlp = ReadMlp(arguments);
  float* out = arguments.Floats("result", mlp.count * mlp.width);
  ReadMatrices(arguments, mlp);
  arguments.End();
  Forward(mlp, instructions, mlp.Threads(threads), out);
}

void GroupedMlpBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Mlp mlp = ReadMlp(arguments);
  if (!mlp.hidden && mlp.count > 0) arguments.Refuse("hidden", "was not kept");
  const float* dy = arguments.Floats("gradient of the result", mlp.count * mlp.width);
  float* dx = arguments.Floats("gradient of x", mlp.count * mlp.inputs);
  std::vector<Span<float>> results;
  const auto read = [&](const char* name, size_t size) { results.push_back({arguments.Floats(name, size), size}); };
  read("gradient of the weight", mlp.inputs * mlp.width);
  read("gradient of the bias", mlp.width);
  for (const Group& group : mlp.groups) read("gradient of a group", group.size * group.size);
  ReadMatrices(arguments, mlp);
  arguments.End();
  Backward(mlp, instructions, mlp.Threads(threads), dy, dx, results);
}

}  // namespace mvrec
