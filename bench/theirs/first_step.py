"""The first step that both sides must agree on: the couples of ours/firstStep.mjs, our initial weights."""

import numpy as np
import torch


def checked_couples(folder, count):
    """Users and items of rows of the train part, evenly spread, and items of rows half the part further on."""
    user, item = (np.load(folder / f"train{column}.npy").astype(np.int64) for column in ("User", "Item"))
    rows = np.arange(count) * (len(item) // count)
    return user[rows], item[rows], item[(rows + len(item) // 2) % len(item)]


@torch.no_grad()
def take_linear(weights, layers):
    """layers: by the names of ours, whose matrices are [in, out]"""
    for name, layer in layers.items():
        weight, bias = (torch.from_numpy(np.load(weights / f"{name}.{part}.npy")) for part in ("weight", "bias"))
        layer.weight.copy_(weight.T)
        layer.bias.copy_(bias)


def gradient_norm(model):
    """Of all weights together."""
    return sum(p.grad.square().sum().item() for p in model.parameters() if p.grad is not None) ** 0.5
