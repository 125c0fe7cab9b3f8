"""An independent FRAME in float64 with dense matrices and plain loops, to check ours against.

    python test/fidelity/frame_reference.py > test/fidelity/frame.json

Needs numpy alone. The log stands here and in the file; weights and clip vectors come from a formula that the test repeats.
The file holds, for each case, its options, the logits of the pairs' videos, the loss, vectors of users and clips, and for
every weight array the derivative of the loss along a fixed direction (central difference in float64). Nothing here is
taken from src/.
"""

import json
import math

import numpy as np

USERS, VIDEOS, WIDTH, HIDDEN = 6, 7, 4, 5
FEATURES = {"coarse": (4, 3), "fine": (8, 2)}  # clips a video, numbers a clip

# (user, video, playing time, duration, part). User 4 has no train row, video 6 is in the test part only.
LOG = [
    (0, 0, 1300, 1000, "train"),
    (0, 1, 600, 1000, "train"),
    (0, 1, 1100, 1000, "train"),  # again, now to the end
    (0, 2, 0, 800, "train"),  # left at once
    (0, 6, 500, 1000, "test"),
    (1, 0, 200, 1000, "train"),
    (1, 1, 1000, 1000, "train"),  # exactly to the end
    (1, 3, 500, 1000, "train"),  # exactly two of four clips
    (1, 3, 510, 1000, "train"),  # the same clip again
    (1, 4, 900, 1000, "train"),
    (2, 1, 750, 1000, "train"),  # exactly three of four
    (2, 2, 250, 1000, "train"),  # exactly one of four
    (2, 5, 3000, 1000, "train"),
    (2, 5, 1000, 1000, "train"),  # to the end twice
    (2, 0, 990, 1000, "train"),
    (3, 4, 120, 1000, "train"),  # nothing finished
    (3, 5, 700, 0, "train"),  # no duration
    (4, 0, 400, 1000, "test"),
    (4, 6, 1000, 1000, "test"),
    (5, 2, 800, 800, "train"),
    (5, 4, 2000, 1000, "train"),
    (5, 3, 999, 1000, "train"),
]
DEFAULTS = dict(
    feature="coarse", clips=4, watchRatio=None, positiveEdges="watchedVideos", negativeEdges="once",
    edgeWeights="binary", graphNorm="row", shareGraphWeights=False, hops=2, alpha=[0.5, 0.5], alphaTrainable=False,
    predictionHeads="both", headWeights=[0.8, 0.2], mlpInput="clipFirst", combineOn="logits",
    videoAggregation="meanProb", pointLoss="bce", pairLoss="withinInteraction", pairOn="probabilities", pairWeight=1,
    clipFeatures="trainable",
)  # fmt: skip
RELEASED = dict(
    positiveEdges="seenClips", negativeEdges="perSeenClip", edgeWeights="count", shareGraphWeights=True, alpha=[0, 1],
    predictionHeads="positive", videoAggregation="sigmoidSumLogit", pointLoss="weighted", pairLoss="batch",
)
CASES = {
    "defaults": {},
    "slides": dict(mlpInput="userFirst", pairLoss="none"),
    "released": RELEASED,
    "released with both heads": {**RELEASED, "predictionHeads": "both"},
    "eight clips": dict(feature="fine", clips=8),
    "two clips of four": dict(clips=2),
    "one clip of four": dict(clips=1),
    "four clips of eight": dict(feature="fine"),
    "column of ratios": dict(watchRatio="ratio"),
    "seen clips": dict(positiveEdges="seenClips"),
    "skips per seen clip": dict(negativeEdges="perSeenClip"),
    "counted": dict(edgeWeights="count"),
    "counted, all edges": dict(edgeWeights="count", positiveEdges="seenClips", negativeEdges="perSeenClip"),
    "symmetric": dict(graphNorm="symmetric"),
    "symmetric, counted": dict(
        graphNorm="symmetric", edgeWeights="count", positiveEdges="seenClips", negativeEdges="perSeenClip"
    ),
    "shared weights": dict(shareGraphWeights=True),
    "shared weights, symmetric": dict(shareGraphWeights=True, graphNorm="symmetric", alpha=[-0.3, 2]),
    "one hop": dict(hops=1),
    "one hop, positive head": dict(hops=1, predictionHeads="positive"),
    "propagated clips alone": dict(alpha=[0, 1]),
    "alpha is learnt": dict(alpha=[0.7, -0.4], alphaTrainable=True),
    "positive head": dict(predictionHeads="positive"),
    "other head weights": dict(headWeights=[0.6, 0.9]),
    "user first": dict(mlpInput="userFirst"),
    "combined probabilities": dict(combineOn="probabilities"),
    "sum of logits": dict(videoAggregation="sigmoidSumLogit"),
    "mean of logits": dict(videoAggregation="sigmoidMeanLogit"),
    "weighted": dict(pointLoss="weighted"),
    "weighted, probabilities": dict(pointLoss="weighted", combineOn="probabilities"),
    "batch pairs": dict(pairLoss="batch"),
    "batch pairs on logits": dict(pairLoss="batch", pairOn="logits"),
    "pairs on logits": dict(pairOn="logits"),
    "no pairs": dict(pairLoss="none"),
    "heavier pairs": dict(pairWeight=2.5),
    "frozen": dict(clipFeatures="frozen"),
    "frozen, symmetric, one clip": dict(clipFeatures="frozen", graphNorm="symmetric", clips=1),
}


def wave(v, shape, amplitude):
    """amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(math.prod(shape), dtype=np.float64)
    return (amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def ratio_of(row, option):
    _, _, played, duration, _ = LOG[row]
    if duration <= 0:
        return None if option["watchRatio"] is None else 0.0
    return played / duration


def clip_features(option):
    clips, width = FEATURES[option["feature"]]
    whole = wave({"coarse": 201, "fine": 202}[option["feature"]], (VIDEOS, clips, width), 1.0) + 0.4
    count = option["clips"]
    merged = clips // count
    rows = []
    for v in range(VIDEOS):
        for c in range(count):
            rows.append(sum(whole[v, c * merged + k] for k in range(merged)) / merged)
    return np.array(rows)


def graphs(option):
    count = option["clips"]
    positive = np.zeros((USERS, VIDEOS * count))
    negative = np.zeros((USERS, VIDEOS * count))

    def add(matrix, u, clip, weight):
        matrix[u, clip] = matrix[u, clip] + weight if option["edgeWeights"] == "count" else max(matrix[u, clip], weight)

    for row, (u, v, _, _, part) in enumerate(LOG):
        ratio = ratio_of(row, option)
        if part != "train" or ratio is None:
            continue
        ratio = min(ratio, 1.0)
        for c in range(count):
            seen = ratio >= (c + 1) / count
            if ratio == 1.0 or (seen and option["positiveEdges"] == "seenClips"):
                add(positive, u, v * count + c, 1)
        if ratio < 1.0:
            s = math.floor(ratio * count)
            weight = 1 if option["negativeEdges"] == "once" else s
            if weight > 0:
                add(negative, u, v * count + s, weight)
    return normalise(positive, option), normalise(negative, option)


def normalise(matrix, option):
    users = matrix.sum(1, keepdims=True)
    clips = matrix.sum(0, keepdims=True)
    users[users == 0] = 1
    clips[clips == 0] = 1
    return matrix / users if option["graphNorm"] == "row" else matrix / np.sqrt(users) / np.sqrt(clips)


def shapes(option):
    count = option["clips"]
    width = clip_features(option).shape[1]
    named = {"embed.weight": (width, WIDTH)}
    if option["clipFeatures"] == "trainable":
        named["clips"] = (VIDEOS * count, width)
    if option["shareGraphWeights"]:
        sides = ["graph"]
    elif option["hops"] == 1 and option["predictionHeads"] == "positive":
        sides = ["graph.positive"]
    else:
        sides = ["graph.positive", "graph.negative"]
    for side in sides:
        for hop in range(option["hops"]):
            named[f"{side}.hop{hop + 1}.weight"] = (WIDTH, WIDTH)
    if option["alphaTrainable"]:
        named["alpha"] = (2,)
    for head in ["positive", "negative"]:
        if head == "negative" and option["predictionHeads"] == "positive":
            continue
        named[f"head.{head}.hidden.weight"] = (2 * WIDTH, HIDDEN)
        named[f"head.{head}.hidden.bias"] = (HIDDEN,)
        named[f"head.{head}.out.weight"] = (HIDDEN, 1)
        named[f"head.{head}.out.bias"] = (1,)
    return named


V = {
    "embed.weight": 1, "graph.hop1.weight": 2, "graph.hop2.weight": 3, "graph.positive.hop1.weight": 2,
    "graph.positive.hop2.weight": 3, "graph.negative.hop1.weight": 4, "graph.negative.hop2.weight": 5,
    "head.positive.hidden.weight": 6, "head.positive.hidden.bias": 7, "head.positive.out.weight": 8,
    "head.positive.out.bias": 9, "head.negative.hidden.weight": 10, "head.negative.hidden.bias": 11,
    "head.negative.out.weight": 12, "head.negative.out.bias": 13, "clips": 14, "alpha": 15,
}  # fmt: skip


def offset(name):
    """Above 0 where means follow and a ReLU after them: nothing may drown on the way to the loss."""
    return 0.4 if "hop" in name or name in ("clips", "embed.weight") else 0.0


def weights_of(option):
    """The clip table is a wave too, alpha the option: both are weights that are given."""
    weights = {name: wave(V[name], shape, 0.9) + offset(name) for name, shape in shapes(option).items()}
    if "alpha" in weights:
        weights["alpha"] = np.array(option["alpha"], dtype=np.float64)
    return weights


def forward(option, w):
    count = option["clips"]
    features = w["clips"] if option["clipFeatures"] == "trainable" else clip_features(option)
    rp, rn = graphs(option)
    side = (lambda s: "graph") if option["shareGraphWeights"] else (lambda s: f"graph.{s}")
    weight = lambda s, hop: w[f"{side(s)}.hop{hop}.weight"]
    h0 = features @ w["embed.weight"]
    hp = relu(rp @ h0 @ weight("positive", 1))
    hn = None
    if option["hops"] == 2 or option["predictionHeads"] == "both":
        hn = relu(rn @ h0 @ weight("negative", 1))
    hc = h0
    if option["hops"] == 2:
        h1 = (relu(rp.T @ hp @ weight("positive", 2)) + relu(rn.T @ hn @ weight("negative", 2))) / 2
        a0, a1 = w["alpha"] if option["alphaTrainable"] else option["alpha"]
        hc = a0 * h0 + a1 * h1

    def head(name, user, clip):
        x = np.concatenate([clip, user] if option["mlpInput"] == "clipFirst" else [user, clip])
        hidden = relu(x @ w[f"head.{name}.hidden.weight"] + w[f"head.{name}.hidden.bias"])
        return (hidden @ w[f"head.{name}.out.weight"] + w[f"head.{name}.out.bias"])[0]

    def score(u, clip):
        """(logit or None, probability) of a clip's vector."""
        yp = head("positive", hp[u], clip)
        if option["predictionHeads"] == "positive":
            return yp, sigmoid(yp)
        yn = head("negative", hn[u], clip)
        ap, an = option["headWeights"]
        if option["combineOn"] == "logits":
            return ap * yp - an * yn, sigmoid(ap * yp - an * yn)
        return None, min(max(ap * sigmoid(yp) - an * sigmoid(yn), 1e-7), 1 - 1e-7)

    return dict(hp=hp, hn=hn, hc=hc, score=score, count=count)


def video_logit(option, f, u, v):
    scores = [f["score"](u, f["hc"][v * f["count"] + c]) for c in range(f["count"])]
    if option["videoAggregation"] == "sigmoidSumLogit":
        return sum(z for z, _ in scores)
    if option["videoAggregation"] == "sigmoidMeanLogit":
        return sum(z for z, _ in scores) / len(scores)
    p = sum(p for _, p in scores) / len(scores)
    return math.log(p / (1 - p))


def loss_of(option, w, rows):
    f = forward(option, w)
    count = f["count"]
    pick = (lambda s: s[0]) if option["pairOn"] == "logits" else (lambda s: s[1])
    points, seen_scores, skip_scores, within = [], [], [], []
    for row in rows:
        u, v = LOG[row][:2]
        ratio = ratio_of(row, option)
        if ratio is None:
            continue
        ratio = min(ratio, 1.0)
        labels = []
        for c in range(count):
            labels.append(1 if ratio >= (c + 1) / count else 0)
            if labels[-1] == 0:
                break
        for c, y in enumerate(labels):
            s = f["score"](u, f["hc"][v * count + c])
            points.append((y, s[1], math.floor(ratio * 4) / 4))
            (seen_scores if y else skip_scores).append(pick(s))
        if labels[-1] == 0 and len(labels) > 1:
            mean = sum(f["hc"][v * count + c] for c in range(len(labels) - 1)) / (len(labels) - 1)
            skip = f["hc"][v * count + len(labels) - 1]
            within.append(-math.log(sigmoid(pick(f["score"](u, mean)) - pick(f["score"](u, skip)))))
    if option["pointLoss"] == "bce":
        loss = np.mean([-(y * math.log(p) + (1 - y) * math.log(1 - p)) for y, p, _ in points])
    else:
        loss = 0.3 * np.mean([-q * y * math.log(p + 5e-5) for y, p, q in points])
        loss += np.mean([-(1 - y) * math.log(1 - p + 5e-4) for y, p, _ in points])
    if option["pairLoss"] == "withinInteraction" and within:
        loss += option["pairWeight"] * np.mean(within)
    if option["pairLoss"] == "batch":
        total = sum(-math.log(sigmoid(i - j)) for i in seen_scores[:200] for j in skip_scores[:200])
        n_p, n_n = min(len(seen_scores), 200), min(len(skip_scores), 200)
        loss += option["pairWeight"] * total / max(1, n_p - 1) / max(1, n_n - 1)
    return loss


def slope(option, weights, name, rows):
    direction = wave(50 + V[name], weights[name].shape, 1.0)
    up, down = dict(weights), dict(weights)
    step = 1e-6
    up[name] = weights[name] + step * direction
    down[name] = weights[name] - step * direction
    return (loss_of(option, up, rows) - loss_of(option, down, rows)) / (2 * step)


def listed(x):
    return None if x is None else [round(float(value), 9) for value in np.ravel(x)]


cases = []
rows = list(range(len(LOG)))
for name, changes in CASES.items():
    option = {**DEFAULTS, **changes}
    weights = weights_of(option)
    f = forward(option, weights)
    cases.append(
        dict(
            name=name,
            options=option,
            weights={
                key: dict(shape=list(value.shape), v=V[key], offset=offset(key), slope=float(slope(option, weights, key, rows)))
                for key, value in weights.items()
            },
            logits=[float(video_logit(option, f, *LOG[row][:2])) for row in rows],
            loss=float(loss_of(option, weights, rows)),
            positiveInterest=listed(f["hp"]),
            negativeInterest=listed(f["hn"]),
            clips=listed(f["hc"]),
        )
    )
print(
    json.dumps(
        dict(
            users=USERS, videos=VIDEOS, width=WIDTH, hidden=HIDDEN,
            features={k: dict(clips=c, width=w, v={"coarse": 201, "fine": 202}[k]) for k, (c, w) in FEATURES.items()},
            log=LOG, cases=cases,
        )
    )
)  # fmt: skip
