"""Cornac's BPR (C++, one thread) and NeuMF (its torch backend). A repetition is a call of `fit`: BPR goes on from the
vectors that it has, NeuMF begins anew. Repeated rows count once, as Cornac reads them."""

import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR, NeuMF

from side import serve, settings

folder = Path(settings["folder"]) / settings["log"]
rows = [np.load(folder / f"train{column}.npy").tolist() for column in ("User", "Item")]
train = Dataset.build([(user, item, 1.0) for user, item in zip(*rows)], seed=1)


def share_in_order(score):
    """Share of couples (a train row's item, any item) that the model ranks rightly."""
    rng = np.random.default_rng(1)
    users, items, _ = train.uir_tuple
    chosen = rng.integers(len(users), size=20_000)
    others = rng.integers(train.num_items, size=len(chosen))
    return float((score(users[chosen], items[chosen]) > score(users[chosen], others)).mean())


def serve_fits(model, pairs, score, **about):
    """pairs: that one call of `fit` goes through"""

    def run():
        began = time.perf_counter()
        model.fit(train)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "examples": pairs, "checks": {"inOrder": share_in_order(score)}}

    serve(run, **about)


def serve_bpr():
    model = BPR(
        k=settings["factors"],
        max_iter=settings["epochs"],
        learning_rate=settings["learningRate"],
        lambda_reg=settings["l2"],
        seed=1,  # which also means one thread
    )

    def score(users, items):
        return (model.u_factors[users] * model.i_factors[items]).sum(1) + model.i_biases[items]

    pairs = train.num_ratings * model.max_iter
    serve_fits(model, pairs, score, device="CPU", versions={"cornac": version("cornac")}, threads=1)


def serve_neumf():
    import torch

    import torch_device

    model = NeuMF(
        num_factors=64,
        layers=(128, 64),
        num_epochs=1,
        batch_size=2048,  # positives; as many sampled pairs come on top
        num_neg=1,
        backend="pytorch",
        seed=1,
        verbose=False,
    )

    @torch.no_grad()
    def score(users, items):
        return model.model(*(torch.from_numpy(ids).to(model.device) for ids in (users, items))).cpu().numpy()

    versions = {"cornac": version("cornac"), **torch_device.versions}
    serve_fits(model, 2 * train.num_ratings, score, device=torch_device.device_name, versions=versions)


serve_bpr() if settings["model"] == "BPR" else serve_neumf()
