"""An independent SASRec and GRU4Rec in float64, each history from scratch, for what RecBole's (nextItem_recbole.py) do not have:
LayerNorm before the sublayers, reset gates on the state, output vectors and biases of items, and the losses over a set.

    python test/fidelity/nextItem_reference.py > test/fidelity/nextItemVariants.json

Needs numpy alone. Written from the papers' equations; nothing here is taken from src/. Weights come from formulas that the
test repeats; the file holds the options of each case, the logits of all items after each history, the loss, and for every
weight the derivative of the loss along a direction (central difference).
"""

import json
import math
import sys

import numpy as np

ITEMS, LENGTH = 9, 6
HISTORIES = [[3], [1, 4], [5, 0, 2], [7, 7, 1, 3], [2, 8, 6, 0, 5], [4, 1, 8, 3, 7, 6], [6, 2], []]
NEXT = [4, 7, 1, 3, 0, 2, 5, 6]
NEGATIVES = [[1], [2], [0, 4], [1], [], [5], [3], [4]]  # item 8 is no candidate of the step
ROWS = [3, 1, 2, 5, 1, 4, 1, 2, 1]  # positive rows of each item in the train part

SASREC = dict(name="sasrec", factors=6, layers=2, heads=2, norm="pre", activation="relu", outputProjection=False, loss="bce",
              contrast="step", logQ=0.0, bprReg=1.0, l2Weight=0.0)
GRU = dict(name="gru4rec", factors=5, units=5, layers=1, reset="before", bias=True, output="tied", projection=False, itemBias=True,
           loss="bprMax", contrast="step", logQ=0.0, bprReg=0.7, l2Weight=0.0)
CASES = {
    "SASRec": SASREC,
    "SASRec, one head, a wide layer": dict(SASREC, heads=1, layers=1, innerSize=9, outputProjection=True),
    "SASRec, softmax over the step": dict(SASREC, loss="softmax"),
    "SASRec, softmax over the step, log Q": dict(SASREC, loss="softmax", logQ=0.8),
    "SASRec, LayerNorm after": dict(SASREC, norm="post", activation="gelu", loss="bpr"),
    "SASRec, L2": dict(SASREC, l2Weight=0.03, layers=1),
    "GRU4Rec, BPR-max": GRU,
    "GRU4Rec, BPR-max over the catalogue": dict(GRU, contrast="catalogue"),
    "GRU4Rec, BPR-max alone": dict(GRU, bprReg=0.0),
    "GRU4Rec, TOP1-max": dict(GRU, loss="top1Max"),
    "GRU4Rec, two layers, reset after": dict(GRU, layers=2, reset="after", loss="bce"),
    "GRU4Rec, output vectors": dict(GRU, output="separate", units=4, loss="softmax", contrast="catalogue"),
    "GRU4Rec, projection, no biases": dict(GRU, projection=True, units=4, bias=False, itemBias=False, loss="bpr"),
}


def wave(v, shape, amplitude, offset=0.0):
    """offset + amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(math.prod(shape), dtype=np.float64)
    return (offset + amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


def shapes_of(o):
    d = o["factors"]
    shapes = {"item.id.table": (ITEMS, d)}
    line = lambda name, i, out: shapes.update({f"{name}.weight": (i, out), f"{name}.bias": (out,)})
    norm = lambda name: shapes.update({f"{name}.gamma": (d,), f"{name}.beta": (d,)})
    if o["name"] == "sasrec":
        shapes["position"] = (LENGTH, d)
        norm("norm")
        for b in range(1, o["layers"] + 1):
            for part in ["query", "key", "value"] + ["out"] * o["outputProjection"]:
                line(f"block.{b}.attention.{part}", d, d)
            line(f"block.{b}.ffn.1", d, o.get("innerSize", d))
            line(f"block.{b}.ffn.2", o.get("innerSize", d), d)
            norm(f"block.{b}.norm.1")
            norm(f"block.{b}.norm.2")
        return shapes
    h = o["units"]
    for layer in range(1, o["layers"] + 1):
        shapes[f"gru.{layer}.input"] = (d if layer == 1 else h, 3 * h)
        shapes[f"gru.{layer}.state"] = (h, 3 * h)
        if o["bias"]:
            shapes[f"gru.{layer}.bias"] = (3 * h,)
    if o["projection"]:
        line("projection", h, d)
    if o["output"] == "separate":
        shapes["output.id.table"] = (ITEMS, d if o["projection"] else h)
    if o["itemBias"]:
        shapes["bias"] = (ITEMS, 1)
    return shapes


sigmoid = lambda x: 1 / (1 + np.exp(-x))
erf = np.vectorize(math.erf)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def layer_norm(w, name, x):
    return w[f"{name}.gamma"] * (x - x.mean()) / np.sqrt(x.var() + 1e-8) + w[f"{name}.beta"]


def sasrec_state(o, w, history):
    line = lambda name, x: x @ w[f"{name}.weight"] + w[f"{name}.bias"]
    each = lambda f, xs: np.stack([f(x) for x in xs])
    pre = o["norm"] == "pre"
    x = w["item.id.table"][history] + w["position"][: len(history)]
    if not pre:
        x = each(lambda row: layer_norm(w, "norm", row), x)
    for b in range(1, o["layers"] + 1):
        def attention(rows):
            q, k, v = (line(f"block.{b}.attention.{part}", rows) for part in ("query", "key", "value"))
            out = np.zeros_like(q)
            size = o["factors"] // o["heads"]
            for t in range(len(rows)):
                for head in range(o["heads"]):
                    c = slice(head * size, (head + 1) * size)
                    weights = softmax(np.array([q[t, c] @ k[s, c] / math.sqrt(size) for s in range(t + 1)]))
                    out[t, c] = sum(weight * v[s, c] for s, weight in enumerate(weights))
            return line(f"block.{b}.attention.out", out) if o["outputProjection"] else out

        def feed_forward(rows):
            z = line(f"block.{b}.ffn.1", rows)
            z = np.maximum(z, 0) if o["activation"] == "relu" else z * 0.5 * (1 + erf(z / math.sqrt(2)))
            return line(f"block.{b}.ffn.2", z)

        for g, name in ((attention, f"block.{b}.norm.1"), (feed_forward, f"block.{b}.norm.2")):
            normalise = lambda rows: each(lambda row: layer_norm(w, name, row), rows)
            x = x + g(normalise(x)) if pre else normalise(x + g(x))
    return layer_norm(w, "norm", x[-1]) if pre else x[-1]


def gru_state(o, w, history):
    h = o["units"]
    inputs = [w["item.id.table"][item] for item in history]
    for layer in range(1, o["layers"] + 1):
        W, V = w[f"gru.{layer}.input"], w[f"gru.{layer}.state"]
        b = w.get(f"gru.{layer}.bias", np.zeros(3 * h))
        state, states = np.zeros(h), []
        for x in inputs:
            part = lambda matrix, g: matrix[:, g * h : (g + 1) * h]
            r, z = (sigmoid(x @ part(W, g) + state @ part(V, g) + b[g * h : (g + 1) * h]) for g in (0, 1))
            recurrent = (r * state) @ part(V, 2) if o["reset"] == "before" else r * (state @ part(V, 2))
            new = np.tanh(x @ part(W, 2) + recurrent + b[2 * h :])
            state = (1 - z) * new + z * state
            states.append(state)
        inputs = states
    return state @ w["projection.weight"] + w["projection.bias"] if o["projection"] else state


def logits_of(o, w):
    out = w.get("output.id.table", w["item.id.table"])
    bias = w["bias"][:, 0] if "bias" in w else np.zeros(ITEMS)
    state = lambda history: (sasrec_state if o["name"] == "sasrec" else gru_state)(o, w, history)
    return np.stack([(out @ state(h) if h else np.zeros(ITEMS)) + bias for h in HISTORIES])


def loss_of(o, w):
    r, kind = logits_of(o, w), o["loss"]
    users = [u for u, history in enumerate(HISTORIES) if history]
    losses = []
    for u in users:
        if kind == "bce":
            losses += [np.log1p(np.exp(-r[u, NEXT[u]]))] + [np.log1p(np.exp(r[u, j])) for j in NEGATIVES[u]]
            continue
        if kind == "bpr":
            losses += [-np.log(sigmoid(r[u, NEXT[u]] - r[u, j])) for j in NEGATIVES[u]]
            continue
        every = sorted({*NEXT, *(j for js in NEGATIVES for j in js)}) if o["contrast"] == "step" else range(ITEMS)
        own = r[u, NEXT[u]]
        if kind == "softmax":
            corrected = lambda j: r[u, j] - o["logQ"] * math.log(ROWS[j])
            losses.append(math.log(sum(math.exp(corrected(j)) for j in every)) - corrected(NEXT[u]))
            continue
        others = [j for j in every if j != NEXT[u]]
        s = softmax(np.array([r[u, j] for j in others]))
        if kind == "bprMax":
            mean = sum(s_j * sigmoid(own - r[u, j]) for s_j, j in zip(s, others))
            losses.append(-math.log(mean) + o["bprReg"] * sum(s_j * r[u, j] ** 2 for s_j, j in zip(s, others)))
        else:
            losses.append(sum(s_j * (sigmoid(r[u, j] - own) + sigmoid(r[u, j] ** 2)) for s_j, j in zip(s, others)))
    value = float(np.mean(losses))
    if o["l2Weight"] > 0:  # all items are in the step
        squares = sum((a**2).sum() for name, a in w.items() if name.endswith((".weight", "item.id.table")))
        value += 0.5 * o["l2Weight"] * squares
    return value


def run(name, o):
    about, w = {}, {}
    for v, (weight, shape) in enumerate(shapes_of(o).items()):
        amplitude, offset = (0.3, 1.0) if weight.endswith("gamma") else (0.6, 0.0)
        w[weight] = wave(v, shape, amplitude, offset)
        about[weight] = dict(shape=shape, v=v, amplitude=amplitude, offset=offset)
    for v, (weight, array) in enumerate(w.items()):
        direction, step = wave(50 + v, array.shape, 1.0), 1e-5
        up, down = (loss_of(o, {**w, weight: array + sign * step * direction}) for sign in (1, -1))
        about[weight]["slope"] = (up - down) / (2 * step)
    return dict(name=name, options=o, weights=about, logits=logits_of(o, w).round(9).tolist(), loss=loss_of(o, w))


json.dump(dict(items=ITEMS, length=LENGTH, histories=HISTORIES, next=NEXT, negatives=NEGATIVES, rows=ROWS,
               cases=[run(name, o) for name, o in CASES.items()]), sys.stdout, separators=(",", ":"))
print()
