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

// Solves A x = b by A = U'U. The upper triangle of A becomes U, b becomes x.
MVREC_INLINE void SolvePositive(double* matrix, double* x, size_t width) {
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
  for (size_t k = 0; k < width; k++) {
    const double* const row = matrix + k * width;
    x[k] /= row[k];
    for (size_t j = k + 1; j < width; j++) x[j] -= row[j] * x[k];
  }
  for (size_t k = width; k-- > 0;) {
    const double* const row = matrix + k * width;
    for (size_t j = k + 1; j < width; j++) x[k] -= row[j] * x[j];
    x[k] /= row[k];
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
};

// The rows [begin, end).
__attribute__((target_clones("avx512f", "avx2", "default")))
void SolveRows(const Half& half, size_t begin, size_t end, double* matrix, double* x) {
  const auto [width, fixed, offsets, column, gram, alpha, solved] = half;
  for (size_t r = begin; r < end; r++) {
    for (size_t k = 0; k < width; k++) x[k] = 0;
    if (offsets[r] != offsets[r + 1]) {
      std::memcpy(matrix, gram, width * width * sizeof(double));
      for (int32_t e = offsets[r]; e < offsets[r + 1]; e++) {
        const float* const z = fixed + column[e] * width;
        AddOuter(matrix, z, width, alpha);
        for (size_t k = 0; k < width; k++) x[k] += (1 + alpha) * z[k];
      }
      SolvePositive(matrix, x, width);
    }
    for (size_t k = 0; k < width; k++) solved[r * width + k] = static_cast<float>(x[k]);
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
  Parallel(threads, [&](size_t index) {
    const Share share(rows, threads, index);
    std::vector<double> matrix(width * width);
    std::vector<double> x(width);
    SolveRows(half, share.begin, share.end, matrix.data(), x.data());
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
