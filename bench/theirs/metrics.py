"""FuxiCTR's evaluator, called as its trainer calls it; for logloss and AUC that is scikit-learn. It starts a pool of
half as many processes as there are cores for the metrics per user, whatever number of threads was asked for."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from fuxictr.metrics import evaluate_metrics

from side import serve, settings

user, label, score = (np.load(Path(settings["folder"]) / f"{name}.npy") for name in ("user", "label", "score"))
# The evaluator's names in ours.
NAMES = {"logloss": "logloss", "AUC": "auc", "gAUC": "gauc", "avgAUC": "uauc"}


def run():
    values = evaluate_metrics(label, score, settings["metrics"], user)
    return {"examples": len(score), "checks": {NAMES[name]: float(value) for name, value in values.items()}}


serve(run, "CPU", {name: version(name) for name in ("fuxictr", "scikit-learn", "polars")})
