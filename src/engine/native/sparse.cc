// The product of a sparse matrix and a dense one.
#include <algorithm>

#include "kernels.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

constexpr int32_t kAhead = 8;  // entries
constexpr size_t kLine = 16;   // floats

struct Product {
  size_t width;
  const int32_t* offsets;
  const int32_t* column;
  const float* value;
  const float* x;
  float* to;
};

// The rows [begin, end).
__attribute__((target_clones("avx512f", "avx2", "default")))
void MultiplyRows(const Product& product, size_t begin, size_t end) {
  const auto [width, offsets, column, value, x, to] = product;
  const int32_t last = offsets[end];
  for (size_t r = begin; r < end; r++) {
    float* const sum = to + r * width;
    for (size_t k = 0; k < width; k++) sum[k] = 0;
    for (int32_t e = offsets[r]; e < offsets[r + 1]; e++) {
      if (e + kAhead < last) {
        const float* const soon = x + column[e + kAhead] * width;
        for (size_t k = 0; k < width; k += kLine) __builtin_prefetch(soon + k);
      }
      const float* const row = x + column[e] * width;
      const float factor = value[e];
      for (size_t k = 0; k < width; k++) sum[k] += factor * row[k];
    }
  }
}

}  // namespace

void SparseProduct(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, INT32_MAX);
  Product product;
  const size_t width = product.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<int32_t> offsets = arguments.Ints("offsets");
  const Span<int32_t> column = arguments.Ints("column");
  product.offsets = offsets.data;
  product.column = column.data;
  product.value = arguments.Floats("value", column.size);
  const Span<float> x = arguments.FloatsInRows("x", width);
  product.x = x.data;
  if (offsets.size == 0) arguments.Refuse("offsets", "is empty");
  const size_t rows = offsets.size - 1;
  product.to = arguments.Floats("product", rows * width);
  arguments.RequireLists(offsets, column, x.size / width);
  arguments.End();
  const auto entries = static_cast<size_t>(offsets[rows]);
  // Every thread gets rows of about as many entries: few users or items have most of them.
  const auto first = [&](size_t index) {
    const auto entry = static_cast<int32_t>(entries * index / threads);
    return index == threads ? rows : std::lower_bound(offsets.data, offsets.data + rows, entry) - offsets.data;
  };
  Parallel(threads, [&](size_t index) { MultiplyRows(product, first(index), first(index + 1)); });
}

}  // namespace mvrec
