// Operations on the elements of tensors, with broadcasting. They take a microsecond to call where one of TensorFlow's takes
// fifteen, which is what steps of a few hundred pairs consist of.
#include <algorithm>
#include <cmath>

#include "functions.h"
#include "kernels.h"
#include "layout.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

// The numbers of operations are those of ../hostOperations.ts.
enum Unary { kNegative, kSquare, kSquareRoot, kAbsolute, kRelu, kClip, kReciprocal, kExp, kSigmoid, kTanh, kGelu };
enum Binary { kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum, kSquaredDifference, kReluGradient, kGeluGradient };

struct UnaryWork {
  int64_t operation;
  const float* x;
  float* y;
  float low, high;
};

template <typename Function>
MVREC_INLINE void Each(const UnaryWork& work, Share share, const Function& function) {
  const float* __restrict const x = work.x;
  float* __restrict const y = work.y;
  for (size_t i = share.begin; i < share.end; i++) y[i] = function(x[i]);
}

#define MVREC_OF(arguments, value) [&] arguments __attribute__((always_inline)) { return value; }

__attribute__((target_clones("avx512f", "avx2", "default")))
void UnarySome(const UnaryWork& work, Share share) {
  const float low = work.low, high = work.high;
  switch (work.operation) {
    case kNegative: return Each(work, share, MVREC_OF((float x), -x));
    case kSquare: return Each(work, share, MVREC_OF((float x), x * x));
    case kSquareRoot: return Each(work, share, MVREC_OF((float x), std::sqrt(x)));
    case kAbsolute: return Each(work, share, MVREC_OF((float x), std::fabs(x)));
    // NaN goes through all comparisons.
    case kRelu: return Each(work, share, MVREC_OF((float x), x < 0 ? 0.0f : x));
    case kClip: return Each(work, share, MVREC_OF((float x), x < low ? low : x > high ? high : x));
    case kReciprocal: return Each(work, share, MVREC_OF((float x), 1 / x));
    case kExp: return Each(work, share, MVREC_OF((float x), ExpOf(x)));
    case kSigmoid: return Each(work, share, MVREC_OF((float x), SigmoidOf(x)));
    case kTanh: return Each(work, share, MVREC_OF((float x), TanhOf(x)));
    case kGelu: return Each(work, share, MVREC_OF((float x), GeluOf(x)));
  }
}

struct BinaryWork {
  int64_t operation;
  Layout<3> layout;  // of the result, a and b
  const float* a;
  const float* b;
  float* y;
};

// Rows `share` of the three outer dimensions.
template <typename Function>
MVREC_INLINE void EachPair(const BinaryWork& work, Share share, const Function& function) {
  const size_t n = work.layout.sizes[3];
  const size_t step_a = work.layout.strides[1][3], step_b = work.layout.strides[2][3];
  Rows<3> rows(work.layout, share.begin);
  for (size_t row = share.begin; row < share.end; row++, rows.Next()) {
    float* __restrict const y = work.y + rows.at[0];
    const float* __restrict const a = work.a + rows.at[1];
    const float* __restrict const b = work.b + rows.at[2];
    if (step_a == 1 && step_b == 1) {
      for (size_t i = 0; i < n; i++) y[i] = function(a[i], b[i]);
    } else if (step_a == 1 && step_b == 0) {
      const float right = b[0];
      for (size_t i = 0; i < n; i++) y[i] = function(a[i], right);
    } else if (step_a == 0 && step_b == 1) {
      const float left = a[0];
      for (size_t i = 0; i < n; i++) y[i] = function(left, b[i]);
    } else {
      for (size_t i = 0; i < n; i++) y[i] = function(a[i * step_a], b[i * step_b]);
    }
  }
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void BinarySome(const BinaryWork& work, Share share) {
  switch (work.operation) {
    case kAdd: return EachPair(work, share, MVREC_OF((float a, float b), a + b));
    case kSubtract: return EachPair(work, share, MVREC_OF((float a, float b), a - b));
    case kMultiply: return EachPair(work, share, MVREC_OF((float a, float b), a * b));
    case kDivide: return EachPair(work, share, MVREC_OF((float a, float b), a / b));
    case kMaximum: return EachPair(work, share, MVREC_OF((float a, float b), a > b || a != a ? a : b));
    case kMinimum: return EachPair(work, share, MVREC_OF((float a, float b), a < b || a != a ? a : b));
    case kSquaredDifference: return EachPair(work, share, MVREC_OF((float a, float b), (a - b) * (a - b)));
    case kReluGradient: return EachPair(work, share, MVREC_OF((float dy, float y), y > 0 ? dy : 0.0f));
    case kGeluGradient: return EachPair(work, share, MVREC_OF((float dy, float x), dy * GeluSlope(x)));
  }
}

// Below this a thread costs more than it does.
constexpr size_t kPerThread = 1 << 17;

}  // namespace

void UnaryOperation(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  UnaryWork work;
  work.operation = arguments.Integer("operation", 0, kGelu);
  const Span<float> x = arguments.Floats("x");
  work.x = x.data;
  work.y = arguments.Floats("result", x.size);
  const Span<float> bounds = arguments.Floats("bounds");
  if (bounds.size != (work.operation == kClip ? 2 : 0)) arguments.Refuse("bounds", "are of clipping, two");
  work.low = bounds.size ? bounds[0] : 0;
  work.high = bounds.size ? bounds[1] : 0;
  arguments.End();
  const size_t used = std::min(threads, x.size / kPerThread + 1);
  Parallel(used, [&](size_t index) { UnarySome(work, Share(x.size, used, index)); });
}

void BinaryOperation(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  BinaryWork work;
  work.operation = arguments.Integer("operation", 0, kGeluGradient);
  work.layout = Layout<3>::Read(arguments);
  const Span<float> a = arguments.Floats("a");
  const Span<float> b = arguments.Floats("b");
  const Span<float> y = arguments.Floats("result");
  arguments.End();
  work.layout.RequireWithin(arguments, {y.size, a.size, b.size});
  work.a = a.data;
  work.b = b.data;
  work.y = y.data;
  const size_t rows = work.layout.CountRows();
  const size_t used = std::min({threads, y.size / kPerThread + 1, rows});
  // One long row is cut where threads share it.
  if (rows == 1 && threads > 1 && y.size > kPerThread) {
    const size_t n = work.layout.sizes[3];
    const size_t parts = std::min(threads, n / kPerThread + 1);
    Parallel(parts, [&](size_t index) {
      const Share share(n, parts, index);
      BinaryWork part = work;
      part.layout.sizes[3] = share.end - share.begin;
      part.y += share.begin * work.layout.strides[0][3];
      part.a += share.begin * work.layout.strides[1][3];
      part.b += share.begin * work.layout.strides[2][3];
      BinarySome(part, Share(1, 1, 0));
    });
    return;
  }
  Parallel(used, [&](size_t index) { BinarySome(work, Share(rows, used, index)); });
}

}  // namespace mvrec
