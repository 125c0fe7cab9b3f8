// Functions of single numbers without branches, so that compilers make vectors of the loops that call them.
#ifndef MVREC_FUNCTIONS_H_
#define MVREC_FUNCTIONS_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#include "vectors.h"

namespace mvrec {

// exp(x) = scale (1 + minus_one), as SplitExp has it.
struct SplitExponential {
  float scale;
  float minus_one;
};

MVREC_INLINE SplitExponential SplitExpOf(float x) {
  constexpr float kRound = 12582912.0f;
  constexpr float kMost = kRound + 127;  // the largest exponent; what is left of x is a bit more then
  const float rounded = x * 1.44269504f + kRound;
  const float shifted = rounded > kMost ? kMost : rounded;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = r * (1.0f / 5040) + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * (r * r) + r;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = ((bits - 0x4B400000) + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return {scale, p};
}

// Within 2 units of the last place up to 88, then within 1e-6 of itself; 0 below -87.3, where float32 ends. NaN goes through.
MVREC_INLINE float ExpOf(float x) {
  const float within = x < -87.3f ? -87.3f : x > 88.8f ? 88.8f : x;
  const SplitExponential e = SplitExpOf(within);
  const float y = e.scale * e.minus_one + e.scale;
  return x < -87.3f ? 0.0f : x > 88.7228394f ? HUGE_VALF : y;
}

MVREC_INLINE float SigmoidOf(float x) { return 1 / (1 + ExpOf(-x)); }

// (exp(2x) - 1) / (exp(2x) + 1), with exp(2x) - 1 to full precision near 0.
MVREC_INLINE float TanhOf(float x) {
  const float within = x < -10.0f ? -10.0f : x > 10.0f ? 10.0f : x;
  const SplitExponential e = SplitExpOf(2 * within);
  const float minus_one = e.scale * e.minus_one + (e.scale - 1);
  return minus_one / (minus_one + 2);
}

// The distribution function of the standard normal distribution, by the error function's formula 7.1.26 of Abramowitz and
// Stegun, within 2e-7.
MVREC_INLINE float NormalBelow(float x) {
  const float z = std::fabs(x) * 0.70710678f;
  const float t = 1 / (1 + 0.3275911f * z);
  float p = 1.061405429f * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = (p * t + 0.254829592f) * t;
  const float above = 0.5f * p * ExpOf(-z * z);
  return x < 0 ? above : 1 - above;
}

// x Phi(x), and its slope.
MVREC_INLINE float GeluOf(float x) { return x * NormalBelow(x); }
MVREC_INLINE float GeluSlope(float x) { return NormalBelow(x) + x * 0.39894228f * ExpOf(-0.5f * x * x); }

}  // namespace mvrec

#endif  // MVREC_FUNCTIONS_H_
