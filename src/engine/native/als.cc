// Alternating least squares on all cells of a matrix of zeros and ones: Gram matrices, and the rows of half a sweep, each a
// system of its own. In double precision, as the twins in ../als.ts.
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels.h"
#include "sums.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

template <typename A>
MVREC_INLINE double Dot(const A* a, const double* b, size_t n) {
  return SumInLanes<double, 8>(n, MVREC_TERM(a[i] * b[i]));
}

// Rows that are added to a triangle together, which is gone through once for all of them.
constexpr size_t kTogether = 8;

// Adds weight Z'Z to the upper triangle, for `count` rows of Z; `buffer` has room for kTogether of them.
MVREC_INLINE void AddOuter(double* matrix, const float* const* z, size_t count, size_t width, double weight,
                           double* buffer) {
  for (size_t i = 0; i < kTogether * width; i++) buffer[i] = 0;
  for (size_t r = 0; r < count; r++) {
    for (size_t k = 0; k < width; k++) buffer[r * width + k] = z[r][k];
  }
  for (size_t i = 0; i < width; i++) {
    double factors[kTogether];
    for (size_t r = 0; r < kTogether; r++) factors[r] = weight * buffer[r * width + i];
    double* __restrict const row = matrix + i * width;
    const double* __restrict const from = buffer;
    for (size_t j = i / 8 * 8; j < width; j++) {
      double sum = row[j];
      for (size_t r = 0; r < kTogether; r++) sum += factors[r] * from[r * width + j];
      row[j] = sum;
    }
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
    x[k] = (x[k] - Dot(row + k + 1, x + k + 1, width - k - 1)) / row[k];
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
  // gram^-1 z of each column z; null where no row is short.
  const double* dual;
};

// Whether a row is solved by a system of the size of its cells: cheaper, where they are few.
MVREC_INLINE bool IsShort(int32_t cells, size_t width) {
  return cells > 0 && 2 * static_cast<size_t>(cells) < width;
}

// The inverse of A = U'U, row by row.
std::vector<double> Inverse(const double* upper, size_t width) {
  std::vector<double> inverse(width * width);
  for (size_t k = 0; k < width; k++) {
    double* const row = inverse.data() + k * width;
    row[k] = 1;
    SolveLower(upper, row, width);
    SolveUpper(upper, row, width);
  }
  return inverse;
}

// Of the columns [begin, end), some together, for which the inverse is gone through once.
__attribute__((target_clones("avx512f", "avx2", "default")))
void FillDual(const double* inverse, const float* fixed, size_t width, size_t begin, size_t end, double* dual) {
  constexpr size_t kColumns = 4;
  for (size_t first = begin; first < end; first += kColumns) {
    const size_t count = end - first < kColumns ? end - first : kColumns;
    double* __restrict const to = dual + first * width;
    for (size_t i = 0; i < count * width; i++) to[i] = 0;
    for (size_t k = 0; k < width; k++) {
      const double* __restrict const row = inverse + k * width;
      if (count == kColumns) {
        const float* const z = fixed + first * width + k;
        const double a = z[0], b = z[width], c = z[2 * width], d = z[3 * width];
        for (size_t j = 0; j < width; j++) {
          to[j] += a * row[j];
          to[width + j] += b * row[j];
          to[2 * width + j] += c * row[j];
          to[3 * width + j] += d * row[j];
        }
        continue;
      }
      for (size_t i = 0; i < count; i++) {
        const double factor = fixed[(first + i) * width + k];
        for (size_t j = 0; j < width; j++) to[i * width + j] += factor * row[j];
      }
    }
  }
}

// V'(1 + alpha Z V')^-1 (1 + alpha) 1, with Z the columns of the row and V = Z gram^-1.
MVREC_INLINE void SolveShort(const Half& half, size_t r, double* matrix, double* weights, double* x) {
  const size_t width = half.width;
  const int32_t* const column = half.column + half.offsets[r];
  const size_t cells = half.offsets[r + 1] - half.offsets[r];
  for (size_t i = 0; i < cells; i++) {
    const float* const z = half.fixed + column[i] * width;
    for (size_t j = i; j < cells; j++) {
      matrix[i * cells + j] = half.alpha * Dot(z, half.dual + column[j] * width, width) + (i == j ? 1 : 0);
    }
    weights[i] = 1 + half.alpha;
  }
  Factorise(matrix, cells);
  SolveLower(matrix, weights, cells);
  SolveUpper(matrix, weights, cells);
  for (size_t i = 0; i < cells; i++) {
    const double* const v = half.dual + column[i] * width;
    for (size_t k = 0; k < width; k++) x[k] += weights[i] * v[k];
  }
}

// (gram + alpha Z'Z)^-1 (1 + alpha) Z'1, with Z the columns of the row.
MVREC_INLINE void SolveLong(const Half& half, size_t r, double* matrix, double* x, double* buffer) {
  const size_t width = half.width;
  std::memcpy(matrix, half.gram, width * width * sizeof(double));
  const size_t end = half.offsets[r + 1];
  for (size_t e = half.offsets[r]; e < end; e += kTogether) {
    const float* z[kTogether];
    const size_t count = end - e < kTogether ? end - e : kTogether;
    for (size_t i = 0; i < count; i++) {
      z[i] = half.fixed + half.column[e + i] * width;
      for (size_t k = 0; k < width; k++) x[k] += (1 + half.alpha) * z[i][k];
    }
    AddOuter(matrix, z, count, width, half.alpha, buffer);
  }
  Factorise(matrix, width);
  SolveLower(matrix, x, width);
  SolveUpper(matrix, x, width);
}

// The rows [begin, end).
__attribute__((target_clones("avx512f", "avx2", "default")))
void SolveRows(const Half& half, size_t begin, size_t end, double* matrix, double* weights, double* x,
               double* buffer) {
  const size_t width = half.width;
  for (size_t r = begin; r < end; r++) {
    const int32_t cells = half.offsets[r + 1] - half.offsets[r];
    for (size_t k = 0; k < width; k++) x[k] = 0;
    if (IsShort(cells, width)) {
      SolveShort(half, r, matrix, weights, x);
    } else if (cells > 0) {
      SolveLong(half, r, matrix, x, buffer);
    }
    for (size_t k = 0; k < width; k++) half.solved[r * width + k] = static_cast<float>(x[k]);
  }
}

// What is left of a row's equations, and what goes with it.
struct Steps {
  std::vector<double> x, left, direction, product;
  explicit Steps(size_t width) : x(width), left(width), direction(width), product(width) {}
};

// y = (gram + alpha Z'Z) x, with Z the columns of row r.
MVREC_INLINE void MultiplyRow(const Half& half, size_t r, const double* x, double* y) {
  const size_t width = half.width;
  for (size_t k = 0; k < width; k++) y[k] = 0;
  for (size_t k = 0; k < width; k++) {
    const double* const row = half.gram + k * width;
    const double factor = x[k];
    for (size_t j = 0; j < width; j++) y[j] += factor * row[j];
  }
  for (int32_t e = half.offsets[r]; e < half.offsets[r + 1]; e++) {
    const float* const z = half.fixed + half.column[e] * width;
    const double factor = half.alpha * Dot(z, x, width);
    for (size_t k = 0; k < width; k++) y[k] += factor * z[k];
  }
}

// The rows [begin, end), each `count` steps of conjugate gradients from where it is.
__attribute__((target_clones("avx512f", "avx2", "default")))
void StepRows(const Half& half, size_t begin, size_t end, size_t count, Steps& steps) {
  constexpr double kSolved = 1e-20;
  const size_t width = half.width;
  double *const x = steps.x.data(), *const left = steps.left.data();
  double *const direction = steps.direction.data(), *const product = steps.product.data();
  for (size_t r = begin; r < end; r++) {
    float* const solved = half.solved + r * width;
    if (half.offsets[r] == half.offsets[r + 1]) {
      for (size_t k = 0; k < width; k++) solved[k] = 0;
      continue;
    }
    for (size_t k = 0; k < width; k++) x[k] = solved[k];
    MultiplyRow(half, r, x, product);
    for (size_t k = 0; k < width; k++) left[k] = -product[k];
    for (int32_t e = half.offsets[r]; e < half.offsets[r + 1]; e++) {
      const float* const z = half.fixed + half.column[e] * width;
      for (size_t k = 0; k < width; k++) left[k] += (1 + half.alpha) * z[k];
    }
    for (size_t k = 0; k < width; k++) direction[k] = left[k];
    double square = Dot(left, left, width);
    for (size_t step = 0; step < count && square >= kSolved; step++) {
      MultiplyRow(half, r, direction, product);
      const double length = square / Dot(direction, product, width);
      for (size_t k = 0; k < width; k++) {
        x[k] += length * direction[k];
        left[k] -= length * product[k];
      }
      const double next = Dot(left, left, width);
      for (size_t k = 0; k < width; k++) direction[k] = left[k] + next / square * direction[k];
      square = next;
    }
    for (size_t k = 0; k < width; k++) solved[k] = static_cast<float>(x[k]);
  }
}

// What both solvers begin with.
Half ReadHalf(Arguments& arguments, size_t* rows, size_t* columns) {
  Half half{};
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
  *rows = offsets.size - 1;
  *columns = fixed.size / width;
  half.solved = arguments.Floats("solved", *rows * width);
  arguments.RequireLists(offsets, column, *columns);
  return half;
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void AddGram(const float* rows, size_t count, size_t width, double* gram, double* buffer) {
  for (size_t r = 0; r < count; r += kTogether) {
    const float* z[kTogether];
    const size_t some = count - r < kTogether ? count - r : kTogether;
    for (size_t i = 0; i < some; i++) z[i] = rows + (r + i) * width;
    AddOuter(gram, z, some, width, 1, buffer);
  }
}

}  // namespace

void AlsRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, INT32_MAX);
  size_t rows, columns;
  Half half = ReadHalf(arguments, &rows, &columns);
  arguments.End();
  const size_t width = half.width;
  bool any_short = false;
  for (size_t r = 0; r < rows; r++) any_short |= IsShort(half.offsets[r + 1] - half.offsets[r], width);
  std::vector<double> dual;
  if (any_short) {
    std::vector<double> upper(half.gram, half.gram + width * width);
    Factorise(upper.data(), width);
    const std::vector<double> inverse = Inverse(upper.data(), width);
    dual.resize(columns * width);
    Parallel(threads, [&](size_t index) {
      const Share share(columns, threads, index);
      FillDual(inverse.data(), half.fixed, width, share.begin, share.end, dual.data());
    });
  }
  half.dual = dual.data();
  Parallel(threads, [&](size_t index) {
    const Share share(rows, threads, index);
    std::vector<double> matrix(width * width);
    std::vector<double> weights(width);
    std::vector<double> x(width);
    std::vector<double> buffer(kTogether * width);
    SolveRows(half, share.begin, share.end, matrix.data(), weights.data(), x.data(), buffer.data());
  });
}

void AlsSteps(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, INT32_MAX);
  size_t rows, columns;
  const Half half = ReadHalf(arguments, &rows, &columns);
  const size_t count = arguments.Integer("steps", 1, INT32_MAX);
  arguments.End();
  Parallel(threads, [&](size_t index) {
    const Share share(rows, threads, index);
    Steps steps(half.width);
    StepRows(half, share.begin, share.end, count, steps);
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
    std::vector<double> buffer(kTogether * width);
    AddGram(rows.data + share.begin * width, share.end - share.begin, width, sums[index].data(), buffer.data());
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
