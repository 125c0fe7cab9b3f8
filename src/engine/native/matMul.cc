// Products of small matrices. TensorFlow's are faster where matrices are large, but cost as much to call as a product of
// a few hundred rows takes.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

// y [m, n] = a x b; element (i, k) of a is a[i row_step + k column_step].
struct Product {
  size_t m, n, depth;
  const float* a;
  size_t row_step, column_step;
  const float* panels;
  float* y;
};

// A tile of R rows by V vectors of columns stays in registers.
template <int L, int V>
constexpr int kTileRows = L == 16 ? (V == 1 ? 16 : V == 2 ? 12 : V == 3 ? 8 : 6) : (V == 1 ? 8 : V == 2 ? 6 : V == 3 ? 4 : 3);

template <int L, int V, int R>
MVREC_INLINE void MultiplyTile(const Product& product, const float* panel, size_t row, size_t column) {
  Floats<L> tile[R][V] = {};
  const float* a = product.a + row * product.row_step;
  const size_t row_step = product.row_step, column_step = product.column_step;
  for (size_t k = 0; k < product.depth; k++, panel += V * L, a += column_step) {
    Floats<L> b[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) b[v] = Load<L>(panel + v * L);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const float left = a[r * row_step];
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) tile[r][v] += left * b[v];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    float* to = product.y + (row + r) * product.n + column;
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) {
      const size_t first = static_cast<size_t>(v) * L;
      if (column + first < product.n) Store<L>(to + first, tile[r][v], product.n - column - first);
    }
  }
}

template <int L, int V>
MVREC_INLINE void MultiplyRows(const Product& product, size_t begin, size_t end) {
  const float* panel = product.panels;
  for (size_t column = 0; column < product.n; column += V * L, panel += product.depth * V * L) {
    size_t row = begin;
    for (; row + kTileRows<L, V> <= end; row += kTileRows<L, V>) {
      MultiplyTile<L, V, kTileRows<L, V>>(product, panel, row, column);
    }
    for (; row + 2 <= end; row += 2) MultiplyTile<L, V, 2>(product, panel, row, column);
    if (row < end) MultiplyTile<L, V, 1>(product, panel, row, column);
  }
}

using Multiply = void (*)(const Product& product, size_t begin, size_t end);

struct Set {
  size_t lanes;
  Multiply multiply[4];  // by the number of vectors, less 1
};

#define MVREC_MULTIPLY(set, target, L)                                                                            \
  target void Multiply##set##1(const Product& product, size_t begin, size_t end) { MultiplyRows<L, 1>(product, begin, end); } \
  target void Multiply##set##2(const Product& product, size_t begin, size_t end) { MultiplyRows<L, 2>(product, begin, end); } \
  target void Multiply##set##3(const Product& product, size_t begin, size_t end) { MultiplyRows<L, 3>(product, begin, end); } \
  target void Multiply##set##4(const Product& product, size_t begin, size_t end) { MultiplyRows<L, 4>(product, begin, end); } \
  const Set k##set = {L, {Multiply##set##1, Multiply##set##2, Multiply##set##3, Multiply##set##4}};

MVREC_MULTIPLY(Avx512, __attribute__((target("avx512f,fma"))), 16)
MVREC_MULTIPLY(Avx2, __attribute__((target("avx2,fma"))), 8)
MVREC_MULTIPLY(Sse, , 4)

// The set with so many lanes, or one that does not waste half of its vectors on so few columns.
const Set& SetFor(size_t lanes, size_t n) {
  if (lanes == 16 && n > 8) return kAvx512;
  return lanes >= 8 && n > 4 && FindInstructions(8) ? kAvx2 : kSse;
}

// b [depth, n], or its transpose, cut into panels of `width` columns, each row after row; missing columns are 0.
void FillPanels(const float* b, bool transposed, size_t depth, size_t n, size_t width, float* panels) {
  for (size_t column = 0; column < n; column += width) {
    const size_t columns = std::min(width, n - column);
    for (size_t k = 0; k < depth; k++, panels += width) {
      if (transposed) {
        for (size_t c = 0; c < columns; c++) panels[c] = b[(column + c) * depth + k];
      } else {
        std::copy_n(b + k * n + column, columns, panels);
      }
      std::fill(panels + columns, panels + width, 0.0f);
    }
  }
}

// Multiplications below which a thread costs more than it does.
constexpr size_t kPerThread = 1 << 19;

}  // namespace

void MatMul(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const size_t lanes = ReadInstructions(arguments).lanes;
  const size_t batch = arguments.Integer("batch", 1, INT32_MAX);
  const size_t m = arguments.Integer("m", 1, INT32_MAX);
  const size_t n = arguments.Integer("n", 1, INT32_MAX);
  const size_t depth = arguments.Integer("depth", 1, INT32_MAX);
  const bool transposed_a = arguments.Integer("whether a is transposed", 0, 1);
  const bool transposed_b = arguments.Integer("whether b is transposed", 0, 1);
  const float* a = arguments.Floats("a", batch * m * depth);
  const float* b = arguments.Floats("b", batch * depth * n);
  float* y = arguments.Floats("result", batch * m * n);
  arguments.End();
  const Set& set = SetFor(lanes, n);
  const size_t vectors = std::min<size_t>(4, (n + set.lanes - 1) / set.lanes);
  const size_t width = vectors * set.lanes;
  const size_t size = (n + width - 1) / width * width * depth;
  const Multiply multiply = set.multiply[vectors - 1];
  const auto product = [&](size_t i, const float* panels) {
    return Product{m, n, depth, a + i * m * depth, transposed_a ? 1 : depth, transposed_a ? m : 1, panels, y + i * m * n};
  };
  const size_t used = std::min(threads, batch * m * n * depth / kPerThread + 1);
  if (batch == 1) {
    std::vector<Line> panels(Line::Holding(size));
    FillPanels(b, transposed_b, depth, n, width, panels[0].at);
    const Product all = product(0, panels[0].at);
    Parallel(used, [&](size_t index) {
      const Share share(m, used, index);
      multiply(all, share.begin, share.end);
    });
    return;
  }
  Parallel(used, [&](size_t index) {
    std::vector<Line> panels(Line::Holding(size));
    const Share share(batch, used, index);
    for (size_t i = share.begin; i < share.end; i++) {
      FillPanels(b + i * depth * n, transposed_b, depth, n, width, panels[0].at);
      multiply(product(i, panels[0].at), 0, m);
    }
  });
}

}  // namespace mvrec
