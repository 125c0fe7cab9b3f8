// Rows of tables: the same operations in the same order as ../rows.ts, in single precision and without fused
// multiply-add (-ffp-contract=off, see ../kernels.ts), so that the results are the same bits. Rows are far apart in
// memory and are asked for ahead of time.
#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cmath>

#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

constexpr size_t kAhead = 8;  // rows
constexpr size_t kLine = 16;  // floats

// Below this a thread costs more than it does.
constexpr size_t kPerThread = 16384;

size_t ThreadsFor(size_t threads, size_t values) {
  const size_t useful = values / kPerThread + 1;
  return threads < useful ? threads : useful;
}

inline void Prefetch(const float* row, size_t width) {
  for (size_t c = 0; c < width; c += kLine) __builtin_prefetch(row + c, 1);
}

struct Take {
  const float* data;
  size_t width;
  const int32_t* rows;
  float* values;
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void TakeSome(const Take& take, Share share) {
  const auto [data, width, rows, values] = take;
  for (size_t i = share.begin; i < share.end; i++) {
    if (i + kAhead < share.end && rows[i + kAhead] >= 0) Prefetch(data + rows[i + kAhead] * width, width);
    float* to = values + i * width;
    if (rows[i] < 0) {
      std::fill_n(to, width, 0.0f);
      continue;
    }
    const float* from = data + rows[i] * width;
    for (size_t c = 0; c < width; c++) to[c] = from[c];
  }
}

struct Add {
  size_t width;
  size_t count;
  const float* values;
  const int32_t* rows;
  float* sum;
};

// Lines `share` of every row: no two threads write to one, and each sum has the order of the rows.
__attribute__((target_clones("avx512f", "avx2", "default")))
void AddSome(const Add& add, Share share) {
  const size_t begin = share.begin * kLine;
  const size_t end = std::min(share.end * kLine, add.width);
  for (size_t i = 0; i < add.count; i++) {
    const float* from = add.values + i * add.width;
    float* __restrict const to = add.sum + add.rows[i] * add.width;
    for (size_t c = begin; c < end; c++) to[c] += from[c];
  }
}

struct Accumulate {
  size_t width;
  const float* values;
  Span<int32_t> rows;
  float* sum;
};

// In the order of the rows, some of which are the same.
__attribute__((target_clones("avx512f", "avx2", "default")))
void AccumulateAll(const Accumulate& work) {
  for (size_t i = 0; i < work.rows.size; i++) {
    if (work.rows[i] < 0) continue;
    const float* from = work.values + i * work.width;
    float* __restrict const to = work.sum + work.rows[i] * work.width;
    for (size_t c = 0; c < work.width; c++) to[c] += from[c];
  }
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void ScaleSome(float factor, const float* __restrict x, float* __restrict y, Share share) {
  for (size_t i = share.begin; i < share.end; i++) y[i] = factor * x[i];
}

// Four partial sums, as the twin has them.
__attribute__((target_clones("avx512f", "avx2", "default")))
double SquaresOf(Span<float> values) {
  double sums[4] = {};
  size_t i = 0;
  for (; i + 4 <= values.size; i += 4) {
    for (size_t lane = 0; lane < 4; lane++) {
      const double value = values[i + lane];
      sums[lane] += value * value;
    }
  }
  for (; i < values.size; i++) sums[0] += static_cast<double>(values[i]) * values[i];
  return sums[0] + sums[1] + (sums[2] + sums[3]);
}

struct AdamConstants {
  float beta1, beta2, rest1, rest2, epsilon, scale;
};

struct Adam {
  size_t width;
  float *data, *m, *v;
  int32_t* updates;
  const int32_t* rows;
  const float* values;
  Span<double> first, second;
  double learning_rate;
  AdamConstants constants;
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void UpdateSome(const Adam& adam, Share share) {
  const auto [width, data, m, v, updates, rows, values, first, second, learning_rate, constants] = adam;
  const auto [beta1, beta2, rest1, rest2, epsilon, scale] = constants;
  for (size_t i = share.begin; i < share.end; i++) {
    if (i + kAhead < share.end) {
      const size_t next = rows[i + kAhead] * width;
      Prefetch(data + next, width);
      Prefetch(m + next, width);
      Prefetch(v + next, width);
      __builtin_prefetch(updates + rows[i + kAhead], 1);
    }
    const size_t t = ++updates[rows[i]];
    const float rate = static_cast<float>(learning_rate / first[std::min(t, first.size - 1)]);
    const float correction = static_cast<float>(1 / second[std::min(t, second.size - 1)]);
    const float* gradient = values + i * width;
    float* __restrict const row = data + rows[i] * width;
    float* __restrict const mean = m + rows[i] * width;
    float* __restrict const square = v + rows[i] * width;
    for (size_t c = 0; c < width; c++) {
      const float g = scale * gradient[c];
      mean[c] = beta1 * mean[c] + rest1 * g;
      square[c] = beta2 * square[c] + rest2 * (g * g);
      row[c] -= rate * mean[c] / (std::sqrt(square[c] * correction) + epsilon);
    }
  }
}

// Adam on weights that all have had as many updates, from old arrays into new ones.
struct DenseAdam {
  const float *weights, *m, *v, *gradient;
  float *new_weights, *new_m, *new_v;
  float rate, correction;
  AdamConstants constants;
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void UpdateDense(const DenseAdam& adam, Share share) {
  const auto [beta1, beta2, rest1, rest2, epsilon, scale] = adam.constants;
  float* __restrict const weights = adam.new_weights;
  float* __restrict const m = adam.new_m;
  float* __restrict const v = adam.new_v;
  for (size_t i = share.begin; i < share.end; i++) {
    const float g = scale * adam.gradient[i];
    const float mean = beta1 * adam.m[i] + rest1 * g;
    const float square = beta2 * adam.v[i] + rest2 * (g * g);
    m[i] = mean;
    v[i] = square;
    weights[i] = adam.weights[i] - adam.rate * mean / (std::sqrt(square * adam.correction) + epsilon);
  }
}

AdamConstants ReadConstants(Arguments& arguments) {
  const double beta1 = arguments.Number("beta1");
  const double beta2 = arguments.Number("beta2");
  AdamConstants constants;
  constants.beta1 = static_cast<float>(beta1);
  constants.beta2 = static_cast<float>(beta2);
  constants.rest1 = static_cast<float>(1 - beta1);
  constants.rest2 = static_cast<float>(1 - beta2);
  constants.epsilon = static_cast<float>(arguments.Number("epsilon"));
  constants.scale = static_cast<float>(arguments.Number("scale"));
  return constants;
}

}  // namespace

void TakeRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const size_t width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> data = arguments.Floats("data");
  const Span<int32_t> rows = arguments.Ints("rows");
  arguments.RequireWithin("rows", rows, -1, static_cast<int64_t>(data.size / width) - 1);
  const Take take{data.data, width, rows.data, arguments.Floats("values", rows.size * width)};
  arguments.End();
  const size_t used = ThreadsFor(threads, rows.size * width);
  Parallel(used, [&](size_t index) { TakeSome(take, Share(rows.size, used, index)); });
}

void AddRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const size_t width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> values = arguments.FloatsInRows("values", width);
  const size_t count = values.size / width;
  const Span<float> sum = arguments.FloatsInRows("sum", width);
  const int32_t* rows = arguments.IntsWithin("rows", count, 0, static_cast<int64_t>(sum.size / width) - 1);
  arguments.End();
  std::fill_n(sum.data, sum.size, 0.0f);
  const size_t lines = (width + kLine - 1) / kLine;
  const size_t used = std::min(ThreadsFor(threads, values.size), lines);
  const Add add{width, count, values.data, rows, sum.data};
  Parallel(used, [&](size_t index) { AddSome(add, Share(lines, used, index)); });
}

void AccumulateRows(Arguments& arguments) {
  Accumulate work{};
  work.width = arguments.Integer("width", 1, INT32_MAX);
  work.rows = arguments.Ints("rows");
  work.values = arguments.Floats("values", work.rows.size * work.width);
  const Span<float> sum = arguments.FloatsInRows("sum", work.width);
  arguments.RequireWithin("rows", work.rows, -1, static_cast<int64_t>(sum.size / work.width) - 1);
  work.sum = sum.data;
  arguments.End();
  AccumulateAll(work);
}

void Scale(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const float factor = static_cast<float>(arguments.Number("factor"));
  const Span<float> x = arguments.Floats("x");
  float* y = arguments.Floats("result", x.size);
  arguments.End();
  const size_t used = ThreadsFor(threads, x.size);
  Parallel(used, [&](size_t index) { ScaleSome(factor, x.data, y, Share(x.size, used, index)); });
}

void SumOfSquares(Arguments& arguments) {
  const Span<float> values = arguments.Floats("values");
  arguments.End();
  napi_value sum = nullptr;
  napi_create_double(arguments.Env(), SquaresOf(values), &sum);
  arguments.Return(sum);
}

void AdamRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Adam adam;
  adam.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> data = arguments.Floats("data");
  adam.data = data.data;
  adam.m = arguments.Floats("m", data.size);
  adam.v = arguments.Floats("v", data.size);
  adam.updates = arguments.Ints("updates", data.size / adam.width);
  const Span<int32_t> rows = arguments.Ints("rows");
  arguments.RequireWithin("rows", rows, 0, static_cast<int64_t>(data.size / adam.width) - 1);
  adam.rows = rows.data;
  adam.values = arguments.Floats("values", rows.size * adam.width);
  adam.first = arguments.Doubles("first");
  adam.second = arguments.Doubles("second");
  if (adam.first.size < 2) arguments.Refuse("first", "has no correction");
  if (adam.second.size < 2) arguments.Refuse("second", "has no correction");
  adam.learning_rate = arguments.Number("learningRate");
  adam.constants = ReadConstants(arguments);
  arguments.End();
  const size_t used = ThreadsFor(threads, rows.size * adam.width);
  Parallel(used, [&](size_t index) { UpdateSome(adam, Share(rows.size, used, index)); });
}

void AdamDense(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Span<float> gradient = arguments.Floats("gradient");
  const size_t size = gradient.size;
  DenseAdam adam{};
  adam.gradient = gradient.data;
  adam.weights = arguments.Floats("weights", size);
  adam.m = arguments.Floats("m", size);
  adam.v = arguments.Floats("v", size);
  adam.new_weights = arguments.Floats("new weights", size);
  adam.new_m = arguments.Floats("new m", size);
  adam.new_v = arguments.Floats("new v", size);
  adam.rate = static_cast<float>(arguments.Number("rate"));
  adam.correction = static_cast<float>(arguments.Number("correction"));
  adam.constants = ReadConstants(arguments);
  arguments.End();
  const size_t used = ThreadsFor(threads, size);
  Parallel(used, [&](size_t index) { UpdateDense(adam, Share(size, used, index)); });
}

void UseLargePages(Arguments& arguments) {
  const Span<float> values = arguments.Floats("values");
  arguments.End();
#ifdef MADV_HUGEPAGE
  constexpr uintptr_t kPage = 4096;  // the kernel refuses other beginnings where its pages are larger; nothing is lost
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(values.data) + kPage - 1) / kPage * kPage;
  const uintptr_t end = reinterpret_cast<uintptr_t>(values.data + values.size) / kPage * kPage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace mvrec
