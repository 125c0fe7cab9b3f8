"""Half sweeps of alternating least squares by implicit itself on a tiny log, to check WMF against.

    python test/fidelity/implicit_reference.py > test/fidelity/implicit.json

Needs implicit 0.7.3 (bench/theirs/requirements-implicit.txt). Calls its solvers `least_squares`
(Cholesky) and `least_squares_cg`. In implicit the value
of a cell is its confidence as a whole, so what counts 1 + alpha here has the value 1 + alpha there. The objective is the paper's
sum over all cells, written out. Item vectors come from a formula that the test repeats.
"""

import json

import numpy as np
import scipy.sparse as sp
from implicit.cpu.als import least_squares, least_squares_cg

USERS, ITEMS, WIDTH = 5, 7, 3
CHOSEN = [[0, 1, 3], [1, 2], [], [3, 4, 0, 2, 5], [5]]  # user 2 and item 6 have nothing
CASES = [(4.0, 0.5), (40.0, 0.01), (0.5, 3.0)]
STEPS = [(4.0, 0.5, 1), (40.0, 0.01, 2)]  # of conjugate gradients, fewer than would solve three unknowns


def start():
    """0.3 sin(3 + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(ITEMS * WIDTH, dtype=np.float64)
    return (0.3 * np.sin(3 + 0.7 * n + 0.013 * n * n)).reshape(ITEMS, WIDTH)


def case(alpha, weight, steps=None):
    def solve(*given):
        if steps is None:
            least_squares(*given, weight, num_threads=1)
        else:
            least_squares_cg(*given, weight, num_threads=1, cg_steps=steps)

    y = np.zeros((USERS, ITEMS))
    for user, items in enumerate(CHOSEN):
        y[user, items] = 1
    confidence = sp.csr_matrix(y * (1 + alpha))
    users, items = np.zeros((USERS, WIDTH)), start()
    items[-1] = 0
    sweeps = []
    for _ in range(3):
        solve(confidence, users, items)
        solve(confidence.T.tocsr(), items, users)
        squares = (1 + alpha * y) * (y - users @ items.T) ** 2
        objective = squares.sum() + weight * ((users**2).sum() + (items**2).sum())
        sweeps.append(
            dict(users=np.round(users, 8).tolist(), items=np.round(items, 8).tolist(), objective=float(objective))
        )
    solver = dict(solver="conjugateGradients", steps=steps) if steps else dict(solver="exact")
    return dict(alpha=alpha, l2Weight=weight, **solver, sweeps=sweeps)


print(json.dumps(dict(users=USERS, items=ITEMS, width=WIDTH, chosen=CHOSEN, cases=[case(*c) for c in CASES + STEPS])))
