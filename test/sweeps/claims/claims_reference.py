"""Expected p values and verdicts of claims, for claims.json.

    python claims_reference.py > claims.json

Needs numpy, scipy and statsmodels. What each claim asks for is written out here by hand, difference by difference; nothing is
shared with the code that it checks. Written with scipy 1.17.1 and statsmodels 0.15.0.
"""
import json

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(8)
seeds = [1, 2, 3, 4, 5]
common = rng.normal(0, 0.004, 5)  # what a seed does to all rows alike
centre = {"A": 0.720, "B": 0.712, "C": 0.7115, "D": 0.690, "E": 0.6905}
gauc = {row: (mean + common + rng.normal(0, 0.001, 5)).round(6) for row, mean in centre.items()}
logloss = {row: (1.2 - mean - common + rng.normal(0, 0.002, 5)).round(6) for row, mean in centre.items()}
table = {"gauc": gauc, "logloss": logloss}


def part(metric, row, against, relation, threshold, unit="points", plain=False, less=None, smallest=None):
    """One-sided p of `relation` and of its opposite, with mean and interval of the difference; against a gain is what is below `smallest`."""
    smallest = threshold if smallest is None else smallest
    values = table[metric]
    sign = -1 if metric == "logloss" and not plain else 1

    def difference(row, against):
        base = values[against] if isinstance(against, str) else np.full(5, against)
        d = sign * (values[row] - base)
        return d / base if unit == "relative" else d

    d = difference(row, against) - (difference(*less) if less else 0)
    above = float(stats.ttest_1samp(d, threshold, alternative="greater").pvalue)
    below = float(stats.ttest_1samp(d, smallest, alternative="less").pvalue)
    low, high = stats.t.interval(0.9, len(d) - 1, d.mean(), stats.sem(d))
    p = [above, below] if relation == "above" else [below, above]
    toward = (d.mean() - threshold) * (1 if relation == "above" else -1) / d.std(ddof=1)
    away = (smallest - d.mean()) * (1 if relation == "above" else -1) / d.std(ddof=1)
    numbers = {"mean": d.mean(), "low": low, "high": high, "toward": toward, "away": away}
    return {name: float(number) for name, number in numbers.items()} | {"p": p}


def every(*parts):
    return {"parts": parts, "holds": max(p["p"][0] for p in parts), "fails": min(1.0, len(parts) * min(p["p"][1] for p in parts))}


def one(*parts):
    return {"parts": parts, "holds": min(1.0, len(parts) * min(p["p"][0] for p in parts)), "fails": max(p["p"][1] for p in parts)}


def both(f):
    return [f("gauc"), f("logloss")]


def above(row, *others, metric="gauc"):
    return [part(metric, row, other, "above", 0) for other in others]


claims = {
    "orderChain": every(*above("A", "B"), *above("B", "D")),
    "orderBoth": every(*both(lambda m: part(m, "A", "B", "above", 0))),
    "orderSets": every(*above("A", "D", "E"), *above("B", "D", "E")),
    "orderWrong": every(*above("D", "A")),
    "orderClose": every(*above("B", "C")),
    "atLeastPoints": every(part("gauc", "A", "D", "above", 0.025)),
    "atLeastRelative": every(part("gauc", "A", "D", "above", 0.03, "relative")),
    "atLeastTooMuch": every(part("gauc", "A", "D", "above", 0.05, "relative")),
    "atLeastLower": every(part("logloss", "A", "D", "above", 0.02)),
    "nearRow": every(part("gauc", "B", "C", "above", -0.004, plain=True), part("gauc", "B", "C", "below", 0.004, plain=True)),
    "nearRelative": every(
        part("logloss", "D", "E", "above", -0.01, "relative", True), part("logloss", "D", "E", "below", 0.01, "relative", True)
    ),
    "nearValue": every(part("gauc", "A", 0.72, "above", -0.02, plain=True), part("gauc", "A", 0.72, "below", 0.02, plain=True)),
    "nearFar": every(part("gauc", "A", 0.68, "above", -0.02, plain=True), part("gauc", "A", 0.68, "below", 0.02, plain=True)),
    "best": every(*above("A", "B", "C", "D", "E")),
    "bestAmong": every(*above("B", "D", "E")),
    "bestWrong": every(*above("C", "A", "B", "D", "E")),
    "monotone": every(*above("B", "D"), *above("A", "B")),
    "monotoneWorse": every(*above("A", "B"), *above("B", "D")),
    "monotoneGain": every(part("gauc", "A", "B", "above", 0, less=("D", "E"))),
    "monotoneShrinks": every(part("gauc", "A", "B", "above", 0, less=("D", "E"))),
    "insignificant": every(part("gauc", "D", "E", "below", 0.003)),
    "insignificantRelative": every(part("gauc", "D", "E", "below", 0.005, "relative")),
    "insignificantWrong": every(part("gauc", "A", "B", "below", 0.003), part("gauc", "A", "C", "below", 0.003)),
}
controls = {
    "orderSets": one(*[part("gauc", r, o, "below", 0.005) for r in "AB" for o in "DE"]),
    "best": one(*[part("gauc", "A", o, "below", 0.03) for o in "BCDE"]),
    "orderClose": one(part("gauc", "B", "C", "below", 0.003)),
    "atLeastPoints": one(part("gauc", "A", "D", "below", 0.025)),
    "atLeastRelative": one(part("gauc", "A", "D", "below", 0.05, "relative")),
}
# Where the data were simulated, a gain that is smaller than the control's margin is none.
simulated = {
    "orderSets": every(*[part("gauc", r, o, "above", 0, smallest=0.005) for r in "AB" for o in "DE"]),
    "best": every(*[part("gauc", "A", o, "above", 0, smallest=0.03) for o in "BCDE"]),
    "orderClose": every(part("gauc", "B", "C", "above", 0, smallest=0.003)),
    "atLeastRelative": every(part("gauc", "A", "D", "above", 0.03, "relative")),
}


def seeds_needed(standardised, alpha):
    """First number of seeds above five at which so many deviations from the threshold are significant."""
    return next(n for n in range(6, 10_000) if standardised * np.sqrt(n) > stats.t.ppf(1 - alpha, n - 1))


def more(claim, left):
    """Of a claim that needs all its parts: towards holds if all point there, else towards fails by the nearest one."""
    toward = [p["toward"] for p in claim["parts"]]
    if min(toward) > 0:
        return max(seeds_needed(t, 0.05 / left["holds"]) for t in toward) - 5
    away = [p["away"] for p in claim["parts"]]
    return min(seeds_needed(a, 0.05 / left["fails"] / len(away)) for a in away if a > 0) - 5


def judged(family):
    sides = {s: multipletests([c[s] for c in family.values()], method="holm")[1] for s in ["holds", "fails"]}
    for i, claim in enumerate(family.values()):
        claim["adjusted"] = [float(sides[s][i]) for s in ["holds", "fails"]]
        yes, no = (p <= 0.05 for p in claim["adjusted"])
        claim["verdict"] = "holds" if yes else "fails" if no else "undecided"
    left = {s: sum(c["adjusted"][i] > 0.05 for c in family.values()) for i, s in enumerate(["holds", "fails"])}
    for claim in family.values():
        claim["more"] = more(claim, left) if claim["verdict"] == "undecided" else None
    return family


print(json.dumps({
    "seeds": seeds,
    "values": {metric: {row: v.tolist() for row, v in rows.items()} for metric, rows in table.items()},
    "claims": judged(claims),
    "controls": judged(controls),
    "simulated": judged(simulated),
}, indent=1))
