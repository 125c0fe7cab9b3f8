"""LSTM, CNN and ATRank baselines in float64 by torch, to check ours against.

    python test/fidelity/sequence_reference.py > test/fidelity/sequence.json

Needs torch (CPU). The recurrence is nn.LSTM, the convolution F.conv1d with F.max_pool1d, attention
F.scaled_dot_product_attention, normalisation F.layer_norm; the slopes are torch's autograd. Every pair is computed for
itself, from its history. Weights, features and histories come from formulas that the test repeats; the file holds the options of
each case, the logits, a weighted sum of each intermediate result, the loss, and for every weight array the derivative of the loss
along a fixed direction. Nothing here is taken from src/.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ITEMS, USERS, CATEGORIES, COVER, COLOUR = 14, 4, 5, 6, 2


def wave(v, shape, amplitude):
    """amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major. The square keeps the matrices of full rank."""
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    return (amplitude * torch.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


FEATURES = {"cover": wave(101, (ITEMS, COVER), 1.0), "colour": wave(102, (ITEMS, COLOUR), 1.0)}
category = [-1 if i % 7 == 3 else (3 * i) % CATEGORIES for i in range(ITEMS)]
LENGTHS = {"positive": [12, 11, 9, 7, 4, 3, 1, 0], "negative": [3, 12, 0, 8, 10, 1, 6, 2]}
SLOPE, OFFSET = {"positive": 5, "negative": 3}, {"positive": 0, "negative": 4}


def history(kind, c):
    return [(SLOPE[kind] * c + 3 * t + t * t + OFFSET[kind]) % ITEMS for t in range(LENGTHS[kind][c])]


# (context, candidate, label)
PAIRS = [(c, (3 * c + j * 5 + 1) % ITEMS, (c + j) % 2) for c in range(8) for j in range(1 + c % 2)]

COMMON = dict(
    item=["cover"], itemEmbedding="projected", itemSize=4, category=["category"], categorySize=4, historyLength=12,
    head="mlp", hidden=5, alphas=[0.7, 0.4], userSize=0, l2Weight=0.0,
)
DEFAULTS = {
    "lstm": dict(units=6, pool="last", interestSize=0),
    "cnn": dict(windows=4, filters=3, filterActivation="relu", maskPadding=True, interestSize=6),
    "atrank": dict(heads=2, feedForward=3, timeEncoding="none"),
}
SEVERAL = dict(item=["cover", "colour"], category=["category", "id"], userSize=3)
CASES = [
    ("lstm", "last state", {}),
    ("lstm", "mean of the states", dict(pool="mean")),
    ("lstm", "attention", dict(pool="attention")),
    ("lstm", "LSTM-R, frozen vectors", dict(pool="mean", interestSize=3, itemEmbedding="frozen", itemSize=None, category=[])),
    ("lstm", "attention and a linear layer, two histories", dict(pool="attention", interestSize=3, head="dual")),
    ("lstm", "inner product", dict(head="dot", units=8)),
    ("lstm", "several features, user, L2", dict(**SEVERAL, pool="attention", l2Weight=0.02)),
    ("cnn", "defaults", {}),
    ("cnn", "padding counts", dict(maskPadding=False)),
    ("cnn", "linear filters", dict(filterActivation="linear")),
    ("cnn", "linear filters, padding counts", dict(filterActivation="linear", maskPadding=False)),
    ("cnn", "windows as long as the history, no linear layer", dict(windows=12, filters=2, interestSize=0)),
    ("cnn", "windows of one item, trainable table", dict(windows=1, itemEmbedding="trainable", itemSize=None, category=[])),
    ("cnn", "two histories, L2", dict(head="dual", l2Weight=0.02)),
    ("cnn", "inner product", dict(head="dot", interestSize=8)),
    ("atrank", "defaults", {}),
    ("atrank", "rank buckets", dict(timeEncoding="rankBuckets")),
    ("atrank", "two histories", dict(head="dual", heads=4)),
    ("atrank", "inner product, rank buckets", dict(head="dot", timeEncoding="rankBuckets")),
    ("atrank", "several features, user, L2", dict(**SEVERAL, timeEncoding="rankBuckets", l2Weight=0.02)),
]


def widths(name, o):
    """Of x and of u."""
    first = sum(FEATURES[f].shape[1] for f in o["item"]) if o["itemSize"] is None else o["itemSize"]
    d = first + (o["categorySize"] if o["category"] else 0)
    if name == "atrank":
        return d, d
    if o["interestSize"]:
        return d, o["interestSize"]
    return d, o["units"] if name == "lstm" else o["windows"] * o["filters"]


def shapes(name, o):
    """Arrays by our names, in a fixed order. Kernels are [in, out]."""
    d, u = widths(name, o)
    all_ = {}

    def dense(full, inputs, outputs):
        all_[f"{full}.weight"] = (inputs, outputs)
        all_[f"{full}.bias"] = (outputs,)

    def side(prefix, features, width):
        for feature in features:
            full = f"{prefix}.{feature}"
            if feature == "category":
                all_[f"{full}.embedding"] = (CATEGORIES, width)
            elif feature == "id":
                all_[f"{full}.table"] = (ITEMS, width)
            else:
                all_[f"{full}.weight"] = (FEATURES[feature].shape[1], width)

    if o["itemEmbedding"] == "projected":
        side("item", o["item"], o["itemSize"])
    elif o["itemEmbedding"] == "trainable":
        all_["item"] = (ITEMS, d)
    side("category", o["category"], o["categorySize"])
    for p in ["positive", "negative"] if o["head"] == "dual" else ["positive"]:
        if name == "lstm":
            h = o["units"]
            all_.update({f"{p}.lstm.input": (d, 4 * h), f"{p}.lstm.state": (h, 4 * h), f"{p}.lstm.bias": (4 * h,)})
            if o["pool"] == "attention":
                dense(f"{p}.attention.x", h, h)
                dense(f"{p}.attention.q", d, h)
                dense(f"{p}.attention.out", h, h)
            if o["interestSize"]:
                dense(f"{p}.interest", h, u)
        if name == "cnn":
            for w in range(1, o["windows"] + 1):
                dense(f"{p}.window{w}", w * d, o["filters"])
            if o["interestSize"]:
                dense(f"{p}.interest", o["windows"] * o["filters"], u)
        if name == "atrank":
            if o["timeEncoding"] == "rankBuckets":
                dense(f"{p}.time", d + 12, d)
            for block in ("self", "candidate"):
                for part in ("query", "key", "value"):
                    dense(f"{p}.{block}.{part}", d, d)
                for norm in ("norm", "outerNorm"):
                    all_.update({f"{p}.{block}.{norm}.gamma": (d,), f"{p}.{block}.{norm}.beta": (d,)})
                dense(f"{p}.{block}.inner", d, o["feedForward"])
                dense(f"{p}.{block}.outer", o["feedForward"], d)
        if o["head"] != "dot":
            dense(f"{p}.head.hidden", u + d + o["userSize"], o["hidden"])
            dense(f"{p}.head.out", o["hidden"], 1)
    if o["userSize"]:
        all_["user"] = (USERS, o["userSize"])
    if o["head"] == "dot":
        all_["bias"] = (ITEMS, 1)
    return all_


def apply(w, full, x):
    return x @ w[f"{full}.weight"] + w[f"{full}.bias"]


def embed(w, prefix, features, i, width):
    total = torch.zeros(width)
    for feature in features:
        full = f"{prefix}.{feature}"
        if feature == "category":
            total = total + (w[f"{full}.embedding"][category[i]] if category[i] >= 0 else 0)
        elif feature == "id":
            total = total + w[f"{full}.table"][i]
        else:
            total = total + FEATURES[feature][i] @ w[f"{full}.weight"]
    return total


def item_vector(o, w, i):
    if o["itemEmbedding"] == "projected":
        first = embed(w, "item", o["item"], i, o["itemSize"])
    elif o["itemEmbedding"] == "frozen":
        first = torch.cat([FEATURES[f][i] for f in o["item"]])
    else:
        first = w["item"][i]
    if not o["category"]:
        return first
    return torch.cat([first, embed(w, "category", o["category"], i, o["categorySize"])])


def padded(rows, steps, width):
    out = torch.zeros(steps, width)
    return torch.cat([rows, out[len(rows):]]) if len(rows) else out


def lstm_interest(o, w, p, xs, x, taps):
    h, d = o["units"], len(x)
    if not len(xs):
        pooled, states, weights = torch.zeros(h), torch.zeros(0, h), torch.zeros(0, h)
    else:
        # torch's gates stand in the order i, f, g, o, as ours; its second bias is 0.
        cell = [w[f"{p}.lstm.input"].T, w[f"{p}.lstm.state"].T, w[f"{p}.lstm.bias"], torch.zeros(4 * h)]
        states = torch.func.functional_call(
            torch.nn.LSTM(d, h),
            dict(zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), cell)),
            (xs.unsqueeze(1),),
        )[0].squeeze(1)
        if o["pool"] == "last":
            pooled = states[-1]
        elif o["pool"] == "mean":
            pooled = states.mean(0)
        else:
            scores = torch.relu(apply(w, f"{p}.attention.x", states) + apply(w, f"{p}.attention.q", x))
            weights = torch.softmax(apply(w, f"{p}.attention.out", scores), 0)
            pooled = (weights * states).sum(0)
    taps[f"{p}.states"] = padded(states, o["historyLength"], h)
    if o["pool"] == "attention":
        taps[f"{p}.attention"] = padded(weights, o["historyLength"], h)
    return apply(w, f"{p}.interest", pooled) if o["interestSize"] else pooled


def cnn_interest(o, w, p, xs, x, taps):
    """As in ATRank's code, over T rows of which those behind the history are zero."""
    d, steps, length = len(x), o["historyLength"], len(xs)
    rows = padded(xs, steps, d).T.unsqueeze(0)
    act = torch.relu if o["filterActivation"] == "relu" else lambda z: z
    maxima = []
    for size in range(1, o["windows"] + 1):
        kernel = w[f"{p}.window{size}.weight"].reshape(size, d, -1).permute(2, 1, 0)
        response = act(F.conv1d(rows, kernel, w[f"{p}.window{size}.bias"]))  # [1, F, T - size + 1]
        if o["maskPadding"]:
            response = response[:, :, :length]  # those that start at an item
        if response.shape[2]:
            maxima.append(F.max_pool1d(response, response.shape[2])[0, :, 0])
        else:
            maxima.append(torch.zeros(o["filters"]))
    taps[f"{p}.maxima"] = torch.cat(maxima)
    return apply(w, f"{p}.interest", taps[f"{p}.maxima"]) if o["interestSize"] else taps[f"{p}.maxima"]


def block(o, w, name, queries, keys):
    """One multi-head attention and the net behind it; also its weights."""
    d, h = queries.shape[1], o["heads"]
    split = lambda part, rows: torch.relu(apply(w, f"{name}.{part}", rows)).reshape(len(rows), h, d // h).transpose(0, 1)
    q, k, v = split("query", queries), split("key", keys), split("value", keys)
    if len(keys):
        attended = F.scaled_dot_product_attention(q, k, v).transpose(0, 1).reshape(len(queries), d)
    else:
        attended = torch.zeros(len(queries), d)
    norm = lambda part, z: F.layer_norm(z, (d,), w[f"{name}.{part}.gamma"], w[f"{name}.{part}.beta"], 1e-8)
    z = norm("norm", attended + queries)
    inner = torch.relu(apply(w, f"{name}.inner", z))
    weights = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(d // h), 2)
    return norm("outerNorm", apply(w, f"{name}.outer", inner) + z), weights


def atrank_interest(o, w, p, xs, x, taps):
    T, h = o["historyLength"], o["heads"]
    if o["timeEncoding"] == "rankBuckets" and len(xs):
        places = torch.arange(len(xs), 0, -1)
        xs = apply(w, f"{p}.time", torch.cat([xs, F.one_hot(places.double().log2().floor().long(), 12).double()], 1))
    own, alone = torch.zeros(0, len(x)), torch.zeros(h, T, T)
    if len(xs):
        own, weights = block(o, w, f"{p}.self", xs, xs)
        alone[:, : len(xs), : len(xs)] = weights
    u, weights = block(o, w, f"{p}.candidate", x.unsqueeze(0), own)
    over = torch.zeros(h, T)
    over[:, : len(xs)] = weights[:, 0]
    taps.update({f"{p}.self": alone, f"{p}.states": padded(own, T, len(x)), f"{p}.attention": over})
    return u[0]


INTEREST = {"lstm": lstm_interest, "cnn": cnn_interest, "atrank": atrank_interest}
OF_CONTEXTS = {"lstm": ("states",), "cnn": ("maxima",), "atrank": ("self", "states")}


def logit(name, o, w, c, i, taps):
    x = item_vector(o, w, i)
    total = 0
    for p in ["positive", "negative"] if o["head"] == "dual" else ["positive"]:
        items = history(p, c)
        xs = torch.stack([item_vector(o, w, j) for j in items]) if items else torch.zeros(0, len(x))
        u = INTEREST[name](o, w, p, xs, x, taps)
        if o["head"] == "dot":
            y = u @ x + w["bias"][i, 0]
        else:
            user = [w["user"][c % USERS]] if o["userSize"] else []
            hidden = torch.relu(apply(w, f"{p}.head.hidden", torch.cat([u, x, *user])))
            y = apply(w, f"{p}.head.out", hidden)[0]
        taps.update({f"{p}.interest": u, f"{p}.logit": y})
        total = total + y * (o["alphas"][["positive", "negative"].index(p)] if o["head"] == "dual" else 1)
    return total


def weighted(values):
    flat = torch.cat([v.reshape(-1) for v in values])
    return float(flat.detach() @ wave(7, flat.shape, 1.0))


def case(name, title, change):
    o = {**COMMON, **DEFAULTS[name], **change}
    w = {full: wave(v, shape, 0.8).requires_grad_() for v, (full, shape) in enumerate(shapes(name, o).items())}
    of_pairs = []
    logits = []
    for c, i, _ in PAIRS:
        of_pairs.append({})
        logits.append(logit(name, o, w, c, i, of_pairs[-1]))
    logits = torch.stack(logits)
    firsts = [next(k for k, (c, *_) in enumerate(PAIRS) if c == context) for context in range(8)]
    taps = {"item": weighted([item_vector(o, w, i) for i in range(ITEMS)])}
    for full in of_pairs[0]:
        once = full.split(".")[1] in OF_CONTEXTS[name]
        taps[full] = weighted([of_pairs[k][full] for k in (firsts if once else range(len(PAIRS)))])

    labels = torch.tensor([float(y) for *_, y in PAIRS])
    # No biases and no LayerNorm. Of tables the rows of the step's items: here all of them, and all users.
    decayed = [v for full, v in w.items() if not full.endswith((".bias", ".gamma", ".beta")) and full != "bias"]
    loss = F.binary_cross_entropy_with_logits(logits, labels)
    loss = loss + o["l2Weight"] * 0.5 * sum((v * v).sum() for v in decayed)
    loss.backward()
    arrays = {}
    for v, (full, values) in enumerate(w.items()):
        slope = float((values.grad * wave(50 + v, values.shape, 1.0)).sum()) if values.grad is not None else 0.0
        arrays[full] = dict(shape=list(values.shape), v=v, amplitude=0.8, slope=slope)
    options = {k: v for k, v in o.items() if v is not None}
    return dict(
        model=name, name=title, options=options, weights=arrays, logits=[float(y) for y in logits.detach()], taps=taps,
        loss=float(loss.detach()),
    )


used = {j for kind in LENGTHS for c in range(8) for j in history(kind, c)} | {i for _, i, _ in PAIRS}
assert {j for c in range(8) for j in history("positive", c)} | {i for _, i, _ in PAIRS} == used == set(range(ITEMS))
print(json.dumps(dict(
    pairs=PAIRS, lengths=LENGTHS, categories=category, cases=[case(*one) for one in CASES],
), separators=(",", ":")).replace('{"model"', '\n{"model"'))
