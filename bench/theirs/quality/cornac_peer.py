"""Cornac's BPR (C++) and WMF (TensorFlow) on our split."""

import time
from importlib.metadata import version

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR, WMF
from one_run import Epochs, export, save, serve_run, settings
from ranks import Log, Ranking, ndcg

log = Log(export)
data = Dataset.build([(u, i, 1.0) for u, i in log.parts["train"].tolist()], seed=settings["seed"])
known = list(data.iid_map)
users_of = np.full(len(log.users), -1)
users_of[list(data.uid_map)] = list(data.uid_map.values())


def vectors(model):
    if settings["model"] == "BPR":
        return model.u_factors, model.i_factors, model.i_biases
    return model.U, model.V, np.zeros(len(model.V))


def scorer(user, item, bias):
    """An item without a train row has no vector in Cornac and scores 0 here."""

    def scores(users):
        found = np.zeros((len(users), len(log.items)), np.float32)
        found[:, known] = (user[users_of[users]] @ item.T + bias)[:, list(data.iid_map.values())]
        return found

    return scores


def train():
    once = settings["at_once"]  # epochs that one call of `fit` takes
    model = None
    best = []

    def step(epoch):
        nonlocal model
        seed = settings["seed"] * 1000 + epoch
        if settings["model"] == "BPR":
            if model is None:
                model = BPR(max_iter=once, seed=seed, num_threads=1, **settings["config"])
            model.seed = seed  # another draw than before; it goes on from its vectors
        else:  # its optimizer does not outlive a call, so a longer training begins anew
            model = WMF(max_iter=epoch * once, seed=settings["seed"], verbose=False, **settings["config"])
        model.fit(data)

    validation = Ranking(log, "valid", settings.get("validationUsers"))
    epochs = Epochs(
        step,
        lambda: ndcg(validation.ranks(scorer(*vectors(model)))),
        lambda: best.__setitem__(slice(None), [np.copy(part) for part in vectors(model)]),
        cap=settings["epochs"],
        patience=settings["patience"],
    )
    began = time.perf_counter()
    save(**Ranking(log, "test").ranks(scorer(*best)))
    seconds = time.perf_counter() - began
    report = epochs.report()
    per_call = [once * (n if settings["model"] == "WMF" else 1) for n in range(1, report["epochs"] + 1)]
    report["secondsPerEpoch"] = float(np.median(np.divide(epochs.seconds, per_call)))
    for name in ("epochs", "bestEpoch"):
        report[name] *= once
    return {**report, "scoreAndRankSeconds": seconds, "parts": log.counts()}


serve_run(train, {"cornac": version("cornac")})
