// Where the elements of several tensors of up to four dimensions lie that are gone through side by side.
#ifndef MVREC_LAYOUT_H_
#define MVREC_LAYOUT_H_

#include <array>

#include "arguments.h"

namespace mvrec {

template <size_t N>
struct Layout {
  static constexpr size_t kRank = 4;
  size_t sizes[kRank];
  size_t strides[N][kRank];

  // [sizes, strides of the first, strides of the second ..], four numbers each, the outermost dimension first.
  static Layout Read(Arguments& arguments) {
    Layout layout;
    const int32_t* values = arguments.IntsWithin("layout", (1 + N) * kRank, 0, INT32_MAX);
    for (size_t d = 0; d < kRank; d++) layout.sizes[d] = values[d];
    for (size_t t = 0; t < N; t++) {
      for (size_t d = 0; d < kRank; d++) layout.strides[t][d] = values[(1 + t) * kRank + d];
    }
    return layout;
  }

  // Throws where an element would lie beyond one of the arrays, which have so many.
  void RequireWithin(const Arguments& arguments, std::array<size_t, N> lengths) const {
    for (size_t d = 0; d < kRank; d++) {
      if (sizes[d] == 0) arguments.Refuse("layout", "is of nothing");
    }
    for (size_t t = 0; t < N; t++) {
      size_t last = 0;
      for (size_t d = 0; d < kRank; d++) last += (sizes[d] - 1) * strides[t][d];
      if (last >= lengths[t]) arguments.Refuse("layout", "goes beyond an array");
    }
  }

  size_t CountRows() const { return sizes[0] * sizes[1] * sizes[2]; }
};

// The rows of the last dimension, one after the other: where each begins in each tensor.
template <size_t N>
class Rows {
 public:
  Rows(const Layout<N>& layout, size_t row) : layout_(layout) {
    for (size_t d = 3; d-- > 0;) {
      place_[d] = row % layout.sizes[d];
      row /= layout.sizes[d];
    }
    for (size_t t = 0; t < N; t++) {
      at[t] = 0;
      for (size_t d = 0; d < 3; d++) at[t] += place_[d] * layout.strides[t][d];
    }
  }

  void Next() {
    for (size_t d = 3; d-- > 0;) {
      place_[d]++;
      for (size_t t = 0; t < N; t++) at[t] += layout_.strides[t][d];
      if (place_[d] < layout_.sizes[d]) return;
      for (size_t t = 0; t < N; t++) at[t] -= place_[d] * layout_.strides[t][d];
      place_[d] = 0;
    }
  }

  size_t at[N];

 private:
  const Layout<N>& layout_;
  size_t place_[3];
};

}  // namespace mvrec

#endif  // MVREC_LAYOUT_H_
