const { abs, exp, PI, sqrt } = Math;

/** Probability that a standard normal variable is at most x; to 1e-15 or so. */
export function normalCdf(x: number): number {
  const half = erfcHalf(abs(x) / Math.SQRT2);
  return x < 0 ? half : 1 - half;
}

/** Density of a standard normal variable. */
export function normalDensity(x: number): number {
  return exp((-x * x) / 2) / sqrt(2 * PI);
}

/** Half the complementary error function, x >= 0: Abramowitz and Stegun 7.1.6 (a series) and 7.1.14 (a continued fraction). */
function erfcHalf(x: number): number {
  if (x > 27) return 0;
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; abs(term) > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - (exp(-x * x) * sum) / sqrt(PI);
  }
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return exp(-x * x) / fraction / sqrt(PI) / 2;
}
