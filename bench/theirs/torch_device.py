"""Torch on the GPU where one is visible, else on as many threads as asked for."""

import torch

from side import settings

torch.set_num_threads(settings["threads"])
torch.manual_seed(1)

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
device_name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
versions = {"torch": torch.__version__}


def wait():
    """Until the device has done everything; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize()
