"""NeuMF of RecBole, and its two halves GMF and MLP, with given weights on a few pairs, to check ours against.

    python -m venv venv && venv/bin/pip install -r bench/theirs/requirements-torch.txt -r bench/theirs/requirements-recbole.txt
    venv/bin/python test/fidelity/ncf_recbole.py > test/fidelity/ncf.json

RecBole's own class (1.2.1, torch on a CPU, float64) makes logits and losses; this file only feeds it: weights come from formulas that
the test repeats, under our names. Written down are the logits of the pairs, the loss, the derivative of the loss along a direction
for every weight, and the loss after one SGD update of all weights at RATE.
"""

import json
import math
import sys
from types import SimpleNamespace

import torch
from recbole.model.general_recommender.neumf import NeuMF

torch.set_default_dtype(torch.float64)
USERS, ITEMS, RATE = 4, 5, 0.5
PAIRS = [(0, 1, 1), (0, 4, 0), (1, 2, 1), (2, 0, 0), (2, 3, 1), (3, 3, 0), (3, 1, 1), (1, 4, 0)]  # user, item, label
CASES = [
    dict(variant="GMF", factors=3, layers=[]),
    dict(variant="MLP", factors=3, layers=[4, 5, 2]),
    dict(variant="NeuMF", factors=3, layers=[6, 4]),
]


def wave(v, shape, amplitude, offset):
    """offset + amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    return (offset + amplitude * torch.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


def names_of(model):
    """Our name of each of RecBole's parameters that count, and whether its matrix is ours transposed."""
    names = {"predict_layer.weight": ("out.weight", True), "predict_layer.bias": ("out.bias", False)}
    for theirs, ours, is_there in (("mf", "gmf", model.mf_train), ("mlp", "mlp", model.mlp_train)):
        if is_there:
            names[f"user_{theirs}_embedding.weight"] = (f"{ours}.user", False)
            names[f"item_{theirs}_embedding.weight"] = (f"{ours}.item.id.table", False)
    if model.mlp_train:
        linear = [name for name, _ in model.named_parameters() if name.startswith("mlp_layers") and name.endswith("weight")]
        for layer, name in enumerate(linear, 1):
            names[name] = (f"mlp.layer.{layer}.weight", True)
            names[name.replace("weight", "bias")] = (f"mlp.layer.{layer}.bias", False)
    return names


def run(case):
    variant, layers = case["variant"], case["layers"] or [2, 1]
    config = dict(
        USER_ID_FIELD="user", ITEM_ID_FIELD="item", LABEL_FIELD="label", NEG_PREFIX="neg_", device="cpu",
        mf_embedding_size=case["factors"], mlp_embedding_size=layers[0] // 2, mlp_hidden_size=layers[1:], dropout_prob=0.0,
        mf_train=variant != "MLP", mlp_train=variant != "GMF", use_pretrain=False, mf_pretrain_path=None,
        mlp_pretrain_path=None,
    )
    counts = dict(user=USERS, item=ITEMS)
    model = NeuMF(config, SimpleNamespace(num=lambda field: counts[field]))
    parameters, names = dict(model.named_parameters()), names_of(model)
    weights, directions = {}, {}
    for v, theirs in enumerate(sorted(names)):
        ours, transposed = names[theirs]
        shape = list(parameters[theirs].shape)
        if transposed:
            shape.reverse()
        place = lambda value: value.T if transposed else value
        with torch.no_grad():
            parameters[theirs].copy_(place(wave(v, shape, 0.8, 0.0)))
        directions[theirs] = place(wave(50 + v, shape, 1.0, 0.0))
        weights[ours] = dict(shape=shape, v=v, amplitude=0.8, offset=0.0)
    user, item, label = (torch.tensor(values) for values in zip(*PAIRS))
    interaction = dict(user=user, item=item, label=label.double())
    logits, value = model.forward(user, item), model.calculate_loss(interaction)
    value.backward()
    for theirs, direction in directions.items():
        weights[names[theirs][0]]["slope"] = float((parameters[theirs].grad * direction).sum())
    with torch.no_grad():
        for theirs in names:
            parameters[theirs] -= RATE * parameters[theirs].grad
    after = model.calculate_loss(interaction)
    return dict(case, weights=weights, logits=logits.tolist(), value=value.item(), valueAfter=after.item())


json.dump(dict(users=USERS, items=ITEMS, rate=RATE, pairs=PAIRS, cases=[run(case) for case in CASES]),
          fp=sys.stdout, separators=(",", ":"))
print()
