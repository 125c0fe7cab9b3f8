"""An independent UVCAN in float64, one pair at a time from scratch, to check ours against.

    python test/fidelity/uvcan_reference.py > test/fidelity/uvcan.json

Needs numpy alone. Written from the paper's equations; nothing here is taken from src/. Weights and vectors come from
formulas that the test repeats; the file holds the data, the options of each case, the logits, intermediate results of
each pair, and for every weight array the derivative of the loss along a fixed direction (central difference).
"""

import json
import math

import numpy as np

COVER = 3
USERS = dict(
    gender=[0, 1, -1, 1, 0],  # unknown to user 2, who has train rows: unknown is learned
    city=[3, 0, 1, 0, 2],  # city 2 is that of user 4 alone, who has none: contributes nothing
)
VIDEOS = dict(
    author=[0, 1, 2, 1, -1, 3, 0, 2, 4],  # unknown of video 4: learned, and author 4 of video 8 becomes it
    music=[0, 1, 2, 0, 1, 2, 0, 1, 3],
    tags=[[0], [1, 2], [], [2, 3, 0], [3, 3], [1], [4, 0], [], [5, 1]],  # tag 5 is not trained
)
VALUES = dict(gender=2, city=4, author=5, music=4, tags=6)
COUNT = dict(user=5, video=9)
WARM = dict(user=[0, 1, 2, 3], video=[0, 1, 2, 3, 4, 5, 6, 7])
TRAIN = [(u, v, int((u + v) % 3 == 0)) for u in WARM["user"] for v in WARM["video"] if (u + 2 * v) % 4 != 1]
PAIRS = [(u, (2 * u + 2 * j) % 9, (u + j) % 2) for u in range(5) for j in range(4)] + [(0, 8, 0), (4, 8, 1)]


def wave(v, shape, amplitude):
    """amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(math.prod(shape), dtype=np.float64)
    return (amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


cover = wave(101, (COUNT["video"], COVER), 1.0)
cover[5] = 0  # it has none

DEFAULTS = dict(
    variant="UVCAN", userFields=["id", "gender", "city"], videoFields=["id", "cover", "tags", "author", "music"],
    factors=4, layers=2, slotBias=True, stackOutput="attended", shareLayers=False, visualActivation="linear",
    videoAttUser="selfAttended", idsInOutput=True, l2Weight=0.0, mlpHidden=[8, 6, 6],
)
CASES = {
    "AL-2": {},
    "AL-1": dict(layers=1),
    "AL-3": dict(layers=3),
    "AL-4": dict(layers=4),
    "no slot bias": dict(slotBias=False),
    "the query leaves the stack": dict(stackOutput="query"),
    "the query leaves one layer": dict(stackOutput="query", layers=1),
    "the query leaves four layers": dict(stackOutput="query", layers=4),
    "shared layers": dict(shareLayers=True),
    "three shared layers, query": dict(shareLayers=True, layers=3, stackOutput="query"),
    "tanh of the visual map": dict(visualActivation="tanh"),
    "relu of the visual map": dict(visualActivation="relu"),
    "hidden layers of the paper": dict(mlpHidden=None),
    "two hidden layers": dict(mlpHidden=[5, 3]),
    "one hidden layer": dict(mlpHidden=[6]),
    "odd factors, hidden layers of the paper": dict(factors=3, mlpHidden=None),
    "Video-Att": dict(variant="Video-Att"),
    "Video-Att without the user": dict(variant="Video-Att", videoAttUser="none"),
    "Video-Att without the user, AL-1": dict(variant="Video-Att", videoAttUser="none", layers=1),
    "Video-Att without identifiers": dict(variant="Video-Att", idsInOutput=False),
    "no identifiers in the output": dict(idsInOutput=False),
    "no identifiers at all": dict(
        idsInOutput=False, userFields=["gender", "city"], videoFields=["cover", "tags", "author", "music"]
    ),
    "without visual": dict(videoFields=["id", "tags", "author", "music"]),
    "identifiers alone": dict(userFields=["id"], videoFields=["id"]),
    "another order": dict(userFields=["city", "id"], videoFields=["music", "tags", "id", "cover"]),
    "L2": dict(l2Weight=0.02),
    "L2 of shared layers": dict(l2Weight=0.02, shareLayers=True, visualActivation="tanh"),
}


def learns_unknown(side, field):
    """A field some train row has no value of has a vector for unknown."""
    if field in ("id", "tags"):
        return False
    data = {"user": USERS, "video": VIDEOS}[side][field]
    return any(data[i] < 0 for i in WARM[side])


def weights(o):
    """Arrays by our names, in a fixed order. Kernels are [in, out]."""
    k = o["factors"]
    shapes = {}
    for side in ("user", "video"):
        for field in o[f"{side}Fields"]:
            full = f"{side}.{field}"
            if field == "cover":
                shapes[f"{full}.weight"], shapes[f"{full}.bias"] = (COVER, k), (k,)
            else:
                shapes[f"{full}.embedding"] = (COUNT[side] if field == "id" else VALUES[field], k)

    def attention(name, slots, guided):
        shapes[f"{name}.x.weight"] = (k, k)
        if guided:
            shapes[f"{name}.guidance.weight"] = (k, k)
        shapes[f"{name}.out.weight"] = (k, 1)
        if o["slotBias"]:
            shapes[f"{name}.slotBias"] = (slots,)

    slots = {side: len(o[f"{side}Fields"]) for side in ("user", "video")}
    attention("selfAttention", slots["user"], False)
    for side in ("video", "user") if o["variant"] == "UVCAN" else ("video",):
        for m in range(1 if o["shareLayers"] else o["layers"]):
            attention(f"{side}Attention.{m + 1}", slots[side], True)
    parts = 2 if o["variant"] == "UVCAN" or o["videoAttUser"] == "selfAttended" else 1
    width = (parts + 2 * o["idsInOutput"]) * k
    for i, hidden in enumerate(o["mlpHidden"] or [2 * k, k, (k + 1) // 2]):
        shapes[f"mlp.{i + 1}.weight"], shapes[f"mlp.{i + 1}.bias"] = (width, hidden), (hidden,)
        width = hidden
    shapes["out.weight"], shapes["out.bias"] = (width, 1), (1,)
    for side in ("user", "video"):
        for field in o[f"{side}Fields"]:
            if field != "cover" and learns_unknown(side, field):
                shapes[f"{side}.{field}.unknown"] = (1, k)
    return {name: wave(v, shape, amplitude(name)) + offset(name) for v, (name, shape) in enumerate(shapes.items())}


def amplitude(name):
    """Attention is given larger weights, so that what it does shows."""
    return 1.5 if "Attention" in name else 0.5 if name.startswith("mlp.") else 1.0


def offset(name):
    """Biases of hidden layers are positive, so that their ReLUs are seldom off."""
    return 1.5 if name.startswith("mlp.") and name.endswith(".bias") else 0.0


def row_of(side, field, i):
    """The row of the table that i has by this field; None: none."""
    if field == "id":
        return i if i in WARM[side] else None
    data = {"user": USERS, "video": VIDEOS}[side][field]
    return data[i] if data[i] >= 0 and data[i] in {data[j] for j in WARM[side]} else None


def tags_of(i):
    trained = {tag for j in WARM["video"] for tag in VIDEOS["tags"][j]}
    return [tag for tag in VIDEOS["tags"][i] if tag in trained]


def slot(o, w, side, field, i):
    full = f"{side}.{field}"
    if field == "cover":
        s = cover[i] @ w[f"{full}.weight"] + w[f"{full}.bias"]
        return {"linear": s, "tanh": np.tanh(s), "relu": np.maximum(s, 0)}[o["visualActivation"]]
    if field == "tags":
        tags = tags_of(i)
        return sum((w[f"{full}.embedding"][tag] for tag in tags), np.zeros(o["factors"])) / max(1, len(tags))
    row = row_of(side, field, i)
    if row is not None:
        return w[f"{full}.embedding"][row]
    return w[f"{full}.unknown"][0] if learns_unknown(side, field) else np.zeros(o["factors"])


def attend(w, name, x, g):
    """Eq. 1, slot by slot."""
    scores = []
    for i, row in enumerate(x):
        h = row @ w[f"{name}.x.weight"]
        if g is not None:
            h = h + g @ w[f"{name}.guidance.weight"]
        score = float(np.tanh(h) @ w[f"{name}.out.weight"][:, 0])
        scores.append(score + (w[f"{name}.slotBias"][i] if f"{name}.slotBias" in w else 0.0))
    e = np.exp(np.array(scores) - max(scores))
    a = e / e.sum()
    return a, sum(a[i] * x[i] for i in range(len(x)))


def stack(o, w, side, x, g, taps):
    """Eq. 2 with q_1 the first guide: layer m is guided by g_m, then g_(m+1) = found_m + g_m."""
    found = None
    for m in range(1, o["layers"] + 1):
        name = f"{side}Attention.{1 if o['shareLayers'] else m}"
        a, found = attend(w, name, x, g)
        taps[f"{side}Attention.{m}.weights"] = a
        g = found + g
    return g if o["stackOutput"] == "query" else found


def forward(o, w, u, v):
    taps = {}
    qu = np.array([slot(o, w, "user", field, u) for field in o["userFields"]])
    qv = np.array([slot(o, w, "video", field, v) for field in o["videoFields"]])
    taps["selfAttention.weights"], q0 = attend(w, "selfAttention", qu, None)
    taps["q0"] = q0
    vhat = taps["vhat"] = stack(o, w, "video", qv, q0, taps)
    if o["variant"] == "UVCAN":
        uhat = taps["uhat"] = stack(o, w, "user", qu, vhat, taps)
        z = [uhat, vhat]
    else:
        z = [q0, vhat] if o["videoAttUser"] == "selfAttended" else [vhat]
    if o["idsInOutput"]:
        z += [qu[o["userFields"].index("id")], qv[o["videoFields"].index("id")]]
    h = np.concatenate(z)
    layer = 1
    while f"mlp.{layer}.weight" in w:
        h = np.maximum(h @ w[f"mlp.{layer}.weight"] + w[f"mlp.{layer}.bias"], 0)
        layer += 1
    return float(h @ w["out.weight"][:, 0] + w["out.bias"][0]), taps


def loss(o, w):
    """Mean cross-entropy (Eq. 5) and L2 of matrices and of the rows in use."""
    z = [forward(o, w, u, v)[0] for u, v, _ in PAIRS]
    entropy = sum(
        y * math.log1p(math.exp(-s)) + (1 - y) * math.log1p(math.exp(s)) for s, (_, _, y) in zip(z, PAIRS)
    ) / len(PAIRS)
    if o["l2Weight"] == 0:
        return entropy
    at_hand = {"user": {u for u, _, _ in PAIRS}, "video": {v for _, v, _ in PAIRS}}
    squares = 0.0
    for name, value in w.items():
        if name.endswith(".embedding"):
            side, field, _ = name.split(".")
            ids = at_hand[side]
            used = {tag for i in ids for tag in tags_of(i)} if field == "tags" else {row_of(side, field, i) for i in ids}
            squares += (value[sorted(used - {None})] ** 2).sum()
        elif name.endswith(".unknown"):
            side, field, _ = name.split(".")
            squares += any(row_of(side, field, i) is None for i in at_hand[side]) * (value**2).sum()
        elif name.endswith(".weight"):
            squares += (value**2).sum()
    return entropy + o["l2Weight"] * 0.5 * squares


def slope(o, w, name, v):
    direction = wave(50 + v, w[name].shape, 1.0)
    step = 1e-6
    up = loss(o, {**w, name: w[name] + step * direction})
    down = loss(o, {**w, name: w[name] - step * direction})
    return (up - down) / (2 * step)


def rounded(x):
    return [float(f"{value:.9g}") for value in np.ravel(x)]


def main():
    cases = []
    for name, changes in CASES.items():
        o = {**DEFAULTS, **changes}
        w = weights(o)
        results = [forward(o, w, u, v) for u, v, _ in PAIRS]
        cases.append({
            "name": name,
            "options": {key: value for key, value in o.items() if value is not None},
            "weights": {
                key: {
                    "shape": list(value.shape), "v": v, "amplitude": amplitude(key), "offset": offset(key),
                    "slope": rounded(slope(o, w, key, v))[0],
                }
                for v, (key, value) in enumerate(w.items())
            },
            "logits": rounded([logit for logit, _ in results]),
            "loss": loss(o, w),
            "taps": {tap: [rounded(taps[tap]) for _, taps in results[::5]] for tap in results[0][1]},
        })
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({
        "users": USERS, "videos": VIDEOS, "values": VALUES, "count": COUNT, "train": TRAIN, "pairs": PAIRS,
        "coverWidth": COVER, "withoutCover": [5],
    })
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


main()
