"""Trains THACIL or scores with it, each example with its own history."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from side import fastest, serve, settings
from thacil_model import Thacil
from torch_device import device, device_name, versions, wait

folder = Path(settings["folder"])
LENGTH, BLOCK, CATEGORIES = settings["model"]["historyLength"], settings["model"]["blockSize"], 512


def load(name):
    return np.load(folder / f"{name}.npy")


class Histories:
    """Of each row the last clicks of its user in the train part, oldest first, padded at the end with the padding
    item: all of them, or with `causal` those before the row."""

    def __init__(self, offsets, item, clicked, causal):
        before = np.append(0, np.cumsum(clicked))  # clicks of all rows up to each
        user = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        end = before[:-1] if causal else before[offsets[user + 1]]
        self.padding = len(load("category"))
        self.start, self.end = (
            torch.from_numpy(at).to(device) for at in (np.maximum(before[offsets[user]], end - LENGTH), end)
        )
        self.clicks = torch.from_numpy(np.append(item[clicked], self.padding).astype(np.int64)).to(device)
        self.step = torch.arange(LENGTH, device=device)

    def of(self, rows):
        """[B] rows of the log -> [B, LENGTH]"""
        at = self.start[rows].unsqueeze(1) + self.step
        past = at >= self.end[rows].unsqueeze(1)
        return self.clicks[at.clamp(max=len(self.clicks) - 1)].masked_fill(past, self.padding)


def build():
    features = np.concatenate([load("features"), np.zeros((1, 512), np.float32)])
    category = np.append(load("category"), CATEGORIES).astype(np.int64)
    model = Thacil(torch.from_numpy(features), torch.from_numpy(category), CATEGORIES, LENGTH, BLOCK)
    take_weights(model)
    return model.to(device)


# What our weights are called here, where that differs by more than an underscore.
NAMES = {
    "visual.weight": "visual.cover.weight",
    "category.weight": "category.category.embedding",
    "hidden.weight": "head.hidden.weight",
    "hidden.bias": "head.hidden.bias",
    "head.weight": "head.out.weight",
    "head.bias": "head.out.bias",
    "norm.weight": "norm.gamma",
    "norm.bias": "norm.beta",
}


@torch.no_grad()
def take_weights(model):
    """Begins with our side's initial weights, whose matrices are [in, out]; the padding category stays 0."""
    for name, parameter in model.named_parameters():
        name = NAMES.get(name, name.replace("_level", "Level"))
        value = torch.from_numpy(np.load(folder / "weights" / f"{name}.npy"))
        if name.endswith(".weight"):
            parameter.copy_(value.T)
        elif name.endswith(".embedding"):
            parameter[:-1] = value
            parameter[-1] = 0
        else:
            parameter.copy_(value.reshape(parameter.shape))


offsets, item, label, test = load("offsets"), load("item"), load("label"), load("test") == 1
histories = Histories(offsets, item, (label == 1) & ~test, settings["model"]["historyTarget"] == "causal")
part = torch.from_numpy(np.flatnonzero(test if settings["mode"] == "eval" else ~test)).to(device)
item = torch.from_numpy(item.astype(np.int64)).to(device)
label = torch.from_numpy(label).to(device)
model = build()
checked = part[torch.arange(settings["checked"], device=device) * (len(part) // settings["checked"])]


def logits(rows):
    return model(histories.of(rows), item[rows])


def loss_of(rows):
    return F.binary_cross_entropy_with_logits(logits(rows), label[rows])


def first_step():
    """Of the checked rows: loss without L2, and the norm of its gradient."""
    loss = loss_of(checked)
    loss.backward()
    squares = sum(p.grad.square().sum().item() for p in model.parameters())
    optimizer.zero_grad()
    return {"firstLoss": loss.item(), "gradientNorm": squares**0.5}


def train(size):
    chosen = part[torch.randperm(len(part), device=device)[: settings["examples"]]]
    total = 0.0
    for rows in chosen.split(size):
        loss = loss_of(rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(rows)
    return {"examples": len(chosen), "checks": {"loss": total.item() / len(chosen), **first}}


@torch.inference_mode()
def evaluate(size):
    scores = torch.cat([logits(rows) for rows in checked.split(size)])
    wait()
    checks = {"meanLogit": scores.mean().item(), "meanSquare": scores.square().mean().item()}
    return {"examples": len(checked), "checks": checks}


if settings["mode"] == "train":
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    # Torch's Adam adds weight_decay * w to the gradient: the L2 term of the paper.
    groups = [{"params": matrices, "weight_decay": 5e-5}, {"params": others}]
    optimizer = torch.optim.Adam(groups, lr=1e-3, fused=True)
    first = first_step()
    work = train
else:
    model.eval()
    work = evaluate
size = fastest(settings["batchSizes"], work)
serve(lambda: work(size), device_name, {**versions, "batch": str(size)})
