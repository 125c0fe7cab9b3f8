"""
What FuxiCTR's own model classes give with the weights of ctr_reference.py, in float64 on the CPU: logits in inference, and in
training with the statistics of the batch. Run by hand; ctrFuxictr.json holds what it gives.

    PYTHONPATH=CHECKOUT python test/fidelity/ctr_fuxictr.py CHECKOUT

CHECKOUT is a clone of FuxiCTR (github.com/reczoo/FuxiCTR) at 0245987, whose model zoo is no package; torch 2.15, numpy 1.26, pandas 2.3.

Where the two differ by design the cases keep away from it: rows that are not known to us are zero in FuxiCTR's tables (there they
are near zero), and the items of a history have no first-order weights, which FuxiCTR adds up and we average. AFN is asked about
pairs whose fields are all known, since it takes the logarithm of those rows. AutoInt's residual is the identity where widths
agree, W_res with us, so that is the identity here. Its NFM and WideDeep have no bias besides the MLP's, so ours is zero there.
"""
import importlib.util
import json
import os
import sys
from collections import OrderedDict

import numpy as np
import torch
from fuxictr.features import FeatureMap

import ctr_reference as ours

CHECKOUT = sys.argv[1] if len(sys.argv) > 1 else "."
torch.set_default_dtype(torch.float64)
ZOO = dict(
    fm="FM/src/FM.py", deepfm="DeepFM/DeepFM_torch/src/DeepFM.py", nfm="NFM/src/NFM.py", autoint="AutoInt/src/AutoInt.py",
    afn="AFN/src/AFN.py", widedeep="WideDeep/WideDeep_torch/src/WideDeep.py",
)
CLASSES = dict(fm="FM", deepfm="DeepFM", nfm="NFM", autoint="AutoInt", afn="AFN", widedeep="WideDeep")

# Users, the hour, the history, items, author: what FuxiCTR can be given as we have it.
COMMON = dict(
    ours.COMMON, userFields=["id"], itemFields=["id", "author"], contextFields=["hour"], historyLength=ours.HISTORY,
)
CASES = [
    dict(name="fm"),
    dict(name="deepfm", hidden=[5, 3], batchNorm=False),
    dict(name="deepfm", hidden=[5, 3], batchNorm=True),
    dict(name="nfm", hidden=[5, 3], batchNorm=False),
    dict(name="nfm", hidden=[4], batchNorm=True),
    dict(name="autoint", layers=2, heads=2, headSize=3, scale=False, hidden=[]),
    dict(name="autoint", layers=1, heads=2, headSize=3, scale=True, hidden=[5], batchNorm=True),
    dict(name="widedeep", hidden=[5, 3], crosses=[], batchNorm=False),
    dict(name="afn", neurons=3, logFloor=1e-5, hidden=[5, 3], batchNorm=True, plusHidden=[]),
    dict(name="afn", neurons=3, logFloor=1e-5, hidden=[5, 3], batchNorm=True, plusHidden=[4]),
]


def class_of(name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(CHECKOUT, "model_zoo", ZOO[name]))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, CLASSES[name])


def feature_map(fields):
    """Row 0 of every table is padding, the last one what we do not know."""
    made = FeatureMap("tiny", ".")
    sizes = [("user", "user", "id"), ("hour", "context", "hour")]
    features = OrderedDict()
    for feature, side, name in sizes:
        features[feature] = dict(source="", type="categorical", vocab_size=fields.rows(side, name) + 2)
    items = fields.rows("item", "id") + 2
    features["item"] = dict(source="", type="categorical", vocab_size=items, padding_idx=0)
    features["history"] = dict(
        source="", type="sequence", vocab_size=items, padding_idx=0, share_embedding="item",
        feature_encoder="layers.MaskedAveragePooling()",
    )
    features["author"] = dict(source="", type="categorical", vocab_size=fields.rows("item", "author") + 2)
    made.features = features
    made.num_fields = len(features)
    made.default_emb_dim = 4
    return made


# Ours: user, hour, history, item, author. FuxiCTR's: user, hour, item, history, author (the shared table comes first).
ORDER = [0, 1, 3, 2, 4]


def inputs_of(fields, pairs):
    def place(side, name, entity):
        value = fields.value(side, name, entity)
        return 1 + value if value >= 0 else fields.rows(side, name) + 1

    columns = OrderedDict(user=[], hour=[], item=[], history=[], author=[])
    for context, item in pairs:
        columns["user"].append(place("user", "id", context["user"]))
        columns["hour"].append(place("context", "hour", context["hour"]))
        columns["item"].append(place("item", "id", item))
        events = [place("item", "id", i) for i in context["history"][-ours.HISTORY:]]
        columns["history"].append([0] * (ours.HISTORY - len(events)) + events)
        columns["author"].append(place("item", "author", item))
    return {name: torch.tensor(values) for name, values in columns.items()}


def table(weights, key, rows, width):
    """Ours with a row for padding before it and one for unknown after it."""
    made = np.zeros((rows + 2, width))
    made[1:-1] = weights[f"{key}.embedding"]
    if f"{key}.unknown" in weights:
        made[-1] = weights[f"{key}.unknown"][0]
    return torch.tensor(made)


def copy_tables(module, prefix, weights, fields, width):
    labels = dict(user=("user", "id", "user.id"), hour=("context", "hour", "context.hour"),
                  item=("item", "id", "item.id"), author=("item", "author", "item.author"))
    for feature, (side, name, label) in labels.items():
        values = table(weights, f"{prefix}.{label}", fields.rows(side, name), width)
        module.embedding_layers[feature].weight.data.copy_(values)
    if prefix == "linear":
        module.embedding_layers["history"].weight.data.zero_()


def blocks(matrix, width):
    """Rows of a matrix over our fields, in the order of theirs."""
    split = matrix.reshape(5, width, -1)
    return np.concatenate([split[f] for f in ORDER], 0)


def copy_mlp(block, prefix, weights, count, permute=None):
    linears = [m for m in block.mlp if isinstance(m, torch.nn.Linear)]
    norms = [m for m in block.mlp if isinstance(m, torch.nn.BatchNorm1d)]
    for i, layer in enumerate(linears):
        name = f"{prefix}.{i + 1}" if i < count else f"{prefix}.out"
        matrix = weights[f"{name}.weight"]
        if i == 0 and permute:
            matrix = permute(matrix)
        layer.weight.data.copy_(torch.tensor(matrix.T.copy()))
        layer.bias.data.copy_(torch.tensor(weights[f"{name}.bias"]))
    for i, norm in enumerate(norms):
        copy_norm(norm, f"{prefix}.{i + 1}.norm", weights)


def copy_norm(norm, name, weights):
    norm.weight.data.copy_(torch.tensor(weights[f"{name}.gamma"]))
    norm.bias.data.copy_(torch.tensor(weights[f"{name}.beta"]))
    norm.running_mean.copy_(torch.tensor(weights[f"{name}.running"][0]))
    norm.running_var.copy_(torch.tensor(weights[f"{name}.running"][1]))


def build(options, fields):
    name = options["name"]
    own = dict(gpu=-1, embedding_dim=4, optimizer="adam", loss="binary_crossentropy", verbose=0, model_root=".", metrics=["AUC"],
               task="regression")  # whose output is the logit
    if "hidden" in options and name != "afn":
        key = "dnn_hidden_units" if name == "autoint" else "hidden_units"
        own.update({key: options["hidden"], "batch_norm": options.get("batchNorm", False)})
    if name == "autoint":
        own.update(attention_layers=options["layers"], num_heads=options["heads"],
                   attention_dim=options["heads"] * options["headSize"], use_scale=options["scale"], use_residual=True)
    if name == "afn":
        own.update(logarithmic_neurons=options["neurons"], afn_hidden_units=options["hidden"], batch_norm=True,
                   ensemble_dnn=bool(options["plusHidden"]), dnn_hidden_units=options["plusHidden"])
    return class_of(name)(feature_map(fields), **own).double()


def theirs(options, weights, pairs):
    fields = ours.Fields(options)
    model = build(options, fields)
    name = options["name"]
    copy_tables(model.embedding_layer.embedding_layer, "fields", weights, fields, 4)
    lr = getattr(model, "lr_layer", None) or getattr(getattr(model, "fm", None), "lr_layer", None)
    if lr is not None:
        copy_tables(lr.embedding_layer.embedding_layer, "linear", weights, fields, 1)
        if lr.bias is not None:
            lr.bias.data.copy_(torch.tensor(weights["linear.bias"]))
    by_fields = lambda matrix: blocks(matrix, 4)
    if name in ("deepfm", "widedeep") or (name == "autoint" and options["hidden"]):
        block = model.mlp if name == "deepfm" else model.dnn
        copy_mlp(block, "deep", weights, len(options["hidden"]), by_fields)
    if name == "nfm":
        copy_mlp(model.dnn, "bi", weights, len(options["hidden"]))
    if name == "autoint":
        for m, layer in enumerate(model.self_attention):
            for kind, own in (("query", layer.W_q), ("key", layer.W_k), ("value", layer.W_v), ("residual", layer.W_res)):
                if own is not None:
                    own.weight.data.copy_(torch.tensor(weights[f"attention.{m + 1}.{kind}.weight"].T.copy()))
        out = blocks(weights["attention.out.weight"], options["heads"] * options["headSize"])
        model.fc.weight.data.copy_(torch.tensor(out.T.copy()))
        model.fc.bias.data.copy_(torch.tensor(weights["attention.out.bias"]))
    if name == "afn":
        model.coefficient_W.weight.data.copy_(torch.tensor(weights["afn.weight"][ORDER].T.copy()))
        both = {}
        for part in ("gamma", "beta", "running"):
            joined = np.concatenate([weights[f"afn.logs.{side}.{part}"] for side in ("context", "item")], -1)
            both[f"log.{part}"] = joined[..., ORDER]
        copy_norm(model.log_batch_norm, "log", both)
        copy_norm(model.exp_batch_norm, "afn.norm", weights)
        copy_mlp(model.dense_layer, "afn", weights, len(options["hidden"]))
        if options["plusHidden"]:
            copy_tables(model.embedding_layer2.embedding_layer, "plus", weights, fields, 4)
            copy_mlp(model.dnn, "plus", weights, len(options["plusHidden"]), by_fields)
            model.fc.weight.data.copy_(torch.tensor(weights["mix.weight"].T.copy()))
            model.fc.bias.data.copy_(torch.tensor(weights["mix.bias"]))
    X = inputs_of(fields, pairs)
    model.get_inputs = lambda inputs, feature_source=None: inputs
    made = {}
    with torch.no_grad():
        model.eval()
        made["logits"] = ours.rounded(model(X)["y_pred"].numpy())
        model.train()
        made["trainingLogits"] = ours.rounded(model(X)["y_pred"].numpy())
    return made


def known(options, context, item):
    """Whether a pair has no field of zeros."""
    model = ours.Model(options, WEIGHTS[json.dumps(options)])
    return bool((np.abs(model.fields("fields", context, item)).max(1) > 0).all())


WEIGHTS = {}

if __name__ == "__main__":
    made = []
    for own in CASES:
        layers = dict(dropout=0, batchNorm=False)
        extra = dict(autoint=dict(residual=True, firstOrder=False), nfm=dict(interactionDropout=0, interactionNorm=False))
        base = {} if own["name"] == "fm" else layers
        options = dict(COMMON, **dict(base, **extra.get(own["name"], {}), **own))
        one, weights = ours.case(options)
        fixed = {}
        for name in weights:
            if name.startswith("linear.history") or (name == "linear.bias" and own["name"] in ("nfm", "widedeep")):
                weights[name] = np.zeros_like(weights[name])
                fixed[name] = "zeros"
            if name == "attention.2.residual.weight":
                weights[name] = np.eye(len(weights[name]))
                fixed[name] = "identity"
        WEIGHTS[json.dumps(options)] = weights
        pairs = [(ours.DATA["contexts"][c], item) for c, item, _ in ours.PAIRS]
        places = [p for p, pair in enumerate(pairs) if own["name"] != "afn" or known(options, *pair)]
        found = theirs(options, weights, [pairs[p] for p in places])
        for weight in one["weights"].values():
            weight.pop("slope", None)
        made.append(dict(options=options, weights=one["weights"], fixed=fixed, pairs=places, **found))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ctrFuxictr.json")
    with open(path, "w") as file:
        json.dump(dict(cases=made), file, separators=(",", ":"))
        file.write("\n")
    print(len(made), "cases", [len(one["pairs"]) for one in made])
