// Matrix products in registers: tiles of R rows by four vectors of columns.
#ifndef MVREC_PRODUCTS_H_
#define MVREC_PRODUCTS_H_

#include <type_traits>
#include <vector>

#include "vectors.h"

namespace mvrec {

constexpr int kVectors = 4;

// Rows of a tile: as many as the registers of the instruction set hold with four vectors each.
template <int L>
constexpr int kRows = L == 16 ? 6 : 3;

// A matrix cut into panels of four vectors of columns, each panel row after row; missing columns are 0.
class Panels {
 public:
  // The four blocks [rows, width] of `matrix` [rows, 4 width] side by side: panel p holds columns p * lanes .. of each.
  static Panels OfGates(const float* matrix, size_t rows, size_t width, size_t lanes) {
    Panels panels(rows, (width + lanes - 1) / lanes, lanes);
    for (size_t p = 0; p < panels.count; p++) {
      for (size_t k = 0; k < rows; k++) {
        for (size_t v = 0; v < kVectors; v++) {
          panels.Fill(p, k, v, matrix + (k * kVectors + v) * width + p * lanes, 1, width - p * lanes);
        }
      }
    }
    return panels;
  }

  // `matrix` [rows, width].
  static Panels Of(const float* matrix, size_t rows, size_t width, size_t lanes) {
    Panels panels(rows, (width + kVectors * lanes - 1) / (kVectors * lanes), lanes);
    for (size_t p = 0; p < panels.count; p++) {
      for (size_t v = 0; v < kVectors; v++) {
        const size_t column = (p * kVectors + v) * lanes;
        if (column >= width) continue;
        for (size_t k = 0; k < rows; k++) panels.Fill(p, k, v, matrix + k * width + column, 1, width - column);
      }
    }
    return panels;
  }

  // The transpose of `matrix` [width, rows].
  static Panels OfTransposed(const float* matrix, size_t rows, size_t width, size_t lanes) {
    Panels panels(rows, (width + kVectors * lanes - 1) / (kVectors * lanes), lanes);
    for (size_t p = 0; p < panels.count; p++) {
      for (size_t v = 0; v < kVectors; v++) {
        const size_t column = (p * kVectors + v) * lanes;
        if (column >= width) continue;
        for (size_t k = 0; k < rows; k++) panels.Fill(p, k, v, matrix + column * rows + k, rows, width - column);
      }
    }
    return panels;
  }

  const float* operator[](size_t panel) const { return lines_.data()->at + panel * rows * kVectors * lanes; }

  size_t rows;
  size_t count;
  size_t lanes;

 private:
  Panels(size_t rows_, size_t count_, size_t lanes_)
      : rows(rows_), count(count_), lanes(lanes_), lines_(Line::Holding(count_ * rows_ * kVectors * lanes_)) {}

  void Fill(size_t panel, size_t k, size_t v, const float* from, size_t step, size_t left) {
    float* to = lines_.data()->at + ((panel * rows + k) * kVectors + v) * lanes;
    for (size_t lane = 0; lane < lanes && lane < left; lane++) to[lane] = from[lane * step];
  }

  std::vector<Line> lines_;
};

template <int L, int R>
struct Tile {
  Floats<L> at[R][kVectors];
};

// tile += rows x panel: [R, depth] x [depth, 4 L]
template <int L, int R>
MVREC_INLINE void MultiplyAdd(Tile<L, R>& tile, const float* const* rows, const float* panel, size_t depth) {
  const float* row[R];
  for (int r = 0; r < R; r++) row[r] = rows[r];
  for (size_t k = 0; k < depth; k++, panel += kVectors * L) {
    const Floats<L> b0 = Load<L>(panel), b1 = Load<L>(panel + L);
    const Floats<L> b2 = Load<L>(panel + 2 * L), b3 = Load<L>(panel + 3 * L);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const float a = row[r][k];
      tile.at[r][0] += a * b0;
      tile.at[r][1] += a * b1;
      tile.at[r][2] += a * b2;
      tile.at[r][3] += a * b3;
    }
  }
}

// to[r] += rows[r] x the whole of the panels, for R rows: [R, depth] x [depth, width]
template <int L, int R>
MVREC_INLINE void AddProductOf(float* const* to, const float* const* rows, const Panels& panels, size_t width) {
  for (size_t p = 0; p < panels.count; p++) {
    Tile<L, R> tile = {};
    MultiplyAdd<L, R>(tile, rows, panels[p], panels.rows);
    for (size_t v = 0; v < kVectors; v++) {
      const size_t column = (p * kVectors + v) * L;
      if (column >= width) break;
#pragma GCC unroll 8
      for (int r = 0; r < R; r++) AddTo<L>(to[r] + column, tile.at[r][v], width - column);
    }
  }
}

// Calls run(first, integral_constant<R>) for `count` things in groups of at most kRows.
template <int L, typename Run>
MVREC_INLINE void InGroups(size_t count, const Run& run) {
  constexpr size_t kMost = kRows<L>;
  size_t first = 0;
  for (; first + kMost <= count; first += kMost) run(first, std::integral_constant<int, kMost>());
  switch (count - first) {
    case 1: return run(first, std::integral_constant<int, 1>());
    case 2: return run(first, std::integral_constant<int, 2>());
    case 3: if constexpr (kMost > 3) return run(first, std::integral_constant<int, 3>()); break;
    case 4: if constexpr (kMost > 4) return run(first, std::integral_constant<int, 4>()); break;
    case 5: if constexpr (kMost > 5) return run(first, std::integral_constant<int, 5>()); break;
    default: break;
  }
}

// Four vectors of a row, of which `columns` may be read.
template <int L, bool kWhole>
MVREC_INLINE Floats<L> LoadPart(const float* row, int v, size_t columns) {
  const size_t at = static_cast<size_t>(v) * L;
  if (kWhole) return Load<L>(row + at);
  return at < columns ? Load<L>(row + at, columns - at) : Floats<L>{};
}

template <int L, int R, bool kWhole>
MVREC_INLINE void AddOuterTile(float* to, size_t stride, size_t columns, const float* const* a,
                               const float* const* b, size_t i, size_t j, size_t count) {
  Tile<L, R> tile = {};
  for (size_t k = 0; k < count; k++) {
    const float* left = a[k] + i;
    const float* right = b[k] + j;
    const Floats<L> b0 = LoadPart<L, kWhole>(right, 0, columns), b1 = LoadPart<L, kWhole>(right, 1, columns);
    const Floats<L> b2 = LoadPart<L, kWhole>(right, 2, columns), b3 = LoadPart<L, kWhole>(right, 3, columns);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      tile.at[r][0] += left[r] * b0;
      tile.at[r][1] += left[r] * b1;
      tile.at[r][2] += left[r] * b2;
      tile.at[r][3] += left[r] * b3;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
    for (size_t v = 0; v < kVectors && v * L < columns; v++) {
      AddTo<L>(to + r * stride + v * L, tile.at[r][v], columns - v * L);
    }
  }
}

// to += sum over k of the outer products a[k] b[k]: [height, width], where a[k] has `height` elements and b[k] `width`.
template <int L>
MVREC_INLINE void AddOuterProducts(float* to, size_t height, size_t width, const float* const* a,
                                   const float* const* b, size_t count) {
  for (size_t j = 0; j < width; j += kVectors * L) {
    InGroups<L>(height, [&](size_t i, auto rows) __attribute__((always_inline)) {
      constexpr int R = decltype(rows)::value;
      float* tile = to + i * width + j;
      if (width - j >= kVectors * L) {
        AddOuterTile<L, R, true>(tile, width, width - j, a, b, i, j, count);
      } else {
        AddOuterTile<L, R, false>(tile, width, width - j, a, b, i, j, count);
      }
    });
  }
}

// to += the sum of `count` rows of `width` elements.
template <int L>
MVREC_INLINE void AddRows(float* to, size_t width, const float* const* rows, size_t count) {
  for (size_t j = 0; j < width; j += L) {
    Floats<L> sum = {};
    for (size_t k = 0; k < count; k++) sum += Load<L>(rows[k] + j, width - j);
    AddTo<L>(to + j, sum, width - j);
  }
}

}  // namespace mvrec

#endif  // MVREC_PRODUCTS_H_
