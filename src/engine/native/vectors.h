// Vectors of L floats, in the compiler's own notation: the same source for 16 lanes (AVX-512), 8 (AVX2) and 4 (SSE).
// Everything is inlined into functions that are compiled for one of the three.
#ifndef MVREC_VECTORS_H_
#define MVREC_VECTORS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#define MVREC_INLINE inline __attribute__((always_inline))

namespace mvrec {

// A cache line. A std::vector of them begins at one, so that no vector of floats in it crosses two.
struct alignas(64) Line {
  static constexpr size_t kFloats = 16;
  // As many as hold `count` floats.
  static size_t Holding(size_t count) { return (count + kFloats - 1) / kFloats; }
  float at[kFloats];
};

template <int L>
struct Lanes {
  typedef float Floats __attribute__((vector_size(L * sizeof(float))));
  typedef int32_t Ints __attribute__((vector_size(L * sizeof(float))));
  // The same in memory, where nothing is aligned.
  typedef float Stored __attribute__((vector_size(L * sizeof(float)), aligned(sizeof(float)), may_alias));
};
template <int L>
using Floats = typename Lanes<L>::Floats;

// The first `count` lanes; the others are 0.
template <int L>
MVREC_INLINE Floats<L> Load(const float* from, size_t count = L) {
  if (count >= L) return *reinterpret_cast<const typename Lanes<L>::Stored*>(from);
  Floats<L> values = {};
  std::memcpy(&values, from, count * sizeof(float));
  return values;
}

template <int L>
MVREC_INLINE void Store(float* to, Floats<L> values, size_t count = L) {
  if (count >= L) {
    *reinterpret_cast<typename Lanes<L>::Stored*>(to) = values;
  } else {
    std::memcpy(to, &values, count * sizeof(float));
  }
}

template <int L>
MVREC_INLINE void AddTo(float* to, Floats<L> values, size_t count = L) {
  Store<L>(to, Load<L>(to, count) + values, count);
}

// The same, but not as a constant: of a choice between a vector and a constant GCC makes a comparison and a blend, of one between
// two registers a minimum or maximum.
template <int L>
MVREC_INLINE Floats<L> InRegister(Floats<L> values) {
#ifdef __x86_64__
  asm("" : "+v"(values));
#endif
  return values;
}

template <int L>
MVREC_INLINE Floats<L> Clamp(Floats<L> x, float low, float high) {
  const Floats<L> least = InRegister<L>(low - Floats<L>{});
  const Floats<L> most = InRegister<L>(high - Floats<L>{});
  x = x < least ? least : x;
  return x > most ? most : x;
}

// exp(x) = scale (1 + minus_one), with scale a power of two and |minus_one| < 0.42: x = n ln 2 + r, and a Taylor
// polynomial of r, |r| <= ln(2) / 2, whose remainder is below float32's last bit. NaN goes through.
template <int L>
struct Exponential {
  Floats<L> scale;
  Floats<L> minus_one;
};

template <int L>
MVREC_INLINE Exponential<L> SplitExp(Floats<L> x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: what is added to it is rounded to a whole number
  const Floats<L> shifted = x * 1.44269504f + kRound;
  const Floats<L> n = shifted - kRound;
  // ln 2 in two parts; the product of the first with a small whole number is exact.
  const Floats<L> r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats<L> p = r * (1.0f / 5040) + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * (r * r) + r;
  // The whole number stands in the low bits of `shifted`; it becomes the exponent.
  typename Lanes<L>::Ints bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = ((bits - 0x4B400000) + 127) << 23;
  Floats<L> scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return {scale, p};
}

// Within 2 units of the last place; e^-87 below -87.
template <int L>
MVREC_INLINE Floats<L> Exp(Floats<L> x) {
  const Exponential<L> e = SplitExp<L>(Clamp<L>(x, -87.0f, 88.0f));
  return e.scale * e.minus_one + e.scale;
}

template <int L>
MVREC_INLINE Floats<L> Sigmoid(Floats<L> x) {
  const Exponential<L> e = SplitExp<L>(Clamp<L>(-x, -87.0f, 87.0f));
  return 1.0f / (1.0f + (e.scale * e.minus_one + e.scale));
}

// The natural logarithm of x, 2^-126 or more; of what is not finite NaN. x = 2^e (1 + m) with 1 + m from sqrt(1/2) to sqrt(2), and for
// ln(1 + m) = m - m^2 / 2 + m^3 p stands the polynomial p that interpolates at Chebyshev's points: within 1.1 units of the last place.
template <int L>
MVREC_INLINE Floats<L> Log(Floats<L> x) {
  typename Lanes<L>::Ints bits;
  std::memcpy(&bits, &x, sizeof bits);
  const typename Lanes<L>::Ints whole = (bits - 0x3F3504F3) >> 23;  // sqrt(1/2) is the least that has e = 0
  bits -= whole << 23;
  Floats<L> m;
  std::memcpy(&m, &bits, sizeof m);
  m -= 1.0f;
  const Floats<L> e = __builtin_convertvector(whole, Floats<L>);
  Floats<L> p = m * -7.9027438e-2f + 1.2622320e-1f;
  p = p * m - 1.2998184e-1f;
  p = p * m + 1.4214496e-1f;
  p = p * m - 1.6641281e-1f;
  p = p * m + 2.0001045e-1f;
  p = p * m - 2.5000306e-1f;
  p = p * m + 3.3333331e-1f;
  // ln 2 in two parts; the product of the first with e is exact.
  const Floats<L> rest = (m * m) * (p * m - 0.5f) - e * 2.12194440e-4f;
  return (rest + m + e * 0.693359375f) + (x - x);
}

// 2^x within 4 units of the last place, for x in -30..30 (beyond, the nearest of them). The whole part of x is added to the exponent
// of 2^r, |r| <= 1/2, for which stands the polynomial that interpolates it at Chebyshev's points.
template <int L>
MVREC_INLINE Floats<L> Exp2(Floats<L> x) {
  constexpr float kRound = 12582912.0f;  // as in SplitExp; in its low bits, shifted, stands nothing
  x = Clamp<L>(x, -30.0f, 30.0f);
  const Floats<L> shifted = x + kRound;
  const Floats<L> r = x - (shifted - kRound);
  Floats<L> p = r * 1.33909e-3f + 9.67603e-3f;
  p = p * r + 5.550357e-2f;
  p = p * r + 2.4022107e-1f;
  p = p * r + 6.9314719e-1f;
  p = p * r + 1.00000008f;
  typename Lanes<L>::Ints whole, bits;
  std::memcpy(&whole, &shifted, sizeof whole);
  std::memcpy(&bits, &p, sizeof bits);
  bits += whole << 23;
  std::memcpy(&p, &bits, sizeof p);
  return p;
}

// (exp(2x) - 1) / (exp(2x) + 1), with exp(2x) - 1 to full precision near 0.
template <int L>
MVREC_INLINE Floats<L> Tanh(Floats<L> x) {
  const Exponential<L> e = SplitExp<L>(Clamp<L>(2.0f * x, -20.0f, 20.0f));
  const Floats<L> minus_one = e.scale * e.minus_one + (e.scale - 1.0f);
  return minus_one / (minus_one + 2.0f);
}

}  // namespace mvrec

#endif  // MVREC_VECTORS_H_
