"""Expected values of src/statistics, for statistics.json.

    python statistics_reference.py > statistics.json

Needs numpy, scipy, statsmodels (Holm) and mpmath: distributions are worked out with 50 digits, since scipy's own are off by
1e-11 at small t. Shares nothing with the code that it checks. Written with scipy 1.17.1, statsmodels 0.15.0, mpmath 1.4.1.
"""
import json
import warnings

import numpy as np
from mpmath import betainc, erfc, findroot, gamma, mp, mpf, sqrt
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

warnings.simplefilter("ignore")
mp.dps = 50


def t_cdf(t, dof):
    t = mpf(t)
    tail = betainc(mpf(dof) / 2, mpf(1) / 2, 0, dof / (dof + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


def t_quantile(p, dof):
    return findroot(lambda t: t_cdf(t, dof) - mpf(p), mpf(float(stats.t.ppf(p, dof))))


dofs = [1, 2, 3, 4, 5, 9, 19, 29, 99, 999]
student = {
    "cdf": [
        [t, dof, float(t_cdf(t, dof))]
        for dof in dofs
        for t in [-1e4, -63.66, -12.7, -5.0, -2.5, -1.0, -0.3, -1e-4, 0.0, 1e-6, 0.1, 0.7, 1.96, 3.0, 8.0, 20.0]
    ],
    "quantile": [
        [p, dof, float(t_quantile(p, dof))]
        for dof in dofs
        for p in [1e-6, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9995, 1 - 1e-6]
    ],
}
xs = [-26.0, -9.0, -3.6, -1.0, -1e-9, 0.0, 0.3, 2.0, 6.0]
normal = [[x, float(erfc(-mpf(x) / sqrt(2)) / 2)] for x in xs]

rng = np.random.default_rng(20260701)
samples = [
    [0.712, 0.709, 0.714, 0.711, 0.7125],
    [0.71, 0.72],
    [-1.5, 2.25, 0.125],
    rng.normal(0.003, 0.002, 10).round(6).tolist(),
    rng.normal(-0.4, 3.0, 30).round(6).tolist(),
]
one = []
for x in samples:
    for against in [0.0, 0.711]:
        row = {"values": x, "against": against, "mean": float(np.mean(x)), "sd": float(np.std(x, ddof=1))}
        row["t"] = float(stats.ttest_1samp(x, against).statistic)
        row["p"] = {a: float(stats.ttest_1samp(x, against, alternative=a).pvalue) for a in ["two-sided", "greater", "less"]}
        for confidence in [0.9, 0.95, 0.99]:
            low, high = stats.t.interval(confidence, len(x) - 1, np.mean(x), stats.sem(x))
            row.setdefault("intervals", []).append([confidence, float(low), float(high)])
        m = len(x) - 1
        d = np.mean(x) / np.std(x, ddof=1)
        row["d"] = float(d)
        row["g"] = float(d * gamma(mpf(m) / 2) / (sqrt(mpf(m) / 2) * gamma(mpf(m - 1) / 2))) if m > 1 else None
        one.append(row)

paired = []
for n in [2, 3, 5, 12]:
    a = rng.normal(0.70, 0.004, n).round(6)
    b = (a - rng.normal(0.002, 0.003, n)).round(6)
    for against in [0.0, 0.001]:
        # A threshold moves one of the two.
        p = {s: float(stats.ttest_rel(a - against, b, alternative=s).pvalue) for s in ["two-sided", "greater", "less"]}
        t = float(stats.ttest_rel(a - against, b).statistic)
        paired.append({"a": a.tolist(), "b": b.tolist(), "against": against, "t": t, "p": p})

families = [
    [0.01],
    [0.01, 0.04, 0.03, 0.005],
    [0.02, 0.02, 0.5, 1.0, 0.0],
    [0.9, 0.8, 0.7],
    rng.uniform(0, 0.2, 15).round(5).tolist(),
]
holm = [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in families]

# Percentile bootstrap of a weighted mean difference with very many resamples; ours must come within its noise.
users = 60
weight = rng.integers(1, 40, users)
a = rng.beta(4, 2, users).round(5)
b = np.clip(a - rng.normal(0.03, 0.1, users), 0, 1).round(5)


def difference(a, b, w, axis=-1):
    return np.sum(w * (a - b), axis=axis) / np.sum(w, axis=axis)


found = {
    method: stats.bootstrap(
        (a, b, weight), difference, paired=True, vectorized=True, n_resamples=200_000, method=method, batch=5000,
        random_state=np.random.default_rng(1),
    )
    for method in ["percentile", "BCa"]
}
means = found["percentile"].bootstrap_distribution
bootstrap = {
    "weight": weight.tolist(),
    "a": a.tolist(),
    "b": b.tolist(),
    "difference": float(difference(a, b, weight)),
    "sd": float(means.std(ddof=1)),
    "p": float(2 * min(np.mean(means <= 0), np.mean(means >= 0))),
    **{m: [float(r.confidence_interval.low), float(r.confidence_interval.high)] for m, r in found.items()},
}
quantiles = [[q, float(np.quantile([0.0, 1.0, 4.0, 9.0, 16.0], q))] for q in [0.0, 0.025, 0.3, 0.5, 0.975, 1.0]]

# The n at which mean = t(1 - alpha, n - 1) sd / sqrt(n) is first exceeded, one by one; and the power at that n.
sizes = []
for mean, sd, alpha in [(0.002, 0.002, 0.05), (0.002, 0.004, 0.05), (-0.001, 0.004, 0.05), (0.01, 0.002, 0.0025), (1.0, 10.0, 0.05), (3.0, 1.0, 0.05)]:
    n = next(n for n in range(2, 2000) if abs(mean) / (sd / np.sqrt(n)) > stats.t.ppf(1 - alpha, n - 1))
    power = TTestPower().power(abs(mean) / sd, n, alpha, alternative="larger")
    sizes.append({"mean": mean, "sd": sd, "alpha": alpha, "n": n, "power": float(power)})

print(json.dumps({
    "student": student, "normal": normal, "one": one, "paired": paired, "holm": holm, "bootstrap": bootstrap,
    "quantiles": quantiles, "sizes": sizes,
}, indent=1))
