// Sums of many terms in partial sums, since one addition has to wait for the one before.
#ifndef MVREC_SUMS_H_
#define MVREC_SUMS_H_

#include "vectors.h"

namespace mvrec {

// The sum of term(i) for i below n.
template <typename T, size_t kLanes, typename Term>
MVREC_INLINE T SumInLanes(size_t n, const Term& term) {
  T sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; lane++) sums[lane] += term(i + lane);
  }
  for (size_t lane = 0; i < n; i++, lane++) sums[lane] += term(i);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; lane++) sums[lane] += sums[lane + half];
  }
  return sums[0];
}

// A term of such a sum.
#define MVREC_TERM(value) [&](size_t i) __attribute__((always_inline)) { return value; }

}  // namespace mvrec

#endif  // MVREC_SUMS_H_
