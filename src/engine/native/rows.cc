// Rows of tables: the same operations in the same order as ../rows.ts, in double precision and without fused
// multiply-add, so that the results are the same bits. Rows are far apart in memory and are asked for ahead of time.
#include <cmath>

#include "kernels.h"
#include "threads.h"

#pragma GCC optimize("fp-contract=off")
#pragma STDC FP_CONTRACT OFF

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
    if (rows[i] < 0) continue;
    const float* from = data + rows[i] * width;
    float* to = values + i * width;
    for (size_t c = 0; c < width; c++) to[c] = from[c];
  }
}

struct Adam {
  size_t width;
  float* data;
  float* m;
  float* v;
  const int32_t* rows;
  const float* values;
  const double* rates;
  const double* corrections;
  double beta1, beta2, epsilon, scale;
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void UpdateSome(const Adam& adam, Share share) {
  const auto [width, data, m, v, rows, values, rates, corrections, beta1, beta2, epsilon, scale] = adam;
  for (size_t i = share.begin; i < share.end; i++) {
    if (i + kAhead < share.end) {
      const size_t next = rows[i + kAhead] * width;
      Prefetch(data + next, width);
      Prefetch(m + next, width);
      Prefetch(v + next, width);
    }
    const double rate = rates[i];
    const double correction = corrections[i];
    const float* gradient = values + i * width;
    float* __restrict const row = data + rows[i] * width;
    float* __restrict const mean = m + rows[i] * width;
    float* __restrict const square = v + rows[i] * width;
    for (size_t c = 0; c < width; c++) {
      const double g = scale * gradient[c];
      const float m_new = static_cast<float>(beta1 * mean[c] + (1 - beta1) * g);
      const float v_new = static_cast<float>(beta2 * square[c] + (1 - beta2) * g * g);
      mean[c] = m_new;
      square[c] = v_new;
      row[c] = static_cast<float>(row[c] - rate * m_new / (std::sqrt(v_new * correction) + epsilon));
    }
  }
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

void AdamRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Adam adam;
  adam.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> data = arguments.Floats("data");
  adam.data = data.data;
  adam.m = arguments.Floats("m", data.size);
  adam.v = arguments.Floats("v", data.size);
  const Span<int32_t> rows = arguments.Ints("rows");
  arguments.RequireWithin("rows", rows, 0, static_cast<int64_t>(data.size / adam.width) - 1);
  adam.rows = rows.data;
  adam.values = arguments.Floats("values", rows.size * adam.width);
  adam.rates = arguments.Doubles("rates", rows.size);
  adam.corrections = arguments.Doubles("corrections", rows.size);
  adam.beta1 = arguments.Number("beta1");
  adam.beta2 = arguments.Number("beta2");
  adam.epsilon = arguments.Number("epsilon");
  adam.scale = arguments.Number("scale");
  arguments.End();
  const size_t used = ThreadsFor(threads, rows.size * adam.width);
  Parallel(used, [&](size_t index) { UpdateSome(adam, Share(rows.size, used, index)); });
}

}  // namespace mvrec
