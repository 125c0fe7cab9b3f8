// Sums, maxima and minima over an axis of a tensor, and copies between layouts.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "layout.h"
#include "sums.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

// The numbers of operations are those of ../hostOperations.ts.
enum Reduction { kSum, kLargest, kSmallest };

struct ReduceWork {
  int64_t operation;
  size_t n, inner;
  const float* x;  // [outer, n, inner]
  float* y;        // [outer, inner]
};

// Sums of single precision lose a digit after some thousand terms: those of blocks are added up in double.
constexpr size_t kBlock = 256;
constexpr size_t kLanes = 16;

MVREC_INLINE float SumOf(const float* x, size_t n) {
  if (n < kLanes) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum;
  }
  double total = 0;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t end = std::min(begin + kBlock, n);
    const float* const block = x + begin;
    total += SumInLanes<float, kLanes>(end - begin, MVREC_TERM(block[i]));
  }
  return static_cast<float>(total);
}

// NaN wins.
MVREC_INLINE float Larger(float a, float b) { return a > b || a != a ? a : b; }
MVREC_INLINE float Smaller(float a, float b) { return a < b || a != a ? a : b; }

MVREC_INLINE void SumColumns(const ReduceWork& work, const float* x, float* y) {
  std::fill_n(y, work.inner, 0.0f);
  if (work.n <= kBlock) {
    for (size_t i = 0; i < work.n; i++, x += work.inner) {
      for (size_t c = 0; c < work.inner; c++) y[c] += x[c];
    }
    return;
  }
  std::vector<double> totals(work.inner);
  for (size_t begin = 0; begin < work.n; begin += kBlock) {
    std::fill_n(y, work.inner, 0.0f);
    for (size_t i = begin; i < std::min(begin + kBlock, work.n); i++, x += work.inner) {
      for (size_t c = 0; c < work.inner; c++) y[c] += x[c];
    }
    for (size_t c = 0; c < work.inner; c++) totals[c] += y[c];
  }
  for (size_t c = 0; c < work.inner; c++) y[c] = static_cast<float>(totals[c]);
}

template <typename Function>
MVREC_INLINE void Extreme(const ReduceWork& work, const float* x, float* y, const Function& function) {
  std::copy_n(x, work.inner, y);
  for (size_t i = 1; i < work.n; i++) {
    x += work.inner;
    for (size_t c = 0; c < work.inner; c++) y[c] = function(y[c], x[c]);
  }
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void ReduceSome(const ReduceWork& work, Share share) {
  for (size_t o = share.begin; o < share.end; o++) {
    const float* x = work.x + o * work.n * work.inner;
    float* y = work.y + o * work.inner;
    if (work.operation == kLargest) {
      Extreme(work, x, y, Larger);
    } else if (work.operation == kSmallest) {
      Extreme(work, x, y, Smaller);
    } else if (work.inner == 1) {
      *y = SumOf(x, work.n);
    } else {
      SumColumns(work, x, y);
    }
  }
}

// Below this a thread costs more than it does.
constexpr size_t kPerThread = 1 << 17;

struct CopyWork {
  Layout<2> layout;  // of the result and x
  const float* x;
  float* y;
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void CopySome(const CopyWork& work, Share share) {
  const size_t n = work.layout.sizes[3];
  const size_t to = work.layout.strides[0][3], from = work.layout.strides[1][3];
  Rows<2> rows(work.layout, share.begin);
  for (size_t row = share.begin; row < share.end; row++, rows.Next()) {
    float* __restrict const y = work.y + rows.at[0];
    const float* __restrict const x = work.x + rows.at[1];
    if (to == 1 && from == 1) {
      for (size_t i = 0; i < n; i++) y[i] = x[i];
    } else {
      for (size_t i = 0; i < n; i++) y[i * to] = x[i * from];
    }
  }
}

}  // namespace

void Reduce(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  ReduceWork work;
  work.operation = arguments.Integer("operation", 0, kSmallest);
  const size_t outer = arguments.Integer("outer", 1, INT32_MAX);
  work.n = arguments.Integer("n", 1, INT32_MAX);
  work.inner = arguments.Integer("inner", 1, INT32_MAX);
  work.x = arguments.Floats("x", outer * work.n * work.inner);
  work.y = arguments.Floats("result", outer * work.inner);
  arguments.End();
  const size_t used = std::min({threads, outer * work.n * work.inner / kPerThread + 1, outer});
  Parallel(used, [&](size_t index) { ReduceSome(work, Share(outer, used, index)); });
}

void CopyElements(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  CopyWork work;
  work.layout = Layout<2>::Read(arguments);
  const Span<float> x = arguments.Floats("x");
  const size_t from = arguments.Integer("begin of x", 0, INT32_MAX);
  const Span<float> y = arguments.Floats("result");
  const size_t to = arguments.Integer("begin of the result", 0, INT32_MAX);
  arguments.End();
  if (from >= x.size || to >= y.size) arguments.Refuse("layout", "begins beyond an array");
  work.layout.RequireWithin(arguments, {y.size - to, x.size - from});
  work.x = x.data + from;
  work.y = y.data + to;
  const size_t rows = work.layout.CountRows();
  const size_t used = std::min({threads, rows * work.layout.sizes[3] / kPerThread + 1, rows});
  Parallel(used, [&](size_t index) { CopySome(work, Share(rows, used, index)); });
}

}  // namespace mvrec
