"""implicit's ALS, sweep after sweep, on our split."""

import time
from importlib.metadata import version

import numpy as np
import scipy.sparse as sparse
from implicit.cpu.als import AlternatingLeastSquares
from one_run import Epochs, export, save, serve_run, settings
from ranks import Log, Ranking, ndcg

log = Log(export)


def build():
    user, item = log.parts["train"].T
    ones = np.ones(len(user), np.float32)
    shape = len(log.users), len(log.items)
    matrix = sparse.csr_matrix((ones, (user, item)), shape)
    if not settings.get("countRepeats"):
        matrix.data[:] = 1
    model = AlternatingLeastSquares(
        iterations=1, num_threads=settings["threads"], random_state=settings["seed"], **settings["config"]
    )
    return model, matrix


def train():
    model, matrix = build()
    best = {}

    def scores(users):
        return model.user_factors[users] @ model.item_factors.T

    def keep():
        best.update(user=model.user_factors.copy(), item=model.item_factors.copy())

    validation = Ranking(log, "valid", settings.get("validationUsers"))
    epochs = Epochs(
        lambda _: model.fit(matrix, show_progress=False),  # goes on from the factors that it has
        lambda: ndcg(validation.ranks(scores)),
        keep,
        cap=settings["epochs"],
        every=settings.get("every", 1),
        patience=settings["patience"],
    )
    model.user_factors, model.item_factors = best["user"], best["item"]
    began = time.perf_counter()
    save(**Ranking(log, "test").ranks(scores))
    return {**epochs.report(), "scoreAndRankSeconds": time.perf_counter() - began, "parts": log.counts()}


def timed(_scratch):
    model, matrix = build()

    def epoch():
        sweeps = settings.get("sweeps", 1)
        for _ in range(sweeps):
            model.fit(matrix, show_progress=False)
        return {"examples": sweeps * matrix.nnz, "checks": {"rows": sweeps * matrix.nnz}}

    return {"epoch": epoch}


serve_run(train, {"implicit": version("implicit"), "numpy": np.__version__}, timed=timed)
