"""Trains ALPINE-Base (Li et al., MM 2019) as published: one pass of both temporal-graph LSTMs over up to T items for
every impression. Reading of the released code: the memory cell of the linked step is that of the step before, scaled
dot attention over the states before the impression, clipped to the first T events."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from side import fastest, serve, settings
from torch_device import device, device_name, versions

folder = Path(settings["folder"])


class Put(torch.autograd.Function):
    """Keeps a step's states in a buffer that later steps pick from; what they send back comes back here."""

    @staticmethod
    def forward(ctx, h, kept, t):
        ctx.kept, ctx.t = kept, t
        kept.states[: len(h), t] = h
        return h.view_as(h)

    @staticmethod
    def backward(ctx, gradient):
        return gradient + ctx.kept.gradient[: len(gradient), ctx.t], None, None


class Pick(torch.autograd.Function):
    """States of linked steps. `before` only tells autograd that these steps come first."""

    @staticmethod
    def forward(ctx, before, kept, edge):
        ctx.kept, ctx.edge = kept, edge
        return kept.states[torch.arange(len(edge), device=edge.device), edge]

    @staticmethod
    def backward(ctx, gradient):
        rows = torch.arange(len(gradient), device=gradient.device)
        ctx.kept.gradient.index_put_((rows, ctx.edge), gradient, accumulate=True)
        return None, None, None


class Kept:
    def __init__(self, like, *shape):
        self.states, self.gradient = like.new_zeros(shape), like.new_zeros(shape)


def cell(gates, c):
    i, f, g, o = gates.chunk(4, -1)
    c = i.sigmoid() * g.tanh() + f.sigmoid() * c
    return o.sigmoid() * c.tanh(), c


class GraphLstm(nn.Module):
    """The main cell reads the step before, the starred one the state that the step's edge points to."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.hidden = hidden
        self.input = nn.Linear(inputs, 8 * hidden)
        self.main = nn.Linear(hidden, 4 * hidden, bias=False)
        self.star = nn.Linear(hidden, 4 * hidden, bias=False)

    def forward(self, x, edge, lengths):
        """x [B, T, I], edge [B, T], rows by falling length -> [B, T, H], 0 past a row's end"""
        total = x.shape[1]
        alive = (lengths.unsqueeze(0) > torch.arange(total, device=x.device).unsqueeze(1)).sum(1).tolist()
        # Time first, so that a step is one piece of memory; unbound, so that a step's gradient is no larger than a step.
        gates = self.input(x.transpose(0, 1)).unbind()
        kept = Kept(x, len(x), total, self.hidden)
        h = c = c_star = x.new_zeros(len(x), self.hidden)
        states = []
        for t in range(total):
            n = alive[t]
            if n == 0:
                break
            main, star = gates[t][:n].chunk(2, -1)
            linked = Pick.apply(h, kept, edge[:n, t]) if t > 0 else h
            h_main, c = cell(main + self.main(h[:n]), c[:n])
            h_star, c_star = cell(star + self.star(linked[:n]), c_star[:n])
            h = Put.apply(h_main + h_star, kept, t)
            states.append(F.pad(h, (0, 0, 0, len(x) - n)))
        return torch.stack(states, 1) if states else kept.states


class Branch(nn.Module):
    """An encoder, scaled dot attention and a head for one kind of list."""

    def __init__(self, width=64, hidden=128):
        super().__init__()
        self.encoder = GraphLstm(width, width)
        self.hidden, self.out = nn.Linear(2 * width, hidden), nn.Linear(hidden, 1)

    def forward(self, x, edge, lengths, candidate):
        order = lengths.argsort(descending=True)
        states = self.encoder(x[order], edge[order], lengths[order])
        query, length = candidate[order], lengths[order].unsqueeze(1)
        scores = (states @ query.unsqueeze(2)).squeeze(2) / states.shape[2] ** 0.5
        past = torch.arange(states.shape[1], device=x.device) >= length
        weights = scores.masked_fill(past, -(2.0**32)).softmax(1) * (length > 0)
        interest = (weights.unsqueeze(1) @ states).squeeze(1)
        y = self.out(F.relu(self.hidden(torch.cat([interest, query], 1)))).squeeze(1)
        return torch.empty_like(y).index_copy(0, order, y)


KINDS = {"positive": 0.58, "negative": 0.18}


def load(name):
    return torch.from_numpy(np.load(folder / f"{name}.npy")).to(device)


data = {name: load(name) for name in ("user", "item", "label", "features")}
lists = {kind: (load(kind), load(f"{kind}Edges").long(), load(f"{kind}Length")) for kind in KINDS}
branches = nn.ModuleDict({kind: Branch() for kind in KINDS}).to(device)


def take_weights(kind, branch):
    w = {path.stem: load(f"weights/{path.stem}") for path in (folder / "weights").glob(f"{kind}.*.npy")}
    both = [(f"{kind}.main.{name}", f"{kind}.star.{name}") for name in ("input", "bias")]
    with torch.no_grad():
        branch.encoder.input.weight.copy_(torch.cat([w[name] for name in both[0]], 1).T)
        branch.encoder.input.bias.copy_(torch.cat([w[name] for name in both[1]]))
        branch.encoder.main.weight.copy_(w[f"{kind}.main.state"].T)
        branch.encoder.star.weight.copy_(w[f"{kind}.star.state"].T)
        for layer, name in ((branch.hidden, "head.hidden"), (branch.out, "head.out")):
            layer.weight.copy_(w[f"{kind}.{name}.weight"].T)
            layer.bias.copy_(w[f"{kind}.{name}.bias"])


def logits(rows):
    user, candidate = data["user"][rows], data["features"][data["item"][rows]]
    total = 0
    for kind, share in KINDS.items():
        items, edges, lengths = lists[kind]
        x = data["features"][items[user]]
        total = total + share * branches[kind](x, edges[user], lengths[rows], candidate)
    return total


def train(size):
    total = 0.0
    chosen = torch.randperm(len(data["item"]), device=device)[: settings["examples"]]
    for rows in chosen.split(size):
        loss = F.binary_cross_entropy_with_logits(logits(rows), data["label"][rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows) / len(chosen)
    return {"examples": len(chosen), "checks": {"startLogit": start_logit, "loss": total}}


for kind, branch in branches.items():
    take_weights(kind, branch)
matrices = [layer.weight for branch in branches.values() for layer in (branch.hidden, branch.out)]
others = [p for p in branches.parameters() if all(p is not matrix for matrix in matrices)]
optimizer = torch.optim.Adam([{"params": matrices, "weight_decay": 5e-5}, {"params": others}], fused=True)
with torch.no_grad():
    first = torch.arange(int((data["user"] == 0).sum()), device=device)
    start_logit = torch.cat([logits(rows) for rows in first.split(64)]).mean().item()
size = fastest(settings["batchSizes"], train)
serve(lambda: train(size), device_name, {**versions, "batch": str(size)})
