// Batch normalisation of channels, [rows, channels, width], of which values may be missing: the definition is in
// ../../layers/batchNorm.ts. A pass over the rows for each sum, with what belongs to a channel written out for each column.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

struct Norm {
  size_t rows, channels, width;
  bool training;
  float epsilon;
  Span<float> known;  // [rows, channels], or empty: all
  Span<float> times;  // [rows], likewise: once each

  size_t Columns() const { return channels * width; }

  static Norm Read(Arguments& arguments) {
    Norm norm{};
    norm.training = arguments.Integer("whether in training", 0, 1);
    norm.rows = arguments.Integer("rows", 1, INT32_MAX);
    norm.channels = arguments.Integer("channels", 1, INT32_MAX);
    norm.width = arguments.Integer("width", 1, INT32_MAX);
    norm.epsilon = static_cast<float>(arguments.Number("epsilon"));
    norm.known = arguments.Floats("known");
    norm.times = arguments.Floats("times");
    const size_t counted = norm.known.size ? 1 : 0;
    if (norm.known.size != counted * norm.rows * norm.channels) arguments.Refuse("known", "is not of all channels");
    if (norm.times.size != counted * norm.rows) arguments.Refuse("times", "are not of all rows");
    return norm;
  }
};

// For each column of a row: whether it is known, and how often it counts.
struct RowCounts {
  const Norm& norm;
  std::vector<float> is_known, weight;

  explicit RowCounts(const Norm& of) : norm(of), is_known(of.Columns(), 1.0f), weight(of.Columns(), 1.0f) {}

  void Read(size_t row) {
    if (!norm.known.size) return;
    for (size_t c = 0; c < norm.channels; c++) {
      const float value = norm.known[row * norm.channels + c];
      std::fill_n(is_known.data() + c * norm.width, norm.width, value);
      std::fill_n(weight.data() + c * norm.width, norm.width, value * norm.times[row]);
    }
  }
};

// What belongs to channels, for each column.
std::vector<float> Spread(const Norm& norm, const float* values) {
  std::vector<float> spread(norm.Columns());
  for (size_t c = 0; c < norm.channels; c++) std::fill_n(spread.begin() + c * norm.width, norm.width, values[c]);
  return spread;
}

// Sums over rows of so many values a column: each thread's in single precision by blocks, these in double.
class ColumnSums {
 public:
  ColumnSums(const Norm& norm, size_t threads, size_t sums) : norm_(norm), sums_(sums), size_(sums * norm.Columns()) {
    totals_.resize(threads * size_);
  }

  // add(row, block): adds what a row has to `block` [sums, columns].
  template <typename Add>
  MVREC_INLINE void Run(size_t thread, Share share, const Add& add) {
    constexpr size_t kBlock = 256;
    std::vector<float> block(size_);
    double* totals = totals_.data() + thread * size_;
    for (size_t begin = share.begin; begin < share.end; begin += kBlock) {
      std::fill(block.begin(), block.end(), 0.0f);
      for (size_t row = begin; row < std::min(begin + kBlock, share.end); row++) add(row, block.data());
      for (size_t i = 0; i < size_; i++) totals[i] += block[i];
    }
  }

  // Of sum `which`, over a channel's columns.
  void Write(size_t which, float* channels) const {
    for (size_t c = 0; c < norm_.channels; c++) {
      double sum = 0;
      for (size_t first = 0; first < totals_.size(); first += size_) {
        const double* columns = totals_.data() + first + which * norm_.Columns() + c * norm_.width;
        for (size_t e = 0; e < norm_.width; e++) sum += columns[e];
      }
      channels[c] = static_cast<float>(sum);
    }
  }

 private:
  const Norm& norm_;
  size_t sums_, size_;
  std::vector<double> totals_;
};

#define MVREC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

MVREC_CLONES void AddValues(const Norm& norm, const float* x, ColumnSums& sums, size_t thread, Share share) {
  const size_t columns = norm.Columns();
  RowCounts counts(norm);
  sums.Run(thread, share, [&](size_t row, float* block) __attribute__((always_inline)) {
    counts.Read(row);
    const float* __restrict const values = x + row * columns;
    const float* __restrict const w = counts.weight.data();
    float* __restrict const sum = block;
    float* __restrict const count = block + columns;
    for (size_t i = 0; i < columns; i++) {
      sum[i] += w[i] * values[i];
      count[i] += w[i];
    }
  });
}

MVREC_CLONES void AddSquares(const Norm& norm, const float* x, const float* mean, ColumnSums& sums, size_t thread,
                             Share share) {
  const size_t columns = norm.Columns();
  RowCounts counts(norm);
  sums.Run(thread, share, [&](size_t row, float* block) __attribute__((always_inline)) {
    counts.Read(row);
    const float* __restrict const values = x + row * columns;
    const float* __restrict const w = counts.weight.data();
    float* __restrict const sum = block;
    for (size_t i = 0; i < columns; i++) {
      const float distance = values[i] - mean[i];
      sum[i] += w[i] * (distance * distance);
    }
  });
}

struct Constants {
  std::vector<float> mean, deviation, gamma, beta;
};

MVREC_CLONES void Normalise(const Norm& norm, const Constants& of, const float* x, float* units, float* results,
                            Share share) {
  const size_t columns = norm.Columns();
  RowCounts counts(norm);
  for (size_t row = share.begin; row < share.end; row++) {
    counts.Read(row);
    const float* __restrict const values = x + row * columns;
    float* __restrict const unit = units + row * columns;
    float* __restrict const y = results + row * columns;
    const float *mean = of.mean.data(), *deviation = of.deviation.data(), *gamma = of.gamma.data();
    const float *beta = of.beta.data(), *there = counts.is_known.data();
    for (size_t i = 0; i < columns; i++) {
      unit[i] = (values[i] - mean[i]) / deviation[i];
      y[i] = unit[i] * gamma[i] * there[i] + beta[i];
    }
  }
}

MVREC_CLONES void AddSlopes(const Norm& norm, const float* units, const float* slopes, ColumnSums& sums, size_t thread,
                            Share share) {
  const size_t columns = norm.Columns();
  RowCounts counts(norm);
  sums.Run(thread, share, [&](size_t row, float* block) __attribute__((always_inline)) {
    counts.Read(row);
    const float* __restrict const unit = units + row * columns;
    const float* __restrict const dy = slopes + row * columns;
    const float* __restrict const there = counts.is_known.data();
    float* __restrict const all = block;
    float* __restrict const of_known = block + columns;
    float* __restrict const with_unit = block + 2 * columns;
    for (size_t i = 0; i < columns; i++) {
      const float slope = dy[i] * there[i];
      all[i] += dy[i];
      of_known[i] += slope;
      with_unit[i] += slope * unit[i];
    }
  });
}

MVREC_CLONES void Back(const Norm& norm, const std::vector<float>& scale, const std::vector<float>& mean_slope,
                       const std::vector<float>& mean_with_unit, const float* units, const float* slopes, float* dx,
                       Share share) {
  const size_t columns = norm.Columns();
  RowCounts counts(norm);
  for (size_t row = share.begin; row < share.end; row++) {
    counts.Read(row);
    const float* __restrict const unit = units + row * columns;
    const float* __restrict const dy = slopes + row * columns;
    float* __restrict const to = dx + row * columns;
    const float *there = counts.is_known.data(), *w = counts.weight.data(), *factor = scale.data();
    const float *a = mean_slope.data(), *b = mean_with_unit.data();
    for (size_t i = 0; i < columns; i++) to[i] = (dy[i] * there[i] - w[i] * (unit[i] * b[i] + a[i])) * factor[i];
  }
}

// Below this a thread costs more than it does.
constexpr size_t kPerThread = 1 << 16;

size_t ThreadsFor(const Norm& norm, size_t threads) {
  return std::min({threads, norm.rows, norm.rows * norm.Columns() / kPerThread + 1});
}

}  // namespace

void BatchNormForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Norm norm = Norm::Read(arguments);
  const size_t size = norm.rows * norm.Columns();
  const float* x = arguments.Floats("x", size);
  const float* gamma = arguments.Floats("gamma", norm.channels);
  const float* beta = arguments.Floats("beta", norm.channels);
  float* mean = arguments.Floats("mean", norm.channels);
  float* variance = arguments.Floats("variance", norm.channels);
  float* count = arguments.Floats("count", norm.channels);
  float* unit = arguments.Floats("unit", size);
  float* y = arguments.Floats("result", size);
  arguments.End();
  const size_t used = ThreadsFor(norm, threads);
  const auto by_rows = [&](const auto& run) {
    Parallel(used, [&](size_t index) { run(index, Share(norm.rows, used, index)); });
  };
  if (norm.training) {
    ColumnSums values(norm, used, 2);
    by_rows([&](size_t thread, Share share) { AddValues(norm, x, values, thread, share); });
    values.Write(0, mean);
    values.Write(1, count);
    for (size_t c = 0; c < norm.channels; c++) mean[c] /= std::max(1.0f, count[c]);
    const std::vector<float> means = Spread(norm, mean);
    ColumnSums squares(norm, used, 1);
    by_rows([&](size_t thread, Share share) { AddSquares(norm, x, means.data(), squares, thread, share); });
    squares.Write(0, variance);
    for (size_t c = 0; c < norm.channels; c++) variance[c] /= std::max(1.0f, count[c]);
  }
  std::vector<float> deviation(norm.channels);
  for (size_t c = 0; c < norm.channels; c++) deviation[c] = std::sqrt(variance[c] + norm.epsilon);
  const Constants constants{Spread(norm, mean), Spread(norm, deviation.data()), Spread(norm, gamma), Spread(norm, beta)};
  by_rows([&](size_t, Share share) { Normalise(norm, constants, x, unit, y, share); });
}

void BatchNormBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Norm norm = Norm::Read(arguments);
  const size_t size = norm.rows * norm.Columns();
  const float* unit = arguments.Floats("unit", size);
  const float* gamma = arguments.Floats("gamma", norm.channels);
  const float* variance = arguments.Floats("variance", norm.channels);
  const float* count = arguments.Floats("count", norm.channels);
  const float* dy = arguments.Floats("gradient of the result", size);
  float* dx = arguments.Floats("gradient of x", size);
  float* d_gamma = arguments.Floats("gradient of gamma", norm.channels);
  float* d_beta = arguments.Floats("gradient of beta", norm.channels);
  arguments.End();
  const size_t used = ThreadsFor(norm, threads);
  const auto by_rows = [&](const auto& run) {
    Parallel(used, [&](size_t index) { run(index, Share(norm.rows, used, index)); });
  };
  ColumnSums sums(norm, used, 3);
  by_rows([&](size_t thread, Share share) { AddSlopes(norm, unit, dy, sums, thread, share); });
  std::vector<float> scale(norm.channels), mean_slope(norm.channels), mean_with_unit(norm.channels);
  sums.Write(0, d_beta);
  sums.Write(1, mean_slope.data());
  sums.Write(2, d_gamma);
  for (size_t c = 0; c < norm.channels; c++) {
    scale[c] = gamma[c] / std::sqrt(variance[c] + norm.epsilon);
    const float share = norm.training ? 1 / std::max(1.0f, count[c]) : 0;
    mean_slope[c] *= share;
    mean_with_unit[c] = d_gamma[c] * share;
  }
  const std::vector<float> scales = Spread(norm, scale.data());
  const std::vector<float> slopes = Spread(norm, mean_slope.data()), with_units = Spread(norm, mean_with_unit.data());
  by_rows([&](size_t, Share share) { Back(norm, scales, slopes, with_units, unit, dy, dx, share); });
}

}  // namespace mvrec
