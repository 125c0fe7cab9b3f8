"""An independent THACIL in float64, written from the equations with plain loops, to check ours against.

    python test/fidelity/thacil_reference.py > test/fidelity/thacil.json

Needs numpy alone. Weights, features and histories come from formulas that the test repeats; the file holds the
options of each case, the logits, a weighted sum of each intermediate result, and for every weight array the derivative
of the loss along a fixed direction (central difference in float64). Nothing here is taken from src/.
"""

import json
import math

import numpy as np

ITEMS, USERS, CATEGORIES, COVER, COLOUR = 14, 4, 5, 6, 2
MASKED = -(2.0**32)


def wave(v, shape, amplitude):
    """amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major. The square keeps the matrices of full rank."""
    n = np.arange(math.prod(shape), dtype=np.float64)
    return (amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


cover = wave(101, (ITEMS, COVER), 1.0)
colour = wave(102, (ITEMS, COLOUR), 1.0)
category = [-1 if i % 7 == 3 else (3 * i) % CATEGORIES for i in range(ITEMS)]
LENGTHS = [12, 11, 9, 7, 4, 3, 1, 0]


def history(c):
    return [(5 * c + 3 * t + t * t) % ITEMS for t in range(LENGTHS[c])]


# (context, candidate, label)
PAIRS = [(c, (3 * c + j * 5 + 1) % ITEMS, (c + j) % 2) for c in range(len(LENGTHS)) for j in range(1 + c % 2)]

DEFAULTS = dict(
    visual=["cover"], category=["category"], visualSize=4, categorySize=4, historyLength=12, blockSize=3, heads=2,
    hidden=5, categoryLevel=True, itemLevel=True, interAttention="forward", candidateAttention=True,
    firstBlock="zero", headWeights="shared", interActivation="scaledTanh", l2="uniform", l2Weight=0.0, userSize=0,
)
CASES = {
    "defaults": {},
    "firstBlock uniform": dict(firstBlock="uniform"),
    "one matrix a head": dict(headWeights="perHead"),
    "tanh between blocks": dict(interActivation="tanh"),
    "relu between blocks": dict(interActivation="relu"),
    "bidirectional": dict(interAttention="bidirectional"),
    "no attention between blocks": dict(interAttention="none"),
    "no category level": dict(categoryLevel=False),
    "no item level": dict(itemLevel=False),
    "no candidate attention": dict(candidateAttention=False),
    "no candidate attention, three blocks": dict(candidateAttention=False, blockSize=4),
    "no level at all": dict(categoryLevel=False, itemLevel=False, interAttention="none", candidateAttention=False),
    "blocks of four, four heads": dict(blockSize=4, heads=4, headWeights="perHead", firstBlock="uniform"),
    "one block": dict(blockSize=12),
    "blocks of one item": dict(blockSize=1, heads=1),
    "unequal sides": dict(visualSize=6, categorySize=4, heads=5),
    "two features a side, user embedding": dict(
        visual=["cover", "colour"], category=["category", "id"], userSize=3
    ),
    "L2 of identifiers": dict(visual=["cover", "colour"], category=["category", "id"], userSize=3, l2Weight=0.02),
    "uniform L2": dict(l2Weight=0.02),
    "released L2": dict(l2="released", l2Weight=0.02),
}


def weights(o):
    """Arrays by our names, in a fixed order. Kernels are [in, out]."""
    df, dc, h = o["visualSize"], o["categorySize"], o["heads"]
    d = df + dc
    shapes = {}
    for name, width in (("visual", df), ("category", dc)):
        for feature in o[name]:
            full = f"{name}.{feature}"
            if feature == "category":
                shapes[f"{full}.embedding"] = (CATEGORIES, width)
            elif feature == "id":
                shapes[f"{full}.table"] = (ITEMS, width)
            else:
                shapes[f"{full}.weight"] = ({"cover": COVER, "colour": COLOUR}[feature], width)

    def additive(name, x, q):
        shapes.update({
            f"{name}.x.weight": (x, x), f"{name}.x.bias": (x,), f"{name}.q.weight": (q, x), f"{name}.q.bias": (x,),
            f"{name}.out.weight": (x, x), f"{name}.out.bias": (x,),
        })

    if o["categoryLevel"]:
        additive("categoryLevel", dc, df)
    if o["itemLevel"]:
        additive("itemLevel", df, dc)
    if o["interAttention"] != "none":
        copies = h if o["headWeights"] == "perHead" else 1
        shapes.update({
            "blocks.query.weight": (d, d), "blocks.key.weight": (d, d), "blocks.value.weight": (d, d),
            "blocks.out": (copies, d // h, d // h), "blocks.bias": (copies, d // h),
        })
    shapes.update({"norm.gamma": (d,), "norm.beta": (d,)})
    if o["candidateAttention"]:
        additive("candidate", d, d)
    shapes.update({
        "head.hidden.weight": (2 * d + o["userSize"], o["hidden"]), "head.hidden.bias": (o["hidden"],),
        "head.out.weight": (o["hidden"], 1), "head.out.bias": (1,),
    })
    if o["userSize"]:
        shapes["user"] = (USERS, o["userSize"])
    return {name: wave(v, shape, amplitude(name)) for v, (name, shape) in enumerate(shapes.items())}


def amplitude(name):
    """Attention between blocks is given larger weights, so that what it does shows behind the LayerNorm."""
    return 2.0 if name.startswith("blocks.") else 0.8


def relu(x):
    return np.maximum(x, 0.0)


def softmax(column):
    e = np.exp(column - np.max(column))
    return e / e.sum()


def item_vector(o, w, i):
    """Eqs. 1 and 2: the two sides of item i; -1 stands for padding."""
    sides = []
    for name, width in (("visual", o["visualSize"]), ("category", o["categorySize"])):
        total = np.zeros(width)
        for feature in o[name]:
            full = f"{name}.{feature}"
            if i < 0:
                continue
            if feature == "category":
                if category[i] >= 0:
                    total = total + w[f"{full}.embedding"][category[i]]
            elif feature == "id":
                total = total + w[f"{full}.table"][i]
            else:
                total = total + {"cover": cover, "colour": colour}[feature][i] @ w[f"{full}.weight"]
        sides.append(total)
    return sides


def scores_of(w, name, x, q):
    hidden = relu(
        x @ w[f"{name}.x.weight"] + w[f"{name}.x.bias"] + q @ w[f"{name}.q.weight"] + w[f"{name}.q.bias"]
    )
    return hidden @ w[f"{name}.out.weight"] + w[f"{name}.out.bias"]


def level(w, name, on, xs, qs, valid, weights):
    """Steps 4 and 5 for one block; a level that is off is a masked mean, 0 over nothing. Fills in weights [k, d]."""
    if not on:
        return sum((x for x, ok in zip(xs, valid) if ok), np.zeros_like(xs[0])) / max(1, sum(valid))
    table = np.array([scores_of(w, name, x, q) if ok else np.full(len(x), MASKED) for x, q, ok in zip(xs, qs, valid)])
    pooled = np.zeros(len(xs[0]))
    for channel in range(len(pooled)):
        alpha = softmax(table[:, channel])
        for t in range(len(xs)):
            pooled[channel] += alpha[t] * xs[t][channel]
            weights[t, channel] = alpha[t] if valid[t] else 0.0
    return pooled


def activation(o, z):
    if o["interActivation"] == "scaledTanh":
        return 5 * np.tanh(z / 5)
    return np.tanh(z) if o["interActivation"] == "tanh" else relu(z)


def received(o, w, local, block_valid, weights):
    """Steps 7 to 10. Fills in weights [m, m, d]."""
    m, d = local.shape
    if o["interAttention"] == "none":
        return np.zeros_like(local)
    h = o["heads"]
    size = d // h
    g = np.zeros((m, d))
    for i in range(m):
        table = np.zeros((m, d))
        allowed = np.zeros(m, dtype=bool)
        for j in range(m):
            forward = j < i or o["interAttention"] == "bidirectional"
            allowed[j] = forward and block_valid[j]
            z = local[i] @ w["blocks.query.weight"] + local[j] @ w["blocks.key.weight"]
            for p in range(h):
                own = p if o["headWeights"] == "perHead" else 0
                part = z[p * size : (p + 1) * size] + w["blocks.bias"][own]
                table[j, p * size : (p + 1) * size] = activation(o, part) @ w["blocks.out"][own]
            if not allowed[j]:
                table[j] = MASKED
        for channel in range(d):
            alpha = softmax(table[:, channel])
            for j in range(m):
                keep = block_valid[j] if o["firstBlock"] == "uniform" else allowed[j]
                if keep:
                    weights[i, j, channel] = alpha[j]
                    g[i, channel] += alpha[j] * (local[j] @ w["blocks.value.weight"])[channel]
    return g


def layer_norm(w, y):
    mean = y.mean()
    return w["norm.gamma"] * (y - mean) / math.sqrt(((y - mean) ** 2).mean() + 1e-8) + w["norm.beta"]


def profile(o, w, c):
    """Steps 1 to 11 for context c: u [m, d], which blocks count, and intermediate results."""
    n, k = o["historyLength"], o["blockSize"]
    m = n // k
    df, dc = o["visualSize"], o["categorySize"]
    items = history(c)
    sides = [item_vector(o, w, i) for i in items + [-1] * (n - len(items))]
    valid = [t < len(items) for t in range(n)]
    block_valid = [i < m - (n - len(items)) // k for i in range(m)]
    of_items, of_categories = np.zeros((m, k, df)), np.zeros((m, k, dc))
    local = []
    for i in range(m):
        block = range(i * k, (i + 1) * k)
        f, cs, ok = [sides[t][0] for t in block], [sides[t][1] for t in block], [valid[t] for t in block]
        local.append(np.concatenate([
            level(w, "itemLevel", o["itemLevel"], f, cs, ok, of_items[i]),
            level(w, "categoryLevel", o["categoryLevel"], cs, f, ok, of_categories[i]),
        ]))
    local = np.array(local)
    between = np.zeros((m, m, df + dc))
    g = received(o, w, local, block_valid, between)
    u = np.array([layer_norm(w, y) for y in local + g])
    taps = {"local": local, "global": g, "profile": u}
    # Ours leaves blocks out that hold nothing, but for one of an empty history if a candidate attends to it.
    kept = [ok or (i == 0 and not items and o["candidateAttention"]) for i, ok in enumerate(block_valid)]
    taps = {name: np.where(np.array(kept)[:, None], value, 0.0) for name, value in taps.items()}
    between[~np.array(block_valid)] = 0.0
    if o["itemLevel"]:
        taps["itemLevel.attention"] = of_items
    if o["categoryLevel"]:
        taps["categoryLevel.attention"] = of_categories
    if o["interAttention"] == "none":
        del taps["global"]
    else:
        taps["blocks.attention"] = between
    return u, block_valid, taps


def logit(o, w, c, i, known):
    """Steps 12 and 13, and intermediate results."""
    u, block_valid, _ = known
    x = np.concatenate(item_vector(o, w, i))
    taps = {}
    if o["candidateAttention"]:
        table = np.array([
            scores_of(w, "candidate", row, x) if ok else np.full(len(x), MASKED) for row, ok in zip(u, block_valid)
        ])
        alpha = np.array([softmax(table[:, channel]) for channel in range(len(x))]).T
        seen = (alpha * u).sum(axis=0)
        if not any(block_valid):  # ours has one block of nothing
            alpha = np.array([np.ones(len(x)) if j == 0 else np.zeros(len(x)) for j in range(len(u))])
        taps["candidate.attention"] = alpha
    else:
        seen = sum((row for row, ok in zip(u, block_valid) if ok), np.zeros(len(x))) / max(1, sum(block_valid))
    taps["user"] = seen
    user = [w["user"][c % USERS]] if o["userSize"] else []
    hidden = relu(np.concatenate([seen, x, *user]) @ w["head.hidden.weight"] + w["head.hidden.bias"])
    return float(hidden @ w["head.out.weight"][:, 0] + w["head.out.bias"][0]), taps


def logits(o, w):
    known = [profile(o, w, c) for c in range(len(LENGTHS))]
    return [logit(o, w, c, i, known[c])[0] for c, i, _ in PAIRS]


def taps(o, w):
    """Each intermediate result, summed with weights that no two of its elements share."""
    known = [profile(o, w, c) for c in range(len(LENGTHS))]
    of_pairs = [logit(o, w, c, i, known[c])[1] for c, i, _ in PAIRS]
    results = {"item": np.array([np.concatenate(item_vector(o, w, i)) for i in range(ITEMS)])}
    results.update({name: np.array([parts[name] for _, _, parts in known]) for name in known[0][2]})
    results.update({name: np.array([parts[name] for parts in of_pairs]) for name in of_pairs[0]})
    return {name: float((value * wave(7, value.shape, 1.0)).sum()) for name, value in results.items()}


def loss(o, w):
    """Mean cross-entropy (Eq. 10 with its sign) and L2: matrices, and the rows of id and user tables in use."""
    z = logits(o, w)
    entropy = -sum(
        y * -math.log1p(math.exp(-s)) + (1 - y) * -math.log1p(math.exp(s)) for s, (_, _, y) in zip(z, PAIRS)
    ) / len(PAIRS)
    used = sorted({i for _, i, _ in PAIRS} | {i for c in range(len(LENGTHS)) for i in history(c)})
    squares = 0.0
    for name, value in w.items():
        if name == "user":
            # The users at hand, each once.
            at_hand = sorted({c % USERS for c in range(len(LENGTHS))})
            squares += (value[at_hand] ** 2).sum()
        elif name.endswith(".table"):
            squares += (value[used] ** 2).sum()
        elif not name.endswith(("bias", "gamma", "beta")):
            twice = o["l2"] == "released" and name == "visual.cover.weight"
            squares += (2 if twice else 1) * (value**2).sum()
    return entropy + o["l2Weight"] * 0.5 * squares


def slope(o, w, name, v):
    direction = wave(50 + v, w[name].shape, 1.0)
    step = 1e-6
    up = loss(o, {**w, name: w[name] + step * direction})
    down = loss(o, {**w, name: w[name] - step * direction})
    return (up - down) / (2 * step)


def main():
    cases = []
    for name, changes in CASES.items():
        o = {**DEFAULTS, **changes}
        w = weights(o)
        cases.append({
            "name": name,
            "options": o,
            "weights": {
                key: {"shape": list(value.shape), "v": v, "amplitude": amplitude(key), "slope": slope(o, w, key, v)}
                for v, (key, value) in enumerate(w.items())
            },
            "logits": logits(o, w),
            "taps": taps(o, w),
            "loss": loss(o, w),
        })
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({"pairs": PAIRS, "lengths": LENGTHS, "categories": category})
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


main()
