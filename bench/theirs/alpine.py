"""Trains ALPINE-Base (Li et al., MM 2019) as published: one pass of both temporal-graph LSTMs over up to T items for
every impression. Reading of the released code: the memory cell of the linked step is that of the step before, scaled
dot attention over the states before the impression, clipped to the first T events."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from side import serve, settings
from torch_device import device, device_name, versions

folder = Path(settings["folder"])
size = settings["batchSize"]


class GraphLstm(nn.Module):
    """States [B, T, H]; the second set of gates reads the state that the edge of each step points to."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.input = nn.Linear(inputs, 8 * hidden)
        self.previous = nn.Linear(hidden, 4 * hidden, bias=False)
        self.linked = nn.Linear(hidden, 4 * hidden, bias=False)
        self.hidden = hidden

    def forward(self, x, edge):
        """x [B, T, I], edge [B, T] -> [B, T, H]"""
        rows = torch.arange(len(x), device=x.device)
        h = c = c_linked = h_linked = x.new_zeros(len(x), self.hidden)
        states = []
        for t, (direct, linked) in enumerate(p.chunk(2, -1) for p in self.input(x).unbind(1)):
            if t > 0:
                h_linked = torch.stack(states, 1)[rows, edge[:, t]]
            h_direct, c = cell(direct + self.previous(h), c)
            h_star, c_linked = cell(linked + self.linked(h_linked), c_linked)
            h = h_direct + h_star
            states.append(h)
        return torch.stack(states, 1)


def cell(gates, c):
    i, f, o, u = gates.chunk(4, -1)
    c = i.sigmoid() * u.tanh() + f.sigmoid() * c
    return o.sigmoid() * c.tanh(), c
