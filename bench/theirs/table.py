"""Steps of a table with sparse gradients and SparseAdam: the same loss as ours/table.mjs."""

import time

import torch

from side import serve, settings
from torch_device import device, device_name, versions, wait

rows, touched, steps = settings["rows"], settings["touched"], settings["steps"]
table = torch.nn.Embedding(rows, settings["width"], sparse=True, device=device)
torch.nn.init.zeros_(table.weight)
optimizer = torch.optim.SparseAdam(table.parameters(), lr=1e-3)


def run():
    batches = [torch.randperm(rows, device=device)[:touched].clone() for _ in range(steps)]  # not all of each kept
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
