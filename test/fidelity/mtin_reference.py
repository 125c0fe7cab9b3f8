"""An independent MTIN in float64, written from the equations with plain loops, to check ours against.

    python test/fidelity/mtin_reference.py > test/fidelity/mtin.json

Needs numpy alone. Weights, features and histories come from formulas that the test repeats; the file holds the options of
each case, the logits, intermediate results, and for every weight array the derivative of the loss along a fixed direction
(central difference in float64). Where a forward pass is a step function, the derivative is that of the straight-through
estimator: assignments and masks stay as they are, and what stands in for them moves. Nothing here is taken from src/.
"""

import json
import math
import sys

import numpy as np

ITEMS, USERS, CATEGORIES, COVER, COLOUR = 14, 3, 5, 6, 2
DAY = 86_400_000.0
# (user, length of the positive history, of the negative one)
CONTEXTS = [(0, 9, 6), (1, 7, 9), (0, 5, 6), (2, 4, 1), (1, 1, 0), (2, 0, 3), (1, 0, 0)]
POLARITIES = ("positive", "negative")


def wave(v, shape, amplitude):
    """amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major. The square keeps the matrices of full rank."""
    n = np.arange(math.prod(shape), dtype=np.float64)
    return (amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


cover = wave(101, (ITEMS, COVER), 1.0)
colour = wave(102, (ITEMS, COLOUR), 1.0)
category = [-1 if i % 7 == 3 else (3 * i) % CATEGORIES for i in range(ITEMS)]


def history(c, which):
    """Items of a context's history; contexts of one user begin alike."""
    user, *lengths = CONTEXTS[c]
    return [(5 * user + 3 * t + t * t + 4 * which) % ITEMS for t in range(lengths[which])]


def times(c, which):
    user = CONTEXTS[c][0]
    return [1e12 + DAY * (0.3 * t + 0.05 * t * t * (user + 1 + which)) for t in range(CONTEXTS[c][1 + which])]


# (context, candidate, label)
PAIRS = [(c, (3 * c + j * 5 + 1) % ITEMS, (c + j) % 2) for c in range(len(CONTEXTS)) for j in range(1 + c % 2)]

DEFAULTS = dict(
    variant="MTIN", itemEmbedding="visualLinear", visual=["cover"], category=["category"], size=4, historyLength=9,
    groups=3, masks=2, activation="relu", routing="straightThrough", routingUpdate="sequential", routingIterations=3,
    scoreSquash="none", logBase=2.0, epsilon=0.0, memoryInit="random", memoryTrainable=True,
    memoryUpdate="residual", temporalWeights="perGroup", includeDiagonal=False, temporalNorm="none",
    temporalUnit="rank", omega="trainable", interestMask="straightThrough", emptyGroups="keep",
    aggregation="concat+sum", combine="fixed", positiveWeight=0.68, negativeWeight=0.32, l2Weight=0.0,
)
# Thresholds at which items stay out, groups are left out, and further iterations still move something.
TUNED = dict(logBase=1.2, epsilon=0.2, tau=0.31)
CASES = {
    "defaults": {},
    "tuned": TUNED,
    "hard routing": dict(TUNED, routing="hard"),
    "parallel routing": dict(TUNED, routingUpdate="parallel"),
    "one iteration": dict(TUNED, routingIterations=1),
    "squashed scores": dict(TUNED, scoreSquash="sigmoid", epsilon=0.5),
    "tanh": dict(TUNED, activation="tanh"),
    "shared temporal weights": dict(TUNED, temporalWeights="shared"),
    "with the diagonal": dict(TUNED, includeDiagonal=True),
    "mean of pairs": dict(TUNED, temporalNorm="pairs"),
    "mean of pairs with the diagonal": dict(TUNED, temporalNorm="pairs", includeDiagonal=True),
    "divided by the length": dict(TUNED, temporalNorm="length"),
    "by time": dict(TUNED, temporalUnit="timestamp"),
    "fixed omega": dict(TUNED, omega="fixed"),
    "hard mask": dict(TUNED, interestMask="hard"),
    "weighted mask": dict(TUNED, interestMask="weighted"),
    "empty groups masked": dict(TUNED, emptyGroups="mask"),
    "concatenated": dict(TUNED, aggregation="concat"),
    "summed": dict(TUNED, aggregation="sum"),
    "memory replaced": dict(TUNED, memoryUpdate="replace"),
    "memory not trained": dict(TUNED, memoryTrainable=False),
    "trained combination": dict(TUNED, combine="trainable"),
    "other weights of the polarities": dict(TUNED, positiveWeight=0.5, negativeWeight=0.9),
    "MTIN-I": dict(variant="MTIN-I", groups=1),
    "MTIN-I, empty groups masked": dict(variant="MTIN-I", groups=1, emptyGroups="mask"),
    "one group, routed": dict(TUNED, groups=1, scoreSquash="sigmoid", epsilon=0.32),
    "two groups, three masks": dict(TUNED, groups=2, masks=3, tau=0.45),
    "visual and category": dict(TUNED, itemEmbedding="visual+category"),
    "several features a side": dict(
        TUNED, itemEmbedding="visual+category", visual=["cover", "colour"], category=["category", "id"]
    ),
    "L2": dict(
        TUNED, itemEmbedding="visual+category", visual=["cover", "colour"], category=["category", "id"], l2Weight=0.02
    ),
    "L2, memory not trained": dict(TUNED, memoryTrainable=False, l2Weight=0.02),
}


# Chosen so that scores lie on both sides of the thresholds and every group has items.
SHIFT = 85.84
OFFSETS = {".omega": 0.7, "match.out.bias": 0.3, "match.hidden.bias": 0.3, "match.item.bias": 0.3}


def polarities(o):
    return POLARITIES[:1] if o["variant"] == "MTIN-I" else POLARITIES


def weights(o):
    """Arrays by our names, in a fixed order. Kernels are [in, out]."""
    d, s, p = o["size"], o["groups"], o["masks"]
    shapes = {}
    sides = [("visual", d)] if o["itemEmbedding"] == "visualLinear" else [("visual", d // 2), ("category", d // 2)]
    for side, width in sides:
        for feature in o[side]:
            full = f"{side}.{feature}"
            if feature == "category":
                shapes[f"{full}.embedding"] = (CATEGORIES, width)
            elif feature == "id":
                shapes[f"{full}.table"] = (ITEMS, width)
            else:
                shapes[f"{full}.weight"] = (COVER if feature == "cover" else COLOUR, width)

    def linear(name, inputs, outputs):
        shapes[f"{name}.weight"] = (inputs, outputs)
        shapes[f"{name}.bias"] = (outputs,)

    for name in polarities(o):
        shapes[f"{name}.memory"] = (USERS, s * d)
        if o["variant"] != "MTIN-I":
            for part in ("item", "group", "scale"):
                linear(f"{name}.match.{part}", d, d)
            linear(f"{name}.match.hidden", 2 * d, d)
            linear(f"{name}.match.out", d, 1)
        shapes[f"{name}.temporal.weight"] = (p, d, d) if o["temporalWeights"] == "shared" else (s, p, d, d)
        if o["omega"] == "trainable":
            shapes[f"{name}.temporal.omega"] = (p,)
        linear(f"{name}.group.1", p * d, d)
        linear(f"{name}.group.2", d, d)
        if s > 1:
            shapes[f"{name}.interest.weight"] = (d, d)
        if o["aggregation"] != "sum":
            linear(f"{name}.aggregate", 2 * d, d)
        linear(f"{name}.head.hidden", 2 * d, d)
        linear(f"{name}.head.out", d, 1)
    if o["combine"] == "trainable":
        shapes["combine"] = (len(polarities(o)),)
    out = {}
    for v, (name, shape) in enumerate(shapes.items()):
        v += SHIFT
        amplitude = 1.0 if ".match." in name or name.endswith(".memory") else 0.6
        offset = next((by for end, by in OFFSETS.items() if name.endswith(end)), 0.0)
        out[name] = (v, amplitude, offset, wave(v, shape, amplitude) + offset)
    return out


def item_vectors(w, o):
    def side(name, width):
        x = np.zeros((ITEMS, width))
        for feature in o[name]:
            full = f"{name}.{feature}"
            if feature == "category":
                for i, c in enumerate(category):
                    if c >= 0:
                        x[i] += w[f"{full}.embedding"][c]
            elif feature == "id":
                x += w[f"{full}.table"]
            else:
                x += (cover if feature == "cover" else colour) @ w[f"{full}.weight"]
        return x

    d = o["size"]
    if o["itemEmbedding"] == "visualLinear":
        return side("visual", d)
    return np.concatenate([side("visual", d // 2), side("category", d // 2)], 1)


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


class Margins:
    """How near decisions come to being others: float32 must decide alike."""

    least = math.inf

    def see(self, difference):
        if abs(difference) > 1e-9:  # exact ties are exact in float32 too: both sides are the same number
            self.least = min(self.least, abs(difference))


margins = Margins()


def route(p, o):
    """Algorithm 1 on scores [l, s]."""
    length, s = p.shape
    assigned = [-1] * length

    def average(g, assignment, own):
        members = [p[i, g] for i in range(length) if assignment[i] == g]
        if members:
            return sum(members) / len(members)
        return own

    for _ in range(o["routingIterations"]):
        before = list(assigned)
        for j in range(length):
            seen = before if o["routingUpdate"] == "parallel" else assigned
            pd = []
            for g in range(s):
                xi = math.log(o["logBase"] + max(average(g, seen, p[j, g]) - p[j, g], 0.0)) / math.log(o["logBase"])
                pd.append(p[j, g] / xi)
            best = max(range(s), key=lambda g: (pd[g], -g))
            for g in range(s):
                margins.see(pd[best] - pd[g])
            margins.see(pd[best] - o["epsilon"])
            if best != assigned[j] and pd[best] > o["epsilon"]:
                assigned[j] = best
    return assigned


def polarity(w, o, name, which, c, x, frozen):
    """Eqs. 2 to 10 of one context and polarity; what `frozen` holds stays as it is."""
    act = np.tanh if o["activation"] == "tanh" else lambda z: np.maximum(z, 0)
    d, s, p = o["size"], o["groups"], o["masks"]
    items = history(c, which)
    l = len(items)
    X = x[items].reshape(l, d)
    M = w[f"{name}.memory"][CONTEXTS[c][0]].reshape(s, d)

    def lin(part, z):
        return z @ w[f"{name}.{part}.weight"] + w[f"{name}.{part}.bias"]

    found = {}
    if o["variant"] == "MTIN-I":
        assigned, G = [0] * l, np.ones(l)
    else:
        P = np.zeros((l, s))
        for j in range(l):
            for g in range(s):
                sjg = lin("match.scale", act(lin("match.item", X[j]) + lin("match.group", M[g])))
                both = np.concatenate([sjg * X[j], sjg * M[g]])
                P[j, g] = lin("match.out", act(lin("match.hidden", both)))[0]
        if o["scoreSquash"] == "sigmoid":
            P = 1 / (1 + np.exp(-P))
        found["scores"] = P
        assigned = frozen["assignment"] if frozen else route(P, o)
        pi = np.array([softmax(P[j])[assigned[j]] if assigned[j] >= 0 else 0.0 for j in range(l)])
        found["pi"] = pi
        G = 1 - frozen["pi"] + pi if frozen and o["routing"] == "straightThrough" else np.ones(l)
    found["assignment"] = assigned

    W = w[f"{name}.temporal.weight"]
    omega = w[f"{name}.temporal.omega"] if o["omega"] == "trainable" else [2.0**-k for k in range(p)]
    when = times(c, which)
    r = np.zeros((s, d))
    sizes = []
    for g in range(s):
        members = [j for j in range(l) if assigned[j] == g]
        sizes.append(len(members))
        sums = []
        pairs = 0
        for k in range(p):
            Wk = W[k] if o["temporalWeights"] == "shared" else W[g, k]
            total = np.zeros(d)
            pairs = 0
            for ri, i in enumerate(members):
                for rj, j in enumerate(members):
                    if ri < rj or (ri == rj and not o["includeDiagonal"]):
                        continue
                    pairs += 1
                    gap = ri - rj if o["temporalUnit"] == "rank" else (when[i] - when[j]) / DAY
                    xi, xj = G[i] * X[i], G[j] * X[j]
                    total = total + math.exp(-gap * omega[k]) * (xi @ Wk @ xj) * xj
            sums.append(total)
        norm = {"none": 1, "pairs": pairs, "length": len(members)}[o["temporalNorm"]]
        rk = np.concatenate(sums) / max(1, norm)
        r[g] = lin("group.2", np.maximum(lin("group.1", rk), 0))
    found["groups"] = r

    if s == 1:  # the softmax of one number is 1, above every threshold below 1
        mask = np.array([[0.0 if o["emptyGroups"] == "mask" and sizes[0] == 0 else 1.0]])
    else:
        logits = M @ w[f"{name}.interest.weight"] @ r.T
        attention = np.zeros((s, s))
        taking = [g for g in range(s) if sizes[g] > 0 or o["emptyGroups"] == "keep"]
        for q in range(s):
            if taking:
                attention[q, taking] = softmax(logits[q, taking])
        tau = o.get("tau", 0.5 / s)
        for value in attention.ravel():
            margins.see(value - tau)
        step = frozen["step"] if frozen else (attention > tau).astype(float)
        found["step"], found["attention"] = step, attention
        if o["interestMask"] == "weighted":
            mask = step * attention
        elif o["interestMask"] == "straightThrough" and frozen:
            mask = step + attention - frozen["attention"]
        else:
            mask = step
        found["mask"] = mask
    h = mask @ r
    found["interests"] = h
    a = np.zeros((s, d))
    if o["aggregation"] != "concat":
        a = a + r + h
    if o["aggregation"] != "sum":
        a = a + lin("aggregate", np.concatenate([r, h], 1))
    found["memory"] = a if o["memoryUpdate"] == "replace" else M + a
    return found


def forward(w, o, frozen=None):
    x = item_vectors(w, o)
    found = {
        (c, name): polarity(w, o, name, which, c, x, frozen and frozen[c, name])
        for c in range(len(CONTEXTS))
        for which, name in enumerate(polarities(o))
    }
    beta = w["combine"] if o["combine"] == "trainable" else [o["positiveWeight"], o["negativeWeight"]]
    logits = []
    by_polarity = {name: [] for name in polarities(o)}
    for c, item, _ in PAIRS:
        y = 0.0
        for b, name in zip(beta, polarities(o)):
            q = found[c, name]["memory"].sum(0)
            both = np.concatenate([q, x[item]])
            hidden = np.maximum(both @ w[f"{name}.head.hidden.weight"] + w[f"{name}.head.hidden.bias"], 0)
            own = (hidden @ w[f"{name}.head.out.weight"] + w[f"{name}.head.out.bias"])[0]
            by_polarity[name].append(own)
            y += b * own
        logits.append(y)
    return np.array(logits), by_polarity, found


def loss(w, o, frozen):
    z, _, _ = forward(w, o, frozen)
    y = np.array([label for _, _, label in PAIRS], dtype=float)
    value = np.mean(np.logaddexp(0, z) - y * z)
    if o["l2Weight"] > 0:
        squares = 0.0
        used = sorted({i for _, i, _ in PAIRS} | {i for c in range(len(CONTEXTS)) for k in (0, 1) for i in history(c, k)})
        for name, value_of in w.items():
            if name.endswith((".weight", ".embedding")):
                squares += (value_of**2).sum()
            elif name.endswith(".table"):
                squares += (value_of[used] ** 2).sum()
            elif name.endswith(".memory") and o["memoryTrainable"]:
                squares += (value_of**2).sum()  # every user is in the batch
        value += o["l2Weight"] * squares
    return value


def slope(w, o, frozen, name, v):
    direction = wave(50 + v, w[name].shape, 1.0)
    step = 1e-5

    def at(sign):
        if name.endswith(".omega"):  # trained as the z of softplus(z)
            z = np.log(np.expm1(w[name])) + sign * step * direction
            moved = np.log1p(np.exp(z))
        else:
            moved = w[name] + sign * step * direction
        return loss({**w, name: moved}, o, frozen)

    return (at(1) - at(-1)) / (2 * step)


def rounded(values):
    return np.round(np.asarray(values, dtype=float), 7).ravel().tolist()


def padded(o, per_context, padding, width):
    rows = []
    for values in per_context:
        values = np.asarray(values, dtype=float).reshape(-1, width)
        full = np.full((o["historyLength"], width), padding)
        full[: len(values)] = values
        rows.append(full)
    return rounded(rows)


cases = []
for case, changes in CASES.items():
    o = {**DEFAULTS, **changes}
    given = weights(o)
    w = {name: values for name, (_, _, _, values) in given.items()}
    logits, by_polarity, found = forward(w, o)
    contexts = range(len(CONTEXTS))
    taps = {}
    for name in polarities(o):
        of = [found[c, name] for c in contexts]
        if o["variant"] != "MTIN-I":
            taps[f"{name}.scores"] = padded(o, [f["scores"] for f in of], 0.0, o["groups"])
        taps[f"{name}.assignment"] = padded(o, [f["assignment"] for f in of], -1.0, 1)
        for part in ("groups", "interests", "memory", *(("attention", "mask") if o["groups"] > 1 else ())):
            taps[f"{name}.{part}"] = rounded([f[part] for f in of])
        taps[f"{name}.logit"] = rounded(by_polarity[name])
    cases.append(
        dict(
            name=case,
            options=o,
            weights={
                name: dict(
                    shape=list(values.shape), v=v, amplitude=amplitude, offset=offset,
                    slope=0.0 if name.endswith(".memory") and not o["memoryTrainable"] else slope(w, o, found, name, v),
                )
                for name, (v, amplitude, offset, values) in given.items()
            },
            logits=logits.tolist(),
            loss=float(loss(w, o, None)),
            taps=taps,
        )
    )
# float32 must decide alike.
assert margins.least > 1e-3, margins.least
json.dump(dict(contexts=CONTEXTS, pairs=PAIRS, categories=category, cases=cases), sys.stdout)
