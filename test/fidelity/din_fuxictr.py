"""DIN put together from FuxiCTR's layers with given weights on a tiny log, to check ours against.

    python -m venv venv && venv/bin/pip install -r bench/theirs/requirements-torch.txt -r bench/theirs/requirements-fuxictr.txt
    venv/bin/python test/fidelity/din_fuxictr.py > test/fidelity/din.json

FuxiCTR's own DIN_Attention, Dice and MLP_Block (2.3.10, torch on a CPU, float64) do the work, joined as in its DIN: the MLP
reads the user, the candidate and the attended history. This file looks up embeddings and feeds the layers. Weights come from
formulas that the test repeats, under our names. Written down are the logits in evaluation (Dice by its running
statistics), and of training the loss, the derivative of the loss along a direction for every weight, and of one SGD update of
all weights at RATE the loss after it and Dice's new running statistics. FuxiCTR's statistics of a step count the padding, ours do
not, so training takes histories of full length alone.
"""

import json
import math
import sys

import torch
from fuxictr.pytorch.layers import DIN_Attention, MLP_Block
from fuxictr.pytorch.layers.activations import Dice

torch.set_default_dtype(torch.float64)
USERS, ITEMS, AUTHORS, LENGTH, K, RATE = 4, 8, 3, 5, 3, 0.1
AUTHOR = [0, 1, 2, 0, 1, 2, 1, 0]
# User, history, candidate, label. The first ones are trained on.
PAIRS = [
    (0, [3, 1, 4, 1, 5], 2, 1), (0, [3, 1, 4, 1, 5], 6, 0), (1, [2, 6, 5, 3, 0], 0, 1), (2, [7, 0, 1, 2, 3], 7, 0),
    (3, [4, 4, 6, 2, 1], 1, 1), (3, [4, 6, 2, 1, 1], 4, 0),
    (0, [3], 2, 1), (1, [2, 6, 5], 7, 0), (2, [], 3, 1), (3, [4, 4], 4, 0), (1, [6, 1, 0, 2], 5, 1),
]
TRAINED = 6

CASES = {
    "Dice everywhere": {},
    "ReLU": dict(unitActivation="relu", activation="relu"),
    "PReLU": dict(unitActivation="prelu", activation="prelu"),
    "Dice in the unit, two layers": dict(unitHidden=[6, 4], activation="relu", hidden=[7]),
    "softmax": dict(softmax=True, unitActivation="relu", activation="dice"),
}
DEFAULTS = dict(unitHidden=[5], unitActivation="dice", hidden=[6, 4], activation="dice", softmax=False)


def wave(v, shape, amplitude, offset):
    """offset + amplitude * sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    return (offset + amplitude * torch.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(shape)


def activations(kind, widths):
    make = {"dice": Dice, "relu": lambda width: torch.nn.ReLU(), "prelu": torch.nn.PReLU}[kind]
    return [make(width) for width in widths]


class Din(torch.nn.Module):
    def __init__(self, o):
        super().__init__()
        self.tables = torch.nn.ParameterDict(
            {"user": torch.zeros(USERS, K), "item": torch.zeros(ITEMS, K), "author": torch.zeros(AUTHORS, K)})
        unit, hidden = o["unitHidden"], o["hidden"]
        self.attention = DIN_Attention(2 * K, unit, activations(o["unitActivation"], unit), use_softmax=o["softmax"])
        self.mlp = MLP_Block(5 * K, hidden, activations(o["activation"], hidden), output_dim=1)

    def items(self, ids):
        return torch.cat([self.tables["item"][ids], self.tables["author"][torch.tensor(AUTHOR)[ids]]], -1)

    def forward(self, pairs):
        history = torch.zeros(len(pairs), LENGTH, dtype=torch.long)
        mask = torch.zeros(len(pairs), LENGTH)
        for p, (_, items, _, _) in enumerate(pairs):
            history[p, : len(items)] = torch.tensor(items)
            mask[p, : len(items)] = 1
        target = self.items(torch.tensor([candidate for _, _, candidate, _ in pairs]))
        # A softmax over nothing is none: FuxiCTR's spreads over the padding, whose embedding is 0.
        sequence = self.items(history) * mask.unsqueeze(-1)
        pooled = self.attention(target, sequence, mask)
        user = self.tables["user"][torch.tensor([user for user, _, _, _ in pairs])]
        return self.mlp(torch.cat([user, target, pooled], -1))[:, 0]


def names_of(model, o):
    """Our name of each parameter and statistic of theirs, and whether its matrix is ours transposed."""
    names = {"tables.user": ("user.id.embedding", False), "tables.item": ("item.id.embedding", False),
             "tables.author": ("item.author.embedding", False)}
    for theirs, ours, layers, kind in (
        ("attention.attention_layer.mlp", "unit", o["unitHidden"], o["unitActivation"]),
        ("mlp.mlp", "mlp", o["hidden"], o["activation"]),
    ):
        out = "unit.out" if ours == "unit" else "out"
        for i in range(len(layers) + 1):
            name = f"{ours}.{i + 1}" if i < len(layers) else out
            names |= {f"{theirs}.{2 * i}.weight": (f"{name}.weight", True), f"{theirs}.{2 * i}.bias": (f"{name}.bias", False)}
            if i < len(layers) and kind != "relu":
                alpha = "alpha" if kind == "dice" else "weight"
                names[f"{theirs}.{2 * i + 1}.{alpha}"] = (f"{name}.alpha", False)
    assert set(names) == {name for name, _ in model.named_parameters()}
    return names


def run(name, change):
    o = {**DEFAULTS, **change}
    model = Din(o)
    names = names_of(model, o)
    parameters = dict(model.named_parameters())
    weights, directions = {}, {}
    for v, theirs in enumerate(sorted(names)):
        ours, transposed = names[theirs]
        place = lambda value: value.T if transposed else value
        shape = list(place(parameters[theirs]).shape)
        amplitude, offset = (0.2, 0.25) if ours.endswith("alpha") else (0.7, 0.0)
        with torch.no_grad():
            parameters[theirs].copy_(place(wave(v, shape, amplitude, offset)))
        directions[theirs] = place(wave(50 + v, shape, 1.0, 0.0))
        weights[ours] = dict(shape=shape, v=v, amplitude=amplitude, offset=offset)
    dices = {}
    for part, ours in ((model.attention.attention_layer, "unit"), (model.mlp, "mlp")):
        found = [layer for layer in part.mlp if isinstance(layer, Dice)]
        for i, dice in enumerate(found):
            dice.bn.running_mean.copy_(wave(20 + i, [dice.bn.num_features], 0.3, 0.1))
            dice.bn.running_var.copy_(wave(30 + i, [dice.bn.num_features], 0.3, 0.8))
            dices[f"{ours}.{i + 1}.statistics"] = dice.bn
    statistics = lambda: {ours: [*bn.running_mean.tolist(), *bn.running_var.tolist()] for ours, bn in dices.items()}
    before = statistics()
    model.eval()
    logits = model(PAIRS)
    model.train()
    labels = torch.tensor([float(label) for _, _, _, label in PAIRS[:TRAINED]])
    loss_of = lambda: torch.nn.functional.binary_cross_entropy_with_logits(model(PAIRS[:TRAINED]), labels)
    loss = loss_of()
    after = statistics()
    loss.backward()
    for theirs, direction in directions.items():
        weights[names[theirs][0]]["slope"] = float((parameters[theirs].grad * direction).sum())
    with torch.no_grad():
        for parameter in parameters.values():
            parameter -= RATE * parameter.grad
    return dict(name=name, options=o, weights=weights, statistics=before, logits=logits.tolist(), loss=loss.item(),
                statisticsAfter=after, lossAfter=loss_of().item())


json.dump(dict(users=USERS, items=ITEMS, authors=AUTHORS, author=AUTHOR, length=LENGTH, factors=K, rate=RATE, pairs=PAIRS,
               trained=TRAINED, cases=[run(name, change) for name, change in CASES.items()]),
          sys.stdout, separators=(",", ":"))
print()
