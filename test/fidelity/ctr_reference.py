"""
Reference for the models over fields (FM, DeepFM, NFM, AutoInt, DIFM, AFN, Wide & Deep): numpy in float64, each pair from scratch,
nothing shared with src/. Run by hand; ctr.json holds what it gives.

    python test/fidelity/ctr_reference.py

Weights are waves (`wave`), so that the file need not hold them. What FuxiCTR's own classes give with the same weights is added
by ctr_fuxictr.py.
"""
import json
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))

# Users 0..3 have train rows, 4 is cold; items 0..5 likewise, 6 is cold. -1: not known.
DATA = dict(
    users=5,
    items=7,
    # [user, item, label, hour (hhmm)], by user: what the train part shows.
    train=[
        [0, 0, 1, 905], [0, 1, 0, 915], [0, 2, 1, 1730], [0, 0, 1, 1745],
        [1, 1, 1, 930], [1, 3, 0, 2210], [1, 2, 0, 2215],
        [2, 0, 0, 1701], [2, 4, 1, 1702], [2, 2, 1, 959],
        [3, 5, 0, 2259], [3, 0, 1, 945],
    ],
    gender=[0, 1, -1, 1, 0],  # of users; 2 values, not known of a user with train rows
    author=[0, 1, 1, 2, 0, -1, 3],  # of items; 4 values, of which only a cold item has the last
    tags=[[0, 1], [1], [], [0, 2, 1], [2], [3], [3, 4]],  # 5 values, only a cold item has the last
    values=dict(gender=2, author=4, tags=5),
    visualWidth=3,
    # Contexts: user, hour, history (oldest first), candidates with labels.
    contexts=[
        dict(user=0, hour=910, history=[0, 2, 0], candidates=[[1, 0], [3, 1], [2, 1]]),
        dict(user=1, hour=1755, history=[], candidates=[[0, 1], [6, 0]]),
        dict(user=2, hour=2240, history=[6, 4], candidates=[[5, 1], [4, 0], [0, 1]]),
        dict(user=4, hour=330, history=[6], candidates=[[6, 1], [2, 0]]),  # an hour that no train row has
        dict(user=3, hour=945, history=[5, 1, 2, 3], candidates=[[6, 1], [1, 0], [4, 0]]),
    ],
)
PAIRS = [(c, item, label) for c, one in enumerate(DATA["contexts"]) for item, label in one["candidates"]]
HISTORY = 3  # so that a history is cut


def wave(v, size, amplitude, offset=0.0):
    n = np.arange(size)
    return offset + amplitude * np.sin(1 + v + 0.7 * n + 0.013 * n * n)


# What the model knows: counts over train rows.

TRAIN = DATA["train"]
ROWS_OF_USER = [sum(1 for r in TRAIN if r[0] == u) for u in range(DATA["users"])]
ROWS_OF_ITEM = [sum(1 for r in TRAIN if r[1] == i) for i in range(DATA["items"])]


def counts_of(field, size):
    counts = np.zeros(size, int)
    for user, item, _, _ in TRAIN:
        if field == "gender":
            value = DATA["gender"][user]
        else:
            value = DATA["author"][item]
        if value >= 0:
            counts[value] += 1
    return counts


def tag_counts():
    counts = np.zeros(DATA["values"]["tags"], int)
    for _, item, _, _ in TRAIN:
        for tag in DATA["tags"][item]:
            counts[tag] += 1
    return counts


HOURS = {}
for _, _, _, at in TRAIN:
    HOURS[at // 100] = HOURS.get(at // 100, 0) + 1


class Fields:
    """Values of one of the fields, and which of them are known. `learned`: unknown has a row of its own."""

    def __init__(self, options):
        self.least = options["minCount"]
        self.hours = sorted(h for h, n in HOURS.items() if n >= self.least)

    def rows(self, side, name):
        if name == "id":
            return DATA["users"] if side == "user" else DATA["items"]
        if name == "hour":
            return len(self.hours)
        return DATA["values"][name]

    def value(self, side, name, entity):
        """In 0..rows-1, or -1."""
        if name == "id":
            seen = ROWS_OF_USER if side == "user" else ROWS_OF_ITEM
            return entity if seen[entity] >= self.least else -1
        if name == "hour":
            hour = entity // 100
            return self.hours.index(hour) if hour in self.hours else -1
        value = DATA[name][entity]
        return value if value >= 0 and counts_of(name, self.rows(side, name))[value] >= self.least else -1

    def learned(self, side, name):
        """Whether a train row has no known value."""
        for user, item, _, at in TRAIN:
            entity = at if name == "hour" else user if side == "user" else item
            if self.value(side, name, entity) < 0:
                return True
        return False


def shapes_of(options):
    """Names and shapes of the embeddings of all fields, width by width."""
    f = Fields(options)
    shapes = {}

    def table(prefix, side, name, label, width):
        if name == "visual":
            shapes[f"{prefix}.{label}.weight"] = [DATA["visualWidth"], width]
            if width > 1:
                shapes[f"{prefix}.{label}.bias"] = [width]
            return
        shapes[f"{prefix}.{label}.embedding"] = [f.rows(side, name), width]
        if name != "tags" and (f.learned(side, name) or f.least > 1):
            shapes[f"{prefix}.{label}.unknown"] = [1, width]

    def tables(prefix, width, own_history):
        for name in options["userFields"]:
            table(prefix, "user", name, f"user.{name}", width)
        for name in options["contextFields"]:
            table(prefix, "context", name, f"context.{name}", width)
        for name in options["itemFields"]:
            table(prefix, "item", name, f"item.{name}", width)
        if options["historyLength"] > 0 and own_history:
            table(prefix, "item", "id", "history", width)

    name = options["name"]
    d = options["embeddingSize"]
    tables("fields", d, False)
    F = len(options["userFields"]) + len(options["contextFields"]) + len(options["itemFields"])
    F += 1 if options["historyLength"] > 0 else 0
    context_count = F - len(options["itemFields"])

    def norm(prefix, channels):
        shapes[f"{prefix}.gamma"] = [channels]
        shapes[f"{prefix}.beta"] = [channels]
        shapes[f"{prefix}.running"] = [2, channels]

    def mlp(prefix, widths, out=True):
        for i in range(1, len(widths)):
            shapes[f"{prefix}.{i}.weight"] = [widths[i - 1], widths[i]]
            shapes[f"{prefix}.{i}.bias"] = [widths[i]]
            if options["batchNorm"]:
                norm(f"{prefix}.{i}.norm", widths[i])
        if out:
            shapes[f"{prefix}.out.weight"] = [widths[-1], 1]
            shapes[f"{prefix}.out.bias"] = [1]

    def attention(prefix, inputs, outputs, residual=True):
        for kind in ["query", "key", "value"] + (["residual"] if residual else []):
            shapes[f"{prefix}.{kind}.weight"] = [inputs, outputs]

    if name in ("fm", "deepfm", "nfm", "widedeep", "difm") or (name == "autoint" and options["firstOrder"]):
        tables("linear", 1, True)
        shapes["linear.bias"] = [1]
    if name in ("deepfm", "widedeep") or (name == "autoint" and options["hidden"]):
        mlp("deep", [F * d] + options["hidden"])
    if name == "nfm":
        if options["interactionNorm"]:
            norm("bi.norm", d)
        mlp("bi", [d] + options["hidden"])
    if name == "autoint":
        outputs = options["heads"] * options["headSize"]
        for m in range(options["layers"]):
            attention(f"attention.{m + 1}", d if m == 0 else outputs, outputs, options["residual"])
        shapes["attention.out.weight"] = [F * outputs, 1]
        shapes["attention.out.bias"] = [1]
    if name == "difm":
        outputs = options["heads"] * options["headSize"]
        attention("vector", d, outputs)
        shapes["vector.out.weight"] = [F * outputs, F]
        mlp("bit", [F * d] + options["hidden"], out=False)
        shapes["bit.out.weight"] = [options["hidden"][-1], F]
    if name == "afn":
        shapes["afn.weight"] = [F, options["neurons"]]
        for side, channels in (("context", context_count), ("item", F - context_count)):
            if options["batchNorm"]:
                norm(f"afn.logs.{side}", channels)
            else:
                shapes[f"afn.logs.{side}.running"] = [2, channels]
        if options["batchNorm"]:
            norm("afn.norm", options["neurons"])
        mlp("afn", [options["neurons"] * d] + options["hidden"])
        if options["plusHidden"]:
            tables("plus", d, False)
            mlp("plus", [F * d] + options["plusHidden"])
            shapes["mix.weight"] = [2, 1]
            shapes["mix.bias"] = [1]
    if name == "widedeep":
        for left, right in options["crosses"]:
            side = "context" if left in options["contextFields"] else "user"
            columns = 1 + f.rows(side, left)
            shapes[f"cross.{left}.{right}.embedding"] = [f.rows("item", right), columns]
            if right != "tags" and (f.learned("item", right) or f.least > 1):
                shapes[f"cross.{left}.{right}.unknown"] = [1, columns]
    return shapes


VISUAL = wave(101, DATA["items"] * DATA["visualWidth"], 1).reshape(DATA["items"], -1)


class Model:
    def __init__(self, options, weights):
        self.o, self.w, self.f = options, weights, Fields(options)
        self.batch = None  # statistics of batch normalisation in training, by name

    def row(self, prefix, side, name, label, entity):
        """What a field gives; None where nothing is known."""
        w, key = self.w, f"{prefix}.{label}"
        if name == "visual":
            return VISUAL[entity] @ w[f"{key}.weight"] + w.get(f"{key}.bias", 0)
        if name == "tags":
            counts = tag_counts()
            known = [t for t in DATA["tags"][entity] if counts[t] >= self.f.least]
            return np.mean([w[f"{key}.embedding"][t] for t in known], 0) if known else None
        value = self.f.value(side, name, entity)
        if value >= 0:
            return w[f"{key}.embedding"][value]
        return w[f"{key}.unknown"][0] if f"{key}.unknown" in w else None

    def fields(self, prefix, context, item, own_history=False):
        """Embeddings of all fields of a pair: [F, width], zero where nothing is known."""
        o = self.o
        rows = [self.row(prefix, "user", n, f"user.{n}", context["user"]) for n in o["userFields"]]
        rows += [self.row(prefix, "context", n, f"context.{n}", context["hour"]) for n in o["contextFields"]]
        if o["historyLength"] > 0:
            label = "history" if own_history else "item.id"
            events = context["history"][-o["historyLength"]:]
            learned = self.f.learned("item", "id")
            past = [i for i in events if learned or self.f.value("item", "id", i) >= 0]
            past = [self.row(prefix, "item", "id", label, i) for i in past]
            rows.append(np.mean(past, 0) if past else None)
        rows += [self.row(prefix, "item", n, f"item.{n}", item) for n in o["itemFields"]]
        width = 1 if prefix == "linear" else o["embeddingSize"]
        return np.array([np.zeros(width) if one is None else one for one in rows])

    # Batch normalisation goes over all pairs at once: x [P, channels, ..]; `known` [P, channels].
    def norm(self, name, x, known=None):
        w = self.w
        blocks = x.reshape(len(x), x.shape[1], -1)
        if known is None:
            known = np.ones(blocks.shape[:2])
        if self.batch is None:
            mean, variance = w[f"{name}.running"]
        else:
            count = known.sum(0) * blocks.shape[2]
            mean = (blocks * known[:, :, None]).sum((0, 2)) / count
            variance = (((blocks - mean[:, None]) ** 2) * known[:, :, None]).sum((0, 2)) / count
            self.batch[name] = np.array([mean, variance * count / (count - 1)])
        y = (blocks - mean[:, None]) / np.sqrt(variance[:, None] + 1e-5) * w[f"{name}.gamma"][:, None]
        return (y * known[:, :, None] + w[f"{name}.beta"][:, None]).reshape(x.shape)

    def fill(self, name, x, known):
        """What is not known becomes the mean of its channel."""
        if self.batch is None:
            mean = self.w[f"{name}.running"][0]
        else:
            count = known.sum(0) * x.shape[2]
            mean = (x * known[:, :, None]).sum((0, 2)) / count
            variance = (((x - mean[:, None]) ** 2) * known[:, :, None]).sum((0, 2)) / count
            self.batch[name] = np.array([mean, variance * count / (count - 1)])
        return np.where(known[:, :, None], x, mean[:, None])

    def hidden(self, prefix, x, count):
        for i in range(1, count + 1):
            x = x @ self.w[f"{prefix}.{i}.weight"] + self.w[f"{prefix}.{i}.bias"]
            if self.o["batchNorm"]:
                x = self.norm(f"{prefix}.{i}.norm", x)
            x = np.maximum(x, 0)
        return x

    def mlp(self, prefix, x, count):
        x = self.hidden(prefix, x, count)
        return (x @ self.w[f"{prefix}.out.weight"] + self.w[f"{prefix}.out.bias"])[:, 0]

    def attend(self, prefix, E, scale, residual):
        """[P, F, d] -> [P, F, heads * size]"""
        o, w = self.o, self.w
        out = np.zeros((len(E), E.shape[1], o["heads"] * o["headSize"]))
        for p in range(len(E)):
            q, k, v = [E[p] @ w[f"{prefix}.{kind}.weight"] for kind in ("query", "key", "value")]
            for h in range(o["heads"]):
                part = slice(h * o["headSize"], (h + 1) * o["headSize"])
                scores = q[:, part] @ k[:, part].T
                if scale:
                    scores = scores / np.sqrt(o["headSize"])
                a = np.exp(scores - scores.max(1, keepdims=True))
                out[p][:, part] = (a / a.sum(1, keepdims=True)) @ v[:, part]
            if residual:
                out[p] += E[p] @ w[f"{prefix}.residual.weight"]
        return np.maximum(out, 0)

    def cross(self, left, right, context, item):
        """Mean over the item's values of the weight of (left, value)."""
        o, f = self.o, self.f
        if left in o["contextFields"]:
            column = 1 + f.value("context", left, context["hour"])
        else:
            column = 1 + f.value("user", left, context["user"])
        row = self.row("cross", "item", right, f"{left}.{right}", item)
        return 0 if row is None else row[column]

    def logits(self):
        o, w = self.o, self.w
        pairs = [(DATA["contexts"][c], item) for c, item, _ in PAIRS]
        E = np.array([self.fields("fields", c, i) for c, i in pairs])
        flat = E.reshape(len(E), -1)
        name = o["name"]

        def bi(x):
            F = x.shape[1]
            return sum(x[:, f] * x[:, g] for f in range(F) for g in range(f + 1, F))

        y = np.zeros(len(E))
        if "linear.bias" in w:
            first = np.array([self.fields("linear", c, i, True)[:, 0] for c, i in pairs])
            if name != "difm":
                y = y + first.sum(1)
            y = y + w["linear.bias"][0]
        if name in ("fm", "deepfm"):
            y = y + bi(E).sum(1)
        if name in ("deepfm", "widedeep") or (name == "autoint" and o["hidden"]):
            y = y + self.mlp("deep", flat, len(o["hidden"]))
        if name == "nfm":
            x = bi(E)
            if o["interactionNorm"]:
                x = self.norm("bi.norm", x)
            y = y + self.mlp("bi", x, len(o["hidden"]))
        if name == "autoint":
            x = E
            for m in range(o["layers"]):
                x = self.attend(f"attention.{m + 1}", x, o["scale"], o["residual"])
            y = y + (x.reshape(len(x), -1) @ w["attention.out.weight"] + w["attention.out.bias"])[:, 0]
        if name == "difm":
            vec = self.attend("vector", E, True, True).reshape(len(E), -1) @ w["vector.out.weight"]
            bit = self.hidden("bit", flat, len(o["hidden"])) @ w["bit.out.weight"]
            m = vec + bit
            y = y + (m * first).sum(1) + bi(E * m[:, :, None]).sum(1)
        if name == "afn":
            known = np.abs(E).max(2) > 0
            logs = np.log(np.maximum(np.abs(E), o["logFloor"]))
            split = E.shape[1] - len(o["itemFields"])
            over = self.norm if o["batchNorm"] else self.fill
            logs = np.concatenate([
                over("afn.logs.context", logs[:, :split], known[:, :split]),
                over("afn.logs.item", logs[:, split:], known[:, split:]),
            ], 1)
            crossed = np.exp(np.einsum("pfd,fk->pkd", logs, w["afn.weight"]))
            if o["batchNorm"]:
                crossed = self.norm("afn.norm", crossed)
            afn = self.mlp("afn", crossed.reshape(len(E), -1), len(o["hidden"]))
            if o["plusHidden"]:
                other = np.array([self.fields("plus", c, i) for c, i in pairs]).reshape(len(E), -1)
                plus = self.mlp("plus", other, len(o["plusHidden"]))
                y = y + np.stack([afn, plus], 1) @ w["mix.weight"][:, 0] + w["mix.bias"][0]
            else:
                y = y + afn
        if name == "widedeep":
            for left, right in o["crosses"]:
                y = y + np.array([self.cross(left, right, c, i) for c, i in pairs])
        return y

    def used(self):
        """Rows of tables that the pairs use, each once."""
        o = self.o
        prefixes = ["fields"] + (["linear"] if "linear.bias" in self.w else [])
        prefixes += ["plus"] if o.get("plusHidden") else []
        used = set()

        def use(prefix, side, name, label, entity):
            if name == "visual":
                return
            if name == "tags":
                counts = tag_counts()
                used.update((f"{prefix}.{label}.embedding", t) for t in DATA["tags"][entity] if counts[t] >= self.f.least)
                return
            value = self.f.value(side, name, entity)
            if value >= 0:
                used.add((f"{prefix}.{label}.embedding", value))
            elif f"{prefix}.{label}.unknown" in self.w:
                used.add((f"{prefix}.{label}.unknown", 0))

        for c, item, _ in PAIRS:
            context = DATA["contexts"][c]
            for prefix in prefixes:
                for n in o["userFields"]:
                    use(prefix, "user", n, f"user.{n}", context["user"])
                for n in o["contextFields"]:
                    use(prefix, "context", n, f"context.{n}", context["hour"])
                for n in o["itemFields"]:
                    use(prefix, "item", n, f"item.{n}", item)
                if o["historyLength"] > 0:
                    label = "history" if prefix == "linear" else "item.id"
                    for i in context["history"][-o["historyLength"]:]:
                        if self.f.learned("item", "id") or self.f.value("item", "id", i) >= 0:
                            use(prefix, "item", "id", label, i)
            for left, right in o.get("crosses", []):
                use("cross", "item", right, f"{left}.{right}", item)
        return used

    def loss(self):
        z = self.logits()
        labels = np.array([label for _, _, label in PAIRS])
        loss = np.mean(np.logaddexp(0, z) - labels * z)
        squares = sum((self.w[name][row] ** 2).sum() for name, row in self.used())
        return loss + 0.5 * self.o["l2Embedding"] * squares


def amplitude_of(name):
    """Size and offset of a weight, such that every part of a model counts."""
    if name.endswith(".running"):
        return 0.4, 0.9
    if name.endswith(".gamma"):
        return 0.3, 1.0
    if name.startswith(("fields.", "plus.")) and name.endswith((".embedding", ".unknown")):
        return 0.9, 0.1
    if name.startswith(("linear.", "cross.")):
        return 0.6, 0.0
    return 0.5, 0.0


COMMON = dict(
    userFields=["id", "gender"], itemFields=["id", "author", "tags", "visual"], contextFields=["hour"],
    historyLength=HISTORY, buckets=dict(hour=100), minCount=1, embeddingSize=4, embeddingStd=0.01, l2Embedding=0,
)
LAYERS = dict(dropout=0, batchNorm=False)
PLAIN = dict(
    fm=dict(),
    deepfm=dict(hidden=[5, 3], **LAYERS),
    nfm=dict(hidden=[5, 3], interactionDropout=0, interactionNorm=False, **LAYERS),
    autoint=dict(layers=2, heads=2, headSize=3, scale=False, residual=True, firstOrder=False, hidden=[], **LAYERS),
    difm=dict(heads=2, headSize=3, hidden=[5, 3], **LAYERS),
    afn=dict(neurons=3, logFloor=1e-3, hidden=[5, 3], plusHidden=[], **LAYERS),
    widedeep=dict(hidden=[5, 3], crosses=[["gender", "tags"], ["hour", "author"]], **LAYERS),
)
# With batch normalisation and [5, 3] no unit of the last layer would be on for any pair.
WIDER = [8, 6]
CHANGES = dict(
    fm=[
        dict(minCount=2), dict(historyLength=0), dict(contextFields=[], buckets={}), dict(userFields=["gender"]),
        dict(itemFields=["tags", "id"]), dict(l2Embedding=0.1), dict(embeddingSize=3),
    ],
    deepfm=[dict(hidden=[4]), dict(batchNorm=True, hidden=WIDER), dict(minCount=2, l2Embedding=0.1)],
    nfm=[dict(batchNorm=True, hidden=WIDER), dict(interactionNorm=True), dict(hidden=[4])],
    autoint=[
        dict(scale=True), dict(residual=False), dict(firstOrder=True), dict(hidden=[5]), dict(layers=1), dict(heads=3, headSize=2),
        dict(hidden=[5], batchNorm=True),
    ],
    difm=[dict(batchNorm=True), dict(heads=3, headSize=2), dict(hidden=[4])],
    afn=[
        dict(batchNorm=True), dict(plusHidden=[4]), dict(plusHidden=[4], batchNorm=True, l2Embedding=0.1), dict(neurons=2),
        dict(logFloor=0.3), dict(minCount=2),
    ],
    widedeep=[
        dict(crosses=[]), dict(crosses=[["gender", "id"]], l2Embedding=0.1), dict(batchNorm=True, hidden=WIDER),
        dict(minCount=2),
    ],
)


def slopes_of(options, weights, step=1e-5):
    """Derivatives of the loss along a direction for each weight."""
    slopes = {}
    for v, (name, value) in enumerate(weights.items()):
        if name.endswith(".running"):
            continue
        direction = wave(50 + v, value.size, 1).reshape(value.shape)
        ends = [Model(options, {**weights, name: value + sign * step * direction}).loss() for sign in (1, -1)]
        slopes[name] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def rounded(values, digits=10):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values).ravel()]


def case(options):
    shapes = shapes_of(options)
    specs = {}
    weights = {}
    for v, (name, shape) in enumerate(shapes.items()):
        amplitude, offset = amplitude_of(name)
        specs[name] = dict(shape=shape, v=v, amplitude=amplitude, offset=offset)
        weights[name] = wave(v, int(np.prod(shape)), amplitude, offset).reshape(shape)
    model = Model(options, weights)
    made = dict(options=options, logits=rounded(model.logits()), loss=rounded([model.loss()])[0])
    for name, slope in slopes_of(options, weights).items():
        specs[name]["slope"] = float(f"{slope:.8g}")
    made["weights"] = specs
    if any(name.endswith(".running") for name in weights):
        training = Model(options, weights)
        training.batch = {}
        made["trainingLogits"] = rounded(training.logits())
        made["batchStatistics"] = {name: rounded(both) for name, both in training.batch.items()}
    return made, weights


def cases():
    for name, own in PLAIN.items():
        plain = dict(name=name, **COMMON, **own)
        for change in [{}] + CHANGES[name]:
            yield dict(plain, **change)


if __name__ == "__main__":
    made = [case(options)[0] for options in cases()]
    with open(os.path.join(HERE, "ctr.json"), "w") as file:
        json.dump(dict(DATA, cases=made), file, separators=(",", ":"))
        file.write("\n")
    print(len(made), "cases")
