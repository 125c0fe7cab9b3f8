"""What the peers on our splits share. For `npm run bench -- quality`: a training run as one repetition of side.py's
protocol, which stops early on validation and leaves what it predicts of the test part in a folder. With the setting
`timed` (comparisons/models.mjs): an epoch or an evaluation as one repetition."""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from side import serve, settings

# Of this run: epochs as they end, and what it predicts.
out = Path(settings["folder"])
# An export by `mvrec data export`, for all runs of a data set.
export = Path(settings["export"]) if "export" in settings else out / settings["log"]


def save(**arrays):
    for name, values in arrays.items():
        np.save(out / f"{name}.npy", values)


class Epochs:
    """Trains until the monitor has not risen for `patience` looks at it, or up to the cap.

    step(epoch) trains one; monitor() is a number, larger is better; keep() is called whenever it is the best yet.
    """

    def __init__(self, step, monitor, keep, *, cap, every=1, patience):
        self.seconds, self.validations, self.evaluation_seconds = [], [], []
        self.best, since = (0, float("-inf")), 0
        with open(out / "epochs.jsonl", "w") as log:
            for epoch in range(1, cap + 1):
                began = time.perf_counter()
                step(epoch)
                self.seconds.append(time.perf_counter() - began)
                if epoch % every and epoch < cap:
                    continue
                began = time.perf_counter()
                value = float(monitor())
                self.evaluation_seconds.append(time.perf_counter() - began)
                self.validations.append([epoch, value])
                print(json.dumps({"epoch": epoch, "valid": value, "seconds": self.seconds[-1]}), file=log, flush=True)
                if value > self.best[1]:
                    self.best, since = (epoch, value), 0
                    keep()
                else:
                    since += 1
                    if since >= patience:
                        break
        self.capped = since < patience

    def report(self):
        """For the answer: the best epoch, whether the cap ended it, seconds of epochs and of looks at validation."""
        return {
            "epochs": len(self.seconds),
            "bestEpoch": self.best[0],
            "bestValidation": self.best[1],
            "capped": self.capped,
            "validations": self.validations,
            "secondsPerEpoch": float(np.median(self.seconds)),
            "validationSeconds": float(np.median(self.evaluation_seconds)),
        }


def serve_run(train, versions, device="CPU", timed=None):
    """train() does everything and returns what is to be known of it; what it saves is read by the other side.

    timed(scratch) builds the model and returns what is timed, by its name in the setting `timed`.
    """
    if "timed" not in settings:
        return serve(lambda: {"examples": 1, **train()}, device, versions)
    with tempfile.TemporaryDirectory() as scratch:
        serve(timed(scratch)[settings["timed"]], device, versions)
