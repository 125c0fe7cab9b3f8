"""Forward and backward of nn.LSTM; the gradient of the sum of all states with respect to weights and input. The thread
setting is the faster of one and as many as asked for, by trying."""

import numpy as np
import torch

from side import fastest, serve, settings
from torch_device import device, device_name, versions, wait

batch, size, length = settings["batch"], settings["size"], settings["length"]


def wave(*shape):
    """The numbers of ours/lstm.mjs."""
    n = np.arange(np.prod(shape), dtype=np.float64)
    return torch.from_numpy(np.sin(1 + 0.7 * n + 0.013 * (n % 1009)).astype(np.float32).reshape(shape)).to(device)


layer = torch.nn.LSTM(size, size).to(device)  # time first, which is a little faster than batch first
with torch.no_grad():
    for parameter, scale in zip(layer.parameters(), (0.1, 0.1, 0.1, 0)):
        parameter.copy_(scale * wave(*parameter.shape))
inputs = wave(batch, length, size).transpose(0, 1).contiguous().requires_grad_()


def step():
    layer.zero_grad()
    inputs.grad = None
    total = layer(inputs)[0].sum()
    total.backward()
    return total


def run():
    for _ in range(settings["steps"]):
        total = step()
    wait()
    checks = {"outputSum": total.item() / batch, "gradientSum": layer.bias_ih_l0.grad.sum().item() / batch}
    return {"examples": settings["steps"] * batch, "checks": checks}


def run_with(threads):
    torch.set_num_threads(threads)
    run()


best = fastest((1, settings["threads"]), run_with)
torch.set_num_threads(best)
serve(run, device_name, versions, threads=best)
