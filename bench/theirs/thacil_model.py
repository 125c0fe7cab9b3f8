"""THACIL (Chen et al., MM 2018) in PyTorch, one history per example, the equations as ours has them
(docs/models/thacil.md): no dropout, the first block receives nothing."""

import torch
from torch import nn
from torch.nn import functional as F

MASKED = -(2.0**32)


class AdditiveAttention(nn.Module):
    """relu(x Wx + q Wq + b) W, one score a channel of x."""

    def __init__(self, x, q):
        super().__init__()
        self.x, self.q, self.out = nn.Linear(x, x), nn.Linear(q, x), nn.Linear(x, x)

    def forward(self, x, q):
        return self.out(F.relu(self.x(x) + self.q(q)))


def softmax_pool(scores, values, mask, dim):
    """Feature-wise: softmax over `dim` for each channel."""
    return (scores.masked_fill(~mask, MASKED).softmax(dim) * values).sum(dim)


class BlockAttention(nn.Module):
    """What each block receives from earlier ones: additive scores with one matrix for all heads."""

    def __init__(self, width, heads, blocks):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.out = nn.Parameter(torch.empty(width // heads, width // heads))
        self.bias = nn.Parameter(torch.empty(width // heads))
        self.heads = heads
        self.register_buffer("before", torch.ones(blocks, blocks, dtype=torch.bool).tril(-1))

    def forward(self, x, valid):
        z = self.query(x).unsqueeze(2) + self.key(x).unsqueeze(1)
        z = z.unflatten(-1, (self.heads, -1)) + self.bias
        scores = ((z / 5).tanh() * 5 @ self.out).flatten(-2)
        allowed = (self.before & valid.unsqueeze(1)).unsqueeze(-1)
        return softmax_pool(scores, self.value(x).unsqueeze(1) * allowed, allowed, 2)


class Thacil(nn.Module):
    def __init__(self, features, category, categories, length=160, block=20, size=64, heads=8, hidden=128):
        """features [items + 1, 512] and category [items + 1], the last row of each for padding"""
        super().__init__()
        width = 2 * size
        self.block = block
        self.register_buffer("features", features)
        self.register_buffer("category_of", category)
        self.visual = nn.Linear(features.shape[1], size, bias=False)
        self.category = nn.Embedding(categories + 1, size, padding_idx=categories)
        self.category_level = AdditiveAttention(size, size)
        self.item_level = AdditiveAttention(size, size)
        self.blocks = BlockAttention(width, heads, length // block)
        self.norm = nn.LayerNorm(width, eps=1e-8)
        self.candidate = AdditiveAttention(width, width)
        self.hidden, self.head = nn.Linear(2 * width, hidden), nn.Linear(hidden, 1)

    def forward(self, history, candidate):
        """history [B, n] padded at the end, candidate [B] -> logits [B]"""
        parts = (-1, self.block)
        valid = (history < len(self.features) - 1).unflatten(1, parts)  # [B, m, k]
        f = self.visual(self.features[history]).unflatten(1, parts)
        c = self.category(self.category_of[history]).unflatten(1, parts)
        l_c = softmax_pool(self.category_level(c, f), c, valid.unsqueeze(-1), 2)
        l_f = softmax_pool(self.item_level(f, c), f, valid.unsqueeze(-1), 2)
        local = torch.cat([l_f, l_c], -1)
        filled = valid.any(2)
        u = self.norm(local + self.blocks(local, filled))
        x = torch.cat([self.visual(self.features[candidate]), self.category(self.category_of[candidate])], -1)
        seen = softmax_pool(self.candidate(u, x.unsqueeze(1)), u, filled.unsqueeze(-1), 1)
        return self.head(F.relu(self.hidden(torch.cat([seen, x], -1)))).squeeze(-1)
