"""Steps of a table with sparse gradients and SparseAdam: the same loss as ours/table.mjs."""

import time

import numpy as np
import torch

from side import serve, settings
from torch_device import device, device_name, versions, wait

rows, touched, steps = settings["rows"], settings["touched"], settings["steps"]
table = torch.nn.Embedding(rows, settings["width"], sparse=True, device=device)
torch.nn.init.zeros_(table.weight)
optimizer = torch.optim.SparseAdam(table.parameters(), lr=1e-3)
random = np.random.default_rng(1)


def run():
    batches = [torch.from_numpy(random.choice(rows, touched, replace=False)).to(device) for _ in range(steps)]
    wait()
    total = 0.0
    began = time.perf_counter()
    for ids in batches:
        loss = (table(ids) - 1).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()  # ours reads it, too
    wait()
    return {"seconds": time.perf_counter() - began, "examples": steps, "checks": {"loss": total / steps}}


serve(run, device_name, versions)
