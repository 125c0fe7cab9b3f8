"""Updates of BPR by Cornac itself, couple after couple in a fixed order, to check BPR (update: couple) against.

    python test/fidelity/cornac_reference.py > test/fidelity/cornac.json

Needs Cornac 3.0.1 (bench/theirs/requirements-cornac.txt). Cornac draws couples at random; here its own `_fit_sgd` is called once a
couple, on a log of that positive alone with that negative alone to draw, so that it must take them. In float64. The start is a
formula that the test repeats. `losses` are -log sigmoid of the difference that `BPR.score` gives before each update.
"""

import json

import numpy as np
from cornac.models import BPR
from cornac.models.bpr.recom_bpr import RNGVector

USERS, ITEMS, WIDTH = 4, 6, 3
# [user, positive, negative]
COUPLES = [
    [0, 0, 5], [1, 2, 0], [0, 1, 3], [3, 4, 2], [2, 5, 1], [0, 0, 4], [1, 1, 5], [3, 4, 0], [2, 3, 2], [0, 1, 5], [1, 2, 4],
]
CASES = [
    dict(rate=0.1, reg=0.02, bias=True),
    dict(rate=0.1, reg=0.02, bias=False),
    dict(rate=0.7, reg=0.3, bias=True),
]


def start(shape, offset):
    """0.8 sin(offset + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(np.prod(shape), dtype=np.float64)
    return (0.8 * np.sin(offset + 0.7 * n + 0.013 * n * n)).reshape(shape)


def case(rate, reg, bias):
    model = BPR(k=WIDTH, learning_rate=rate, lambda_reg=reg, use_bias=bias, seed=1)
    model.u_factors, model.i_factors = start((USERS, WIDTH), 1), start((ITEMS, WIDTH), 2)
    model.i_biases = start((ITEMS,), 3) if bias else np.zeros(ITEMS)
    losses = []
    for user, positive, negative in COUPLES:
        margin = model.score(user, positive) - model.score(user, negative)
        losses.append(float(np.log1p(np.exp(-margin))))
        one = lambda value: np.array([value], dtype=np.int32)
        indptr = np.array([0] * (user + 1) + [1] * (USERS - user), dtype=np.int32)
        _, skipped = model._fit_sgd(
            RNGVector(1, 0, 1), RNGVector(1, 0, 1), 1, one(user), one(positive), one(negative), indptr,
            model.u_factors, model.i_factors, model.i_biases,
        )
        assert skipped == 0
    rounded = lambda values: [float(f"{value:.10g}") for value in values.ravel()]
    return dict(
        rate=rate, reg=reg, bias=bias, losses=rounded(np.array(losses)),
        users=rounded(model.u_factors), items=rounded(model.i_factors), biases=rounded(model.i_biases),
    )


print(json.dumps(
    dict(users=USERS, items=ITEMS, width=WIDTH, couples=COUPLES, cases=[case(**one) for one in CASES]),
    separators=(",", ":"),
))
