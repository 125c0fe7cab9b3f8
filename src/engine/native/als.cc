// Alternating least squares on all cells of a matrix of zeros and ones: Gram matrices, and the rows of half a sweep, each a
// system of its own. In double precision, as the twins in ../als.ts.
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

// Adds weight z z' to the upper triangle.
MVREC_INLINE void AddOuter(double* matrix, const float* z, size_t width, double weight) {
  for (size_t i = 0; i < width; i++) {
    const double factor = weight * z[i];
    double* const row = matrix + i * width;
    for (size_t j = i; j < width; j++) row[j] += factor * z[j];
  }
}

// A = U'U. The upper triangle of A becomes U.
MVREC_INLINE void Factorise(double* matrix, size_t width) {
  for (size_t k = 0; k < width; k++) {
    double* const pivot = matrix + k * width;
    const double scale = 1 / std::sqrt(pivot[k]);
    for (size_t j = k; j < width; j++) pivot[j] *= scale;
    for (size_t i = k + 1; i < width; i++) {
      const double factor = pivot[i];
      double* const row = matrix + i * width;
      for (size_t j = i; j < width; j++) row[j] -= factor * pivot[j];
    }
  }
}

// Solves U'x = b. b becomes x.
MVREC_INLINE void SolveLower(const double* upper, double* x, size_t width) {
  for (size_t k = 0; k < width; k++) {
    const double* const row = upper + k * width;
    x[k] /= row[k];
    for (size_t j = k + 1; j < width; j++) x[j] -= row[j] * x[k];
  }
}

// Solves U x = b. b becomes x.
MVREC_INLINE void SolveUpper(const double* upper, double* x, size_t width) {
  for (size_t k = width; k-- > 0;) {
    const double* const row = upper + k * width;
    double sum = 0;
    for (size_t j = k + 1; j < width; j++) sum += row[j] * x[j];
    x[k] = (x[k] - sum) / row[k];
  }
}

struct Half {
  size_t width;
  const float* fixed;
  const int32_t* offsets;
  const int32_t* column;
  const double* gram;
  double alpha;
  float* solved;
  // U of the Gram matrix, and U'^-1 z of each column z; null where no row is short.
  const double* upper;
  const double* whitened;
};

// Whether a row is solved by a system of the size of its cells: cheaper, where they are few.
MVREC_INLINE bool IsShort(int32_t cells, size_t width) {
  return cells > 0 && 2 * static_cast<size_t>(cells) < width;
}

// The rows [begin, end) of `fixed`.
__attribute__((target_clones("avx512f", "avx2", "default")))
void Whiten(const double* upper, const float* fixed, size_t width, size_t begin, size_t end, double* whitened) {
  for (size_t at = begin * width; at < end * width; at += width) {
    for (size_t k = 0; k < width; k++) whitened[at + k] = fixed[at + k];
    SolveLower(upper, whitened + at, width);
  }
}

// U^-1 W'(1 + alpha W W')^-1 (1 + alpha) 1, with W the whitened columns of the row.
MVREC_INLINE void SolveShort(const Half& half, size_t r, double* matrix, double* weights, double* x) {
  const size_t width = half.width;
  const int32_t* const column = half.column + half.offsets[r];
  const size_t cells = half.offsets[r + 1] - half.offsets[r];
  for (size_t i = 0; i < cells; i++) {
    const double* const first = half.whitened + column[i] * width;
    for (size_t j = i; j < cells; j++) {
      const double* const second = half.whitened + column[j] * width;
      double sum = 0;
      for (size_t k = 0; k < width; k++) sum += first[k] * second[k];
      matrix[i * cells + j] = half.alpha * sum + (i == j ? 1 : 0);
    }
    weights[i] = 1 + half.alpha;
  }
  Factorise(matrix, cells);
  SolveLower(matrix, weights, cells);
  SolveUpper(matrix, weights, cells);
  for (size_t i = 0; i < cells; i++) {
    const double* const w = half.whitened + column[i] * width;
    for (size_t k = 0; k < width; k++) x[k] += weights[i] * w[k];
  }
  SolveUpper(half.upper, x, width);
}

// (gram + alpha Z'Z)^-1 (1 + alpha) Z'1, with Z the columns of the row.
MVREC_INLINE void SolveLong(const Half& half, size_t r, double* matrix, double* x) {
  const size_t width = half.width;
  std::memcpy(matrix, half.gram, width * width * sizeof(double));
  for (int32_t e = half.offsets[r]; e < half.offsets[r + 1]; e++) {
    const float* const z = half.fixed + half.column[e] * width;
    AddOuter(matrix, z, width, half.alpha);
    for (size_t k = 0; k < width; k++) x[k] += (1 + half.alpha) * z[k];
  }
  Factorise(matrix, width);
  SolveLower(matrix, x, width);
  SolveUpper(matrix, x, width);
}

// The rows [begin, end).
__attribute__((target_clones("avx512f", "avx2", "default")))
void SolveRows(const Half& half, size_t begin, size_t end, double* matrix, double* weights, double* x) {
  const size_t width = half.width;
  for (size_t r = begin; r < end; r++) {
    const int32_t cells = half.offsets[r + 1] - half.offsets[r];
    for (size_t k = 0; k < width; k++) x[k] = 0;
    if (IsShort(cells, width)) {
      SolveShort(half, r, matrix, weights, x);
    } else if (cells > 0) {
      SolveLong(half, r, matrix, x);
    }
    for (size_t k = 0; k < width; k++) half.solved[r * width + k] = static_cast<float>(x[k]);
  }
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void AddGram(const float* rows, size_t count, size_t width, double* gram) {
  for (size_t r = 0; r < count; r++) AddOuter(gram, rows + r * width, width, 1);
}

}  // namespace

void AlsRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, INT32_MAX);
  Half half;
  const size_t width = half.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> fixed = arguments.FloatsInRows("fixed", width);
  const Span<int32_t> offsets = arguments.Ints("offsets");
  const Span<int32_t> column = arguments.Ints("column");
  half.fixed = fixed.data;
  half.offsets = offsets.data;
  half.column = column.data;
  half.gram = arguments.Doubles("gram", width * width);
  half.alpha = arguments.Number("alpha");
  if (offsets.size == 0) arguments.Refuse("offsets", "is empty");
  const size_t rows = offsets.size - 1;
  half.solved = arguments.Floats("solved", rows * width);
  arguments.RequireLists(offsets, column, fixed.size / width);
  arguments.End();
  bool any_short = false;
  for (size_t r = 0; r < rows; r++) any_short |= IsShort(half.offsets[r + 1] - half.offsets[r], width);
  std::vector<double> upper, whitened;
  if (any_short) {
    upper.assign(half.gram, half.gram + width * width);
    Factorise(upper.data(), width);
    whitened.resize(fixed.size);
    Parallel(threads, [&](size_t index) {
      const Share share(fixed.size / width, threads, index);
      Whiten(upper.data(), half.fixed, width, share.begin, share.end, whitened.data());
    });
  }
  half.upper = upper.data();
  half.whitened = whitened.data();
  Parallel(threads, [&](size_t index) {
    const Share share(rows, threads, index);
    std::vector<double> matrix(width * width);
    std::vector<double> weights(width);
    std::vector<double> x(width);
    SolveRows(half, share.begin, share.end, matrix.data(), weights.data(), x.data());
  });
}

void GramMatrix(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, INT32_MAX);
  const size_t width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> rows = arguments.FloatsInRows("rows", width);
  double* const gram = arguments.Doubles("gram", width * width);
  arguments.End();
  std::vector<std::vector<double>> sums(threads);
  Parallel(threads, [&](size_t index) {
    const Share share(rows.size / width, threads, index);
    sums[index].resize(width * width);
    AddGram(rows.data + share.begin * width, share.end - share.begin, width, sums[index].data());
  });
  for (size_t i = 0; i < width; i++) {
    for (size_t j = i; j < width; j++) {
      double sum = 0;
      for (const std::vector<double>& part : sums) sum += part[i * width + j];
      gram[i * width + j] = gram[j * width + i] = sum;
    }
  }
}

}  // namespace mvrec
