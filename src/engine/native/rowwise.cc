// What is done to rows one by one, while they are in the cache: layer normalisation, softmax, Dice, and attention in which no
// position of a sequence sees a later one. Definitions: ../../layers/layerNorm.ts, learnedActivation.ts, causalAttention.ts.
#include <algorithm>
#include <vector>

#include "functions.h"
#include "kernels.h"
#include "sums.h"
#include "threadSums.h"
#include "threads.h"

namespace mvrec {
namespace {

// Below this a thread costs more than it does.
constexpr size_t kPerThread = 1 << 16;

size_t ThreadsFor(size_t threads, size_t rows, size_t width) {
  return std::max<size_t>(1, std::min({threads, rows, rows * width / kPerThread + 1}));
}

template <typename Term>
MVREC_INLINE float SumOf(size_t n, const Term& term) {
  return SumInLanes<float, 16>(n, term);
}

#define MVREC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

struct Norm {
  size_t width;
  float epsilon;
  const float *x, *gamma, *beta;
  float *unit, *deviation, *y;
};

MVREC_CLONES void NormSome(const Norm& norm, Share share) {
  const size_t n = norm.width;
  for (size_t row = share.begin; row < share.end; row++) {
    const float* __restrict const x = norm.x + row * n;
    float* __restrict const unit = norm.unit + row * n;
    float* __restrict const y = norm.y + row * n;
    const float mean = SumOf(n, MVREC_TERM(x[i])) / static_cast<float>(n);
    const float square = SumOf(n, MVREC_TERM((x[i] - mean) * (x[i] - mean))) / static_cast<float>(n);
    const float deviation = std::sqrt(square + norm.epsilon);
    norm.deviation[row] = deviation;
    for (size_t i = 0; i < n; i++) {
      unit[i] = (x[i] - mean) / deviation;
      y[i] = unit[i] * norm.gamma[i] + norm.beta[i];
    }
  }
}

struct NormBack {
  size_t width;
  const float *unit, *deviation, *gamma, *dy;
  float* dx;
};

MVREC_CLONES void NormBackSome(const NormBack& norm, Share share, float* d_gamma, float* d_beta) {
  const size_t n = norm.width;
  const float* __restrict const gamma = norm.gamma;
  for (size_t row = share.begin; row < share.end; row++) {
    const float* __restrict const dy = norm.dy + row * n;
    const float* __restrict const unit = norm.unit + row * n;
    float* __restrict const dx = norm.dx + row * n;
    const float mean = SumOf(n, MVREC_TERM(dy[i] * gamma[i])) / static_cast<float>(n);
    const float with_unit = SumOf(n, MVREC_TERM(dy[i] * gamma[i] * unit[i])) / static_cast<float>(n);
    const float deviation = norm.deviation[row];
    for (size_t i = 0; i < n; i++) {
      dx[i] = (dy[i] * gamma[i] - mean - unit[i] * with_unit) / deviation;
      d_gamma[i] += dy[i] * unit[i];
      d_beta[i] += dy[i];
    }
  }
}

struct Attention {
  size_t width, heads;
  float scale;
  Span<int32_t> offsets;  // sequence s is rows[offsets[s] .. offsets[s + 1] - 1]
  Span<int32_t> rows;
  const int32_t *sequence, *step;  // of each query
  const float *q, *k, *v;          // [Q, width], [R, width], [R, width]
  float* attended;                 // [Q, width]
};

// Queries `share`; `scores` has room for the longest sequence.
MVREC_CLONES void AttendSome(const Attention& in, Share share, float* scores) {
  const size_t size = in.width / in.heads;
  for (size_t query = share.begin; query < share.end; query++) {
    const int32_t* const rows = in.rows.data + in.offsets[in.sequence[query]];
    const size_t seen = in.step[query] + 1;
    for (size_t head = 0; head < in.heads; head++) {
      const size_t column = head * size;
      const float* __restrict const q = in.q + query * in.width + column;
      float most = -HUGE_VALF;
      for (size_t j = 0; j < seen; j++) {
        const float* __restrict const k = in.k + rows[j] * in.width + column;
        scores[j] = in.scale * SumOf(size, MVREC_TERM(q[i] * k[i]));
        most = most > scores[j] ? most : scores[j];
      }
      float sum = 0;
      for (size_t j = 0; j < seen; j++) {
        scores[j] = ExpOf(scores[j] - most);
        sum += scores[j];
      }
      float* __restrict const to = in.attended + query * in.width + column;
      std::fill_n(to, size, 0.0f);
      for (size_t j = 0; j < seen; j++) {
        const float* __restrict const v = in.v + rows[j] * in.width + column;
        const float weight = scores[j] / sum;
        for (size_t i = 0; i < size; i++) to[i] += weight * v[i];
      }
    }
  }
}

MVREC_CLONES void SoftmaxSome(size_t n, const float* all, float* weights, Share share) {
  for (size_t row = share.begin; row < share.end; row++) {
    const float* __restrict const x = all + row * n;
    float* __restrict const y = weights + row * n;
    float most = x[0];
    for (size_t i = 1; i < n; i++) most = x[i] > most ? x[i] : most;
    for (size_t i = 0; i < n; i++) y[i] = ExpOf(x[i] - most);
    const float sum = SumOf(n, MVREC_TERM(y[i]));
    for (size_t i = 0; i < n; i++) y[i] /= sum;
  }
}

struct Dice {
  size_t width;
  const float *z, *mean, *deviation, *alpha;
  float* y;
};

MVREC_CLONES void DiceSome(const Dice& dice, Share share) {
  const float *mean = dice.mean, *deviation = dice.deviation, *alpha = dice.alpha;
  for (size_t row = share.begin; row < share.end; row++) {
    const float* __restrict const z = dice.z + row * dice.width;
    float* __restrict const y = dice.y + row * dice.width;
    for (size_t i = 0; i < dice.width; i++) {
      const float gate = SigmoidOf((z[i] - mean[i]) / deviation[i]);
      y[i] = z[i] * (gate * (1 - alpha[i]) + alpha[i]);
    }
  }
}

}  // namespace

void DiceForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Dice dice{};
  dice.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> z = arguments.FloatsInRows("z", dice.width);
  dice.z = z.data;
  dice.mean = arguments.Floats("mean", dice.width);
  dice.deviation = arguments.Floats("deviation", dice.width);
  dice.alpha = arguments.Floats("alpha", dice.width);
  dice.y = arguments.Floats("result", z.size);
  arguments.End();
  const size_t rows = z.size / dice.width;
  const size_t used = ThreadsFor(threads, rows, dice.width);
  Parallel(used, [&](size_t index) { DiceSome(dice, Share(rows, used, index)); });
}

void LayerNormForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Norm norm{};
  norm.width = arguments.Integer("width", 1, INT32_MAX);
  norm.epsilon = static_cast<float>(arguments.Number("epsilon"));
  const Span<float> x = arguments.FloatsInRows("x", norm.width);
  const size_t rows = x.size / norm.width;
  norm.x = x.data;
  norm.gamma = arguments.Floats("gamma", norm.width);
  norm.beta = arguments.Floats("beta", norm.width);
  norm.unit = arguments.Floats("unit", x.size);
  norm.deviation = arguments.Floats("deviation", rows);
  norm.y = arguments.Floats("result", x.size);
  arguments.End();
  const size_t used = ThreadsFor(threads, rows, norm.width);
  Parallel(used, [&](size_t index) { NormSome(norm, Share(rows, used, index)); });
}

void LayerNormBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  NormBack norm{};
  norm.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> unit = arguments.FloatsInRows("unit", norm.width);
  const size_t rows = unit.size / norm.width;
  norm.unit = unit.data;
  norm.deviation = arguments.Floats("deviation", rows);
  norm.gamma = arguments.Floats("gamma", norm.width);
  norm.dy = arguments.Floats("gradient of the result", unit.size);
  norm.dx = arguments.Floats("gradient of x", unit.size);
  float* d_gamma = arguments.Floats("gradient of gamma", norm.width);
  float* d_beta = arguments.Floats("gradient of beta", norm.width);
  arguments.End();
  const size_t used = ThreadsFor(threads, rows, norm.width);
  ThreadSums sums(used, 2 * norm.width);
  Parallel(used, [&](size_t index) {
    float* const sum = sums.Start(index);
    NormBackSome(norm, Share(rows, used, index), sum, sum + norm.width);
  });
  sums.Write(0, norm.width, d_gamma);
  sums.Write(norm.width, norm.width, d_beta);
}

void CausalAttention(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Attention in{};
  in.width = arguments.Integer("width", 1, INT32_MAX);
  in.heads = arguments.Integer("heads", 1, in.width);
  if (in.width % in.heads != 0) arguments.Refuse("heads", "do not divide the width");
  in.scale = static_cast<float>(arguments.Number("scale"));
  in.offsets = arguments.Ints("offsets");
  in.rows = arguments.Ints("rows");
  const Span<int32_t> sequence = arguments.Ints("sequence");
  in.sequence = sequence.data;
  in.step = arguments.Ints("step", sequence.size);
  in.q = arguments.Floats("queries", sequence.size * in.width);
  const Span<float> k = arguments.FloatsInRows("keys", in.width);
  arguments.RequireLists(in.offsets, in.rows, k.size / in.width);
  in.k = k.data;
  in.v = arguments.Floats("values", k.size);
  in.attended = arguments.Floats("result", sequence.size * in.width);
  arguments.End();
  arguments.RequireWithin("sequence", sequence, 0, static_cast<int64_t>(in.offsets.size) - 2);
  size_t longest = 0;
  for (size_t query = 0; query < sequence.size; query++) {
    const int32_t step = in.step[query];
    const int32_t* const from = in.offsets.data + in.sequence[query];
    if (step < 0 || step >= from[1] - from[0]) arguments.Refuse("step", "is not of its sequence");
    longest = std::max<size_t>(longest, step + 1);
  }
  const size_t used = ThreadsFor(threads, sequence.size, longest * in.width);
  Parallel(used, [&](size_t index) {
    std::vector<float> scores(longest);
    AttendSome(in, Share(sequence.size, used, index), scores.data());
  });
}

void Softmax(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const size_t width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> x = arguments.FloatsInRows("x", width);
  float* y = arguments.Floats("result", x.size);
  arguments.End();
  const size_t rows = x.size / width;
  const size_t used = ThreadsFor(threads, rows, width);
  Parallel(used, [&](size_t index) { SoftmaxSome(width, x.data, y, Share(rows, used, index)); });
}

}  // namespace mvrec
