"""Cornac's BPR (C++) and NeuMF (its torch backend). `fit` goes on from the weights that it has; a repetition is one
call of it. Cornac splits sampled couples and pairs into epochs as long as the train part."""

from importlib.metadata import version
from pathlib import Path

import cornac
import numpy as np

from side import serve, settings

folder = Path(settings["folder"]) / settings["log"]
users, items = (np.load(folder / f"train{what}.npy") for what in ("User", "Item"))
train = cornac.data.Dataset.build(list(zip(users.tolist(), items.tolist(), [1.0] * len(users))), seed=1)


def fit_bpr():
    bpr.fit(train)
    return {"examples": train.num_ratings * bpr.max_iter, "checks": {"inOrder": in_order()}}


def in_order():
    """Share of couples (a positive, any item) that the model ranks rightly: it has learnt."""
    rng = np.random.default_rng(1)
    users, positives, _ = train.uir_tuple
    rows = rng.integers(len(users), size=20_000)
    negatives = rng.integers(train.num_items, size=len(rows))
    u, score = bpr.u_factors[users[rows]], lambda i: (u * bpr.i_factors[i]).sum(1) + bpr.i_biases[i]
    return float((score(positives[rows]) > score(negatives)).mean())
