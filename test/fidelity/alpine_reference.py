"""An independent ALPINE and SCAA in float64, written from the papers' equations with plain loops, to check ours against.

    python test/fidelity/alpine_reference.py > test/fidelity/alpine.json

Needs numpy alone. Weights, features and histories come from formulas that the test repeats; the file holds the options of
each case, the logits, intermediate results of some cases, and for every weight array the derivative of the loss along a
fixed direction (central difference in float64). Nothing here is taken from src/.
"""

import json
import math

import numpy as np

ITEMS, USERS, CATEGORIES, COVER, COLOUR = 16, 5, 4, 4, 2


def wave(v, shape, amplitude):
    """amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major. The square keeps the matrices of full rank."""
    n = np.arange(math.prod(shape), dtype=np.float64)
    return (amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


def single(x):
    """As a float32 holds it: edges are choices, which must not hang on the last digits."""
    return x.astype(np.float32).astype(np.float64)


cover = single(wave(101, (ITEMS, COVER), 1.0))
colour = single(wave(102, (ITEMS, COLOUR), 1.0))
category = [-1 if i % 7 == 3 else (3 * i + i // 5) % CATEGORIES for i in range(ITEMS)]

# Of each context: how long its positive and negative histories are, and how much its user liked and followed.
LENGTHS = [(7, 5, 3, 2), (6, 0, 0, 2), (4, 7, 2, 0), (3, 1, 1, 1), (2, 3, 0, 0), (1, 2, 4, 3), (0, 6, 3, 4), (5, 4, 2, 2)]
HISTORY = 7


def items_of(kind, c):
    """Items of history `kind` (0 positive, 1 negative, 2 liked, 3 followed) of context c, oldest first."""
    return [(5 * c + (3 + 2 * kind) * t + t * t + 7 * kind) % ITEMS for t in range(LENGTHS[c][kind])]


# (context, candidate, label)
PAIRS = [(c, (3 * c + j * 5 + 1) % ITEMS, (c + j) % 2) for c in range(len(LENGTHS)) for j in range(2 + c % 2)]

DEFAULTS = dict(
    name="alpine", variant="ALPINE", item=["cover"], itemEmbedding="frozen", itemSize=None, historyLength=HISTORY,
    edgeCell="previous", edgeExcludesPrevious=True, candidateAttention="scaledDot", hidden=5,
    alphas=[0.58, 0.18, 0.24], renormalise=False, l2Weight=0.0,
)
SCAA = dict(name="scaa", variant="SCAA", attentionScale=False, selfResidual=False, bias=False, cs="mean")
CASES = {
    "ALPINE": {},
    "ALPINE_Base": dict(variant="ALPINE_Base"),
    "ALPINE_Base, renormalised": dict(variant="ALPINE_Base", renormalise=True),
    "ALPINE_u": dict(variant="ALPINE_u"),
    "ALPINE_u, renormalised": dict(variant="ALPINE_u", renormalise=True),
    "ALPINE_m": dict(variant="ALPINE_m"),
    "ALPINE_um": dict(variant="ALPINE_um"),
    "ALPINE_umg": dict(variant="ALPINE_umg"),
    "memory of the linked step": dict(edgeCell="linkedMain"),
    "starred memory of the linked step": dict(edgeCell="linkedStar"),
    "edges to the step before": dict(edgeExcludesPrevious=False),
    "edges to the step before, its memory": dict(edgeExcludesPrevious=False, edgeCell="linkedMain"),
    "bilinear attention": dict(candidateAttention="bilinear"),
    "bilinear attention, other shares": dict(candidateAttention="bilinear", alphas=[0.4, 0.5, 0.3]),
    "Dataset II": dict(alphas=[0.68, 0.32, 0]),
    "trainable items": dict(itemEmbedding="trainable"),
    "trainable identifiers": dict(variant="ALPINE_umg", item=["id"], itemEmbedding="trainable", itemSize=3),
    "projected items": dict(itemEmbedding="projected"),
    "projected to another width": dict(itemEmbedding="projected", itemSize=3),
    "two vectors": dict(item=["cover", "colour"]),
    "vector, category and identifier": dict(item=["cover", "category", "id"], itemEmbedding="projected"),
    "edges of categories": dict(item=["category", "id"], itemEmbedding="projected", itemSize=4),
    "L2": dict(l2Weight=0.02),
    "L2, bilinear": dict(l2Weight=0.02, candidateAttention="bilinear", variant="ALPINE_u"),
    "SCAA": SCAA,
    "SCAA_s": {**SCAA, "variant": "SCAA_s"},
    "SCAA_cs": {**SCAA, "variant": "SCAA_cs"},
    "SCAA_cs without a third head": {**SCAA, "variant": "SCAA_cs", "cs": "none"},
    "scaled SoC": {**SCAA, "attentionScale": True},
    "scaled co-attention alone": {**SCAA, "attentionScale": True, "variant": "SCAA_s"},
    "SoC with a residual": {**SCAA, "selfResidual": True},
    "SoC with biases": {**SCAA, "bias": True},
    "scaled SoC with biases": {**SCAA, "bias": True, "attentionScale": True},
    "SoC with all": {**SCAA, "attentionScale": True, "selfResidual": True, "bias": True, "l2Weight": 0.02},
    "SCAA of projected items": {**SCAA, "itemEmbedding": "projected", "edgeCell": "linkedStar"},
    "SCAA of trainable items": {**SCAA, "itemEmbedding": "trainable", "candidateAttention": "bilinear"},
}
TAPPED = {"ALPINE", "memory of the linked step", "bilinear attention", "ALPINE_umg", "SCAA", "SoC with all", "SCAA_s"}


def parts(o):
    """Shares of the three logits, whether there is a graph, and what the third head is fed with."""
    v = o["variant"]
    third = {"ALPINE": "matrix", "ALPINE_u": "matrix", "SCAA": "soc", "SCAA_s": "co"}.get(v)
    if v == "SCAA_cs" and o["cs"] == "mean":
        third = "mean"
    a = list(o["alphas"])
    if v in ("ALPINE_u", "ALPINE_um", "ALPINE_umg"):
        a[1] = 0
    if third is None:
        a[2] = 0
    if o["renormalise"]:
        a = [share / sum(a) for share in a]
    return a, v != "ALPINE_umg", third if a[2] > 0 else None


def width_of(o):
    own = {"cover": COVER, "colour": COLOUR}
    return o["itemSize"] or sum(own.get(name, 0) for name in o["item"])


def weights(o):
    """Arrays by our names, in a fixed order. Kernels are [in, out], gates side by side: i, f, g, o."""
    d, h = width_of(o), o["hidden"]
    shares, graph, third = parts(o)
    shapes = {}
    if o["itemEmbedding"] == "trainable":
        shapes["item.id.table" if o["item"] == ["id"] else "item"] = (ITEMS, d)
    if o["itemEmbedding"] == "projected":
        for name in o["item"]:
            if name == "category":
                shapes["item.category.embedding"] = (CATEGORIES, d)
            elif name == "id":
                shapes["item.id.table"] = (ITEMS, d)
            else:
                shapes[f"item.{name}.weight"] = ({"cover": COVER, "colour": COLOUR}[name], d)

    def head(name, inputs):
        shapes.update({
            f"{name}.hidden.weight": (inputs, h), f"{name}.hidden.bias": (h,),
            f"{name}.out.weight": (h, 1), f"{name}.out.bias": (1,),
        })

    for name, share in zip(("positive", "negative"), shares):
        if share == 0:
            continue
        for cell in ("main", "star") if graph else ("main",):
            shapes.update({
                f"{name}.{cell}.input": (d, 4 * d), f"{name}.{cell}.state": (d, 4 * d), f"{name}.{cell}.bias": (4 * d,)
            })
        if o["candidateAttention"] == "bilinear":
            shapes[f"{name}.attention.weight"] = (d, d)
        head(f"{name}.head", 2 * d)
    stages = {"soc": ("co", "self"), "co": ("co",)}.get(third, ())
    for stage in stages:
        for level in ("liked", "followed"):
            for role in ("query", "key", "value"):
                shapes[f"soc.{stage}.{level}.{role}.weight"] = (d, d)
                if o["bias"]:
                    shapes[f"soc.{stage}.{level}.{role}.bias"] = (d,)
    if third == "matrix":
        shapes["user"] = (USERS, d)
    if third:
        head("user.head", 2 * d)
    return {name: wave(v, shape, amplitude(name)) for v, (name, shape) in enumerate(shapes.items())}


def amplitude(name):
    """What only acts through a softmax is given larger weights, so that it shows in the logits."""
    if name.endswith("query.bias") or ".attention." in name:
        return 2.0
    return 1.2 if ".query." in name or ".key." in name else 0.9


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(row):
    e = np.exp(np.array(row) - max(row))
    return e / e.sum()


def raw(o, i):
    """What edges are judged by: the vectors, else the categories as one-hot codes that an unknown value has none of."""
    known = {"cover": cover, "colour": colour}
    vectors = [known[name][i] for name in o["item"] if name in known]
    return np.concatenate(vectors) if vectors else None


def distance(o, i, j):
    if raw(o, i) is not None:
        return float(((raw(o, i) - raw(o, j)) ** 2).sum())
    return 0.0 if category[i] >= 0 and category[i] == category[j] else 1.0


def edges(o, items):
    """The most similar item before each; without its predecessor, where that is excluded."""
    found = []
    for t in range(len(items)):
        last = t - 2 if o["edgeExcludesPrevious"] else t - 1
        earlier = [distance(o, items[t], items[j]) for j in range(last + 1)]
        found.append(earlier.index(min(earlier)) if t >= 2 else 0)
    return found


def item_vector(o, w, i):
    if o["itemEmbedding"] == "frozen":
        return raw(o, i)
    if o["itemEmbedding"] == "trainable":
        return w["item.id.table" if o["item"] == ["id"] else "item"][i]
    total = np.zeros(width_of(o))
    for name in o["item"]:
        if name == "category":
            if category[i] >= 0:
                total = total + w["item.category.embedding"][category[i]]
        elif name == "id":
            total = total + w["item.id.table"][i]
        else:
            total = total + {"cover": cover, "colour": colour}[name][i] @ w[f"item.{name}.weight"]
    return total


def cell(w, name, x, h, c):
    """One step of an LSTM cell: its memory and what it puts out."""
    z = x @ w[f"{name}.input"] + h @ w[f"{name}.state"] + w[f"{name}.bias"]
    i, f, g, out = np.split(z, 4)
    c = sigmoid(i) * np.tanh(g) + sigmoid(f) * c
    return c, sigmoid(out) * np.tanh(c)


def states(o, w, name, xs, links, graph):
    """h_t of a history. The starred cell reads h of the linked step; its memory goes on from what edgeCell says."""
    h, c, star = [], [], []
    for t, x in enumerate(xs):
        zero = np.zeros(len(x))
        h_before, c_before = (h[t - 1], c[t - 1]) if t > 0 else (zero, zero)
        c_t, value = cell(w, f"{name}.main", x, h_before, c_before)
        if graph:
            at = links[t]
            linked_h = h[at] if t > 0 else zero
            memory = zero
            if t > 0:
                memory = {"previous": star[t - 1], "linkedMain": c[at], "linkedStar": star[at]}[o["edgeCell"]]
            s_t, starred = cell(w, f"{name}.star", x, linked_h, memory)
            star.append(s_t)
            value = value + starred
        c.append(c_t)
        h.append(value)
    return h


def head(w, name, x):
    hidden = np.maximum(x @ w[f"{name}.hidden.weight"] + w[f"{name}.hidden.bias"], 0)
    return float(hidden @ w[f"{name}.out.weight"][:, 0] + w[f"{name}.out.bias"][0])


def seen(o, w, name, hs, x):
    """What the candidate sees of a history, and the weights by which."""
    if not hs:
        return np.zeros(len(x)), []
    scores = [
        h @ (x @ w[f"{name}.attention.weight"]) if o["candidateAttention"] == "bilinear" else h @ x / math.sqrt(len(x))
        for h in hs
    ]
    a = softmax(scores)
    return sum(weight * h for weight, h in zip(a, hs)), list(a)


def affine(o, w, name, x):
    y = x @ w[f"{name}.weight"]
    return y + w[f"{name}.bias"] if o["bias"] else y


def attended(o, w, stage, own, other, rows, over):
    """Each row's softmax-weighted sum over the other set, and the weights. Nothing of an empty set."""
    out, table = [], []
    for row in rows:
        if not over:
            out.append(np.zeros(len(row)))
            table.append([])
            continue
        q = affine(o, w, f"soc.{stage}.{own}.query", row)
        scale = math.sqrt(len(row)) if o["attentionScale"] else 1
        a = softmax([q @ affine(o, w, f"soc.{stage}.{other}.key", k) / scale for k in over])
        out.append(sum(p * affine(o, w, f"soc.{stage}.{other}.value", k) for p, k in zip(a, over)))
        table.append(list(a))
    return out, table


def interest(o, w, third, liked, followed, tap):
    """v: SoC attention over what was liked and followed, or a mean of both."""
    count = len(liked) + len(followed)
    if third == "mean":
        return sum(liked + followed, np.zeros(width_of(o))) / max(1, count)
    from_followed, tap["soc.co.liked"] = attended(o, w, "co", "liked", "followed", liked, followed)
    from_liked, tap["soc.co.followed"] = attended(o, w, "co", "followed", "liked", followed, liked)
    levels = {
        "liked": [a + b for a, b in zip(from_followed, liked)], "followed": [a + b for a, b in zip(from_liked, followed)]
    }
    for level, rows in levels.items():
        tap[f"soc.enhanced.{level}"] = [list(row) for row in rows]
    if third == "soc":
        for level, rows in list(levels.items()):
            out, tap[f"soc.self.{level}"] = attended(o, w, "self", level, level, rows, rows)
            levels[level] = [a + b for a, b in zip(out, rows)] if o["selfResidual"] else out
            tap[f"soc.interest.{level}"] = [list(row) for row in levels[level]]
    return sum(levels["liked"] + levels["followed"], np.zeros(width_of(o))) / max(1, count)


def known(o, w, c):
    """All that does not depend on the candidate, with taps."""
    shares, graph, third = parts(o)
    tap, result = {}, {}
    for kind, name in enumerate(("positive", "negative")):
        if shares[kind] == 0:
            continue
        items = items_of(kind, c)
        links = edges(o, items)
        hs = states(o, w, name, [item_vector(o, w, i) for i in items], links, graph)
        result[name] = hs
        tap[f"{name}.states"] = [list(h) for h in hs]
        if graph:
            tap[f"{name}.edges"] = links
    if third == "matrix":
        result["user"] = w["user"][c % USERS]
    elif third:
        sets = [[item_vector(o, w, i) for i in items_of(kind, c)] for kind in (2, 3)]
        result["user"] = interest(o, w, third, *sets, tap)
    if third:
        tap["user.vector"] = list(result["user"])
    return result, tap


def logit(o, w, of_context, i):
    shares, _, third = parts(o)
    x = item_vector(o, w, i)
    tap, total = {}, 0.0
    for kind, name in enumerate(("positive", "negative")):
        if shares[kind] == 0:
            continue
        f, a = seen(o, w, name, of_context[name], x)
        y = head(w, f"{name}.head", np.concatenate([f, x]))
        tap.update({f"{name}.attention": a, f"{name}.interest": list(f), f"{name}.logit": y})
        total += shares[kind] * y
    if third:
        y = head(w, "user.head", np.concatenate([x, of_context["user"]]))
        tap["user.logit"] = y
        total += shares[2] * y
    return total, tap


def forward(o, w):
    contexts = [known(o, w, c) for c in range(len(LENGTHS))]
    results = [logit(o, w, contexts[c][0], i) for c, i, _ in PAIRS]
    taps = {}
    for rows in ([tap for _, tap in contexts], [tap for _, tap in results]):
        for name in rows[0]:
            taps[name] = [row[name] for row in rows]
    return [z for z, _ in results], taps


def loss(o, w):
    """Mean cross-entropy, and L2 of the heads' matrices."""
    z, _ = forward(o, w)
    entropy = -sum(
        y * -math.log1p(math.exp(-s)) + (1 - y) * -math.log1p(math.exp(s)) for s, (_, _, y) in zip(z, PAIRS)
    ) / len(PAIRS)
    squares = sum((value**2).sum() for name, value in w.items() if ".head." in name and name.endswith("weight"))
    return entropy + o["l2Weight"] * 0.5 * squares


def slope(o, w, name, v):
    direction = wave(50 + v, w[name].shape, 1.0)
    step = 1e-6
    up = loss(o, {**w, name: w[name] + step * direction})
    down = loss(o, {**w, name: w[name] - step * direction})
    return (up - down) / (2 * step)


def effect(o, w, name, v):
    """Largest change of a logit when the array is moved by a tenth of a direction."""
    direction = wave(50 + v, w[name].shape, 0.1)
    moved, _ = forward(o, {**w, name: w[name] + direction})
    return max(abs(a - b) for a, b in zip(moved, forward(o, w)[0]))


def rounded(value):
    return [rounded(one) for one in value] if isinstance(value, list) else round(float(value), 9)


def main():
    cases = []
    for name, changes in CASES.items():
        o = {**DEFAULTS, **changes}
        w = weights(o)
        z, taps = forward(o, w)
        cases.append({
            "name": name,
            "options": o,
            "weights": {
                key: {
                    "shape": list(value.shape), "v": v, "amplitude": amplitude(key),
                    "slope": round(slope(o, w, key, v), 10), "effect": round(effect(o, w, key, v), 6),
                }
                for v, (key, value) in enumerate(w.items())
            },
            "logits": rounded(z),
            "loss": loss(o, w),
            **({"taps": rounded_taps(taps)} if name in TAPPED else {}),
        })
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({
        "pairs": PAIRS,
        "contexts": [[items_of(kind, c) for kind in range(4)] for c in range(len(LENGTHS))],
        "categories": category,
    })
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


def rounded_taps(taps):
    return {name: rounded(values) for name, values in taps.items()}


main()
