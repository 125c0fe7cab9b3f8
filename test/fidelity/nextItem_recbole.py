"""SASRec and GRU4Rec of RecBole with given weights on a tiny catalogue, to check ours against.

    python -m venv venv && venv/bin/pip install -r bench/theirs/requirements-torch.txt -r bench/theirs/requirements-recbole.txt
    venv/bin/python test/fidelity/nextItem_recbole.py > test/fidelity/nextItem.json

RecBole's own classes (1.2.1, torch on a CPU, float64) make the states, scores and losses; this file only feeds them: weights
come from formulas that the test repeats, under our names; RecBole's row 0 of a table is its padding, and item i of ours
its row i + 1. Its cross-entropy runs over the padding too, whose score is 0; `loss` here leaves that column out, and
nothing else. Written down are the scores of all items after each history, the loss, the derivative of the loss along a
direction for every weight, and the loss after one SGD update of all weights at RATE.
"""

import json
import math
from types import SimpleNamespace

import torch
from recbole.model.sequential_recommender.gru4rec import GRU4Rec
from recbole.model.sequential_recommender.sasrec import SASRec

torch.set_default_dtype(torch.float64)
ITEMS, LENGTH, RATE = 9, 6, 0.1
# Histories of one user each, and the item that came next.
HISTORIES = [[3], [1, 4], [5, 0, 2], [7, 7, 1, 3], [2, 8, 6, 0, 5], [4, 1, 8, 3, 7, 6], [6, 2]]
NEXT = [4, 8, 1, 3, 0, 2, 5]
OTHER = [0, 2, 6, 8, 7, 1, 3]

SASREC = dict(factors=8, layers=2, heads=2, innerSize=12, activation="gelu")
GRU = dict(factors=6, units=6, layers=1, projection=True)
CASES = [
    dict(name="sasrec", options=SASREC, loss="softmax"),
    dict(name="sasrec", options={**SASREC, "layers": 1, "heads": 1, "activation": "relu"}, loss="bpr"),
    dict(name="gru4rec", options=GRU, loss="softmax"),
    dict(name="gru4rec", options={**GRU, "units": 5, "layers": 2}, loss="bpr"),
]


def wave(v, shape, amplitude, offset):
    """offset + amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    return (offset + amplitude * torch.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


class Config(dict):
    def __getitem__(self, key):
        return self.get(key)


def sasrec_names(o):
    """Our name of each of RecBole's parameters, and whether its matrix is ours transposed."""
    names = {"position_embedding.weight": ("position", False)}
    norm = lambda theirs, ours: {f"{theirs}.weight": (f"{ours}.gamma", False), f"{theirs}.bias": (f"{ours}.beta", False)}
    line = lambda theirs, ours: {f"{theirs}.weight": (f"{ours}.weight", True), f"{theirs}.bias": (f"{ours}.bias", False)}
    names |= norm("LayerNorm", "norm")
    for b in range(o["layers"]):
        theirs, ours = f"trm_encoder.layer.{b}", f"block.{b + 1}"
        for part in ("query", "key", "value"):
            names |= line(f"{theirs}.multi_head_attention.{part}", f"{ours}.attention.{part}")
        names |= line(f"{theirs}.multi_head_attention.dense", f"{ours}.attention.out")
        names |= norm(f"{theirs}.multi_head_attention.LayerNorm", f"{ours}.norm.1")
        names |= line(f"{theirs}.feed_forward.dense_1", f"{ours}.ffn.1")
        names |= line(f"{theirs}.feed_forward.dense_2", f"{ours}.ffn.2")
        names |= norm(f"{theirs}.feed_forward.LayerNorm", f"{ours}.norm.2")
    return names


def gru_names(o):
    names = {"dense.weight": ("projection.weight", True), "dense.bias": ("projection.bias", False)}
    for layer in range(o["layers"]):
        names[f"gru_layers.weight_ih_l{layer}"] = (f"gru.{layer + 1}.input", True)
        names[f"gru_layers.weight_hh_l{layer}"] = (f"gru.{layer + 1}.state", True)
    return names


def build(name, o, loss):
    config = Config(
        USER_ID_FIELD="user", ITEM_ID_FIELD="item", LIST_SUFFIX="_list", ITEM_LIST_LENGTH_FIELD="length",
        NEG_PREFIX="neg_", MAX_ITEM_LIST_LENGTH=LENGTH, device="cpu", loss_type={"softmax": "CE", "bpr": "BPR"}[loss],
        n_layers=o["layers"], num_layers=o["layers"], n_heads=o.get("heads"), hidden_size=o["factors"],
        inner_size=o.get("innerSize"), hidden_act=o.get("activation"), hidden_dropout_prob=0.0, attn_dropout_prob=0.0,
        dropout_prob=0.0, layer_norm_eps=1e-8, initializer_range=0.02, embedding_size=o["factors"],
    )
    if name == "gru4rec":
        config["hidden_size"] = o["units"]
    dataset = SimpleNamespace(num=lambda field: ITEMS + 1)
    return (SASRec if name == "sasrec" else GRU4Rec)(config, dataset)


def loss_of(model, loss):
    sequences = torch.zeros(len(HISTORIES), LENGTH, dtype=torch.long)
    for s, history in enumerate(HISTORIES):
        sequences[s, : len(history)] = torch.tensor(history) + 1
    lengths = torch.tensor([len(history) for history in HISTORIES])
    interaction = {
        "item_list": sequences, "item_id_list": sequences, "length": lengths, "item": torch.tensor(NEXT) + 1,
        "neg_item": torch.tensor(OTHER) + 1,
    }
    interaction[model.ITEM_SEQ] = sequences
    interaction[model.ITEM_SEQ_LEN] = lengths
    scores = model.full_sort_predict(interaction)[:, 1:]
    if loss == "bpr":
        return scores, model.calculate_loss(interaction)
    return scores, torch.nn.functional.cross_entropy(scores, torch.tensor(NEXT))


def run(case):
    name, o, loss = case["name"], case["options"], case["loss"]
    model = build(name, o, loss)
    names = (sasrec_names if name == "sasrec" else gru_names)(o)
    names["item_embedding.weight"] = ("item.id.table", False)
    parameters = dict(model.named_parameters())
    assert set(parameters) == set(names), set(parameters) ^ set(names)
    weights, directions = {}, {}
    for v, theirs in enumerate(sorted(names)):
        ours, transposed = names[theirs]
        shape = list(parameters[theirs].shape)
        if theirs == "item_embedding.weight":
            shape[0] -= 1
        if transposed:
            shape.reverse()
        amplitude, offset = (0.3, 1.0) if ours.endswith("gamma") else (0.6, 0.0)
        place = lambda value: value.T if transposed else value
        padded = lambda value: torch.cat([torch.zeros(1, shape[1]), value]) if ours == "item.id.table" else value
        with torch.no_grad():
            parameters[theirs].copy_(padded(place(wave(v, shape, amplitude, offset))))
        directions[theirs] = padded(place(wave(50 + v, shape, 1.0, 0.0)))
        weights[ours] = dict(shape=shape, v=v, amplitude=amplitude, offset=offset)
    model.train()  # every share of dropout is 0
    scores, value = loss_of(model, loss)
    value.backward()
    for theirs, direction in directions.items():
        gradient = parameters[theirs].grad
        if theirs == "item_embedding.weight":
            gradient[0] = 0  # the padding
        weights[names[theirs][0]]["slope"] = float((gradient * direction).sum())
    with torch.no_grad():
        for parameter in parameters.values():
            parameter -= RATE * parameter.grad
    return dict(case, weights=weights, scores=scores.detach().tolist(), value=float(value),
                valueAfter=float(loss_of(model, loss)[1]))


json.dump(dict(items=ITEMS, length=LENGTH, rate=RATE, histories=HISTORIES, next=NEXT, other=OTHER,
               cases=[run(case) for case in CASES]),
          fp=__import__("sys").stdout, indent=None, separators=(",", ":"))
print()
