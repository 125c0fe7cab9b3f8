// What pairs take of each of their sides: a row of a matrix, where it lies.
#ifndef MVREC_SIDES_H_
#define MVREC_SIDES_H_

#include <vector>

#include "arguments.h"
#include "vectors.h"

namespace mvrec {

constexpr size_t kMostSides = 8;

// Rows [.., fields * step], one for each pair.
struct Side {
  size_t fields;
  size_t step;
  const float* values;
  const int32_t* row;  // [pairs]

  const float* Of(size_t pair) const { return values + row[pair] * fields * step; }

  // What a pair will read of it, which lies far from what others read.
  void Prefetch(size_t pair) const {
    for (size_t c = 0; c < fields * step; c += Line::kFloats) __builtin_prefetch(Of(pair) + c);
  }

  // The fields of a pair: [fields], every `apart`-th of `at`.
  void Point(size_t pair, const float** at, size_t apart) const {
    for (size_t f = 0; f < fields; f++) at[f * apart] = Of(pair) + f * step;
  }
};

// Three arguments: a number of fields, a matrix, the row of each pair.
inline Side ReadSide(Arguments& arguments, size_t pairs, size_t step) {
  Side side{};
  side.fields = arguments.Integer("fields of a side", 1, 1 << 14);
  side.step = step;
  const Span<float> values = arguments.FloatsInRows("rows of a side", side.fields * step);
  side.values = values.data;
  const int64_t last = static_cast<int64_t>(values.size / (side.fields * step)) - 1;
  side.row = arguments.IntsWithin("row of each pair", pairs, 0, last);
  return side;
}

}  // namespace mvrec

#endif  // MVREC_SIDES_H_
