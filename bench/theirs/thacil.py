"""Trains THACIL or scores with it, each example with its own history."""

import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from side import serve, settings
from thacil_model import Thacil
from torch_device import device, device_name, versions, wait

folder = Path(settings["folder"])
LENGTH, CATEGORIES = 160, 512


def load(name):
    return np.load(folder / f"{name}.npy")


def history_matrix(offsets, item, clicked):
    """Each user's last clicks of the train part, oldest first, padded at the end with the padding item. [users, LENGTH]"""
    users = len(offsets) - 1
    clicks = np.flatnonzero(clicked)
    user = np.repeat(np.arange(users), np.diff(offsets))[clicks]
    counts = np.bincount(user, minlength=users)
    from_end = counts.cumsum()[user] - np.arange(len(clicks)) - 1
    position = np.minimum(counts, LENGTH)[user] - 1 - from_end
    matrix = np.full((users, LENGTH), len(load("category")))
    matrix[user[position >= 0], position[position >= 0]] = item[clicks][position >= 0]
    return matrix


def build():
    features = np.concatenate([load("features"), np.zeros((1, 512), np.float32)])
    category = np.append(load("category"), CATEGORIES).astype(np.int64)
    model = Thacil(torch.from_numpy(features), torch.from_numpy(category), CATEGORIES)
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
histories = torch.from_numpy(history_matrix(offsets, item, (label == 1) & ~test)).to(device)
part = test if settings["mode"] == "eval" else ~test
user = torch.from_numpy(np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[part]).to(device)
item = torch.from_numpy(item.astype(np.int64)[part]).to(device)
label = torch.from_numpy(label[part]).to(device)
model = build()
size = settings.get("batchSize")


def train():
    order = torch.randperm(len(item), device=device)[: settings["steps"] * size]
    total = 0.0
    for rows in order.split(size):
        loss = F.binary_cross_entropy_with_logits(model(histories[user[rows]], item[rows]), label[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach()
    return {"examples": len(order), "checks": {"loss": total.item() / settings["steps"]}}


@torch.inference_mode()
def evaluate():
    every = len(item) // settings["checked"]
    chosen = torch.arange(settings["checked"], device=device) * every
    logits = torch.cat([model(histories[user[rows]], item[rows]) for rows in chosen.split(size)])
    wait()
    checks = {"meanLogit": logits.mean().item(), "meanSquare": logits.square().mean().item()}
    return {"examples": len(chosen), "checks": checks}


def seconds_of(batch_size):
    """Of scoring by so many pairs at a time."""
    global size
    size = batch_size
    began = time.perf_counter()
    evaluate()
    return time.perf_counter() - began


if settings["mode"] == "train":
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    # Torch's Adam adds weight_decay * w to the gradient: the L2 term of the paper.
    groups = [{"params": matrices, "weight_decay": 5e-5}, {"params": others}]
    optimizer = torch.optim.Adam(groups, lr=1e-3, fused=True)
    serve(train, device_name, versions)
else:
    model.eval()
    size = min((64, 256, 2048), key=seconds_of)
    serve(evaluate, device_name, {**versions, "batch": str(size)})
