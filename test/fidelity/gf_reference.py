"""An independent GF in float64, by dense matrices, to check ours against.

    python test/fidelity/gf_reference.py > test/fidelity/gf.json

Needs numpy alone. Written from the equations of docs/models/gf.md, those of the interactions being Turbo-CF's; nothing here is
taken from src/. Vectors come from a formula that the test repeats; the file holds the log, the options of each case and all scores.
"""

import json

import numpy as np

USERS, ITEMS = 7, 12
# User 4 has nothing, user 5 one item that nobody else has. Nobody has items 9, 10 and 11.
CHOSEN = [[0, 1, 3], [1, 2, 8], [4, 2, 0, 3, 5], [5, 1], [], [7], [1, 3, 6, 0]]
FEATURES = dict(cover=(3, 11), sound=(4, 12))  # width, phase
WITHOUT = dict(cover=[4, 10], sound=[0])  # items that have no vector
CASES = [
    dict(userExponent=0.5, itemExponent=0, profileExponent=0.25),
    dict(userExponent=0.6, itemExponent=0.4, profileExponent=0, power=0.7),
    dict(userExponent=0.3, itemExponent=0.2, profileExponent=0.4, content=["cover", "sound"], contentNeighbours=2, contentWeight=2),
    dict(userExponent=1, itemExponent=0, profileExponent=1, power=1.4, content=["sound"], contentNeighbours=50, contentWeight=0.5),
]
DEFAULTS = dict(power=1, content=[], contentNeighbours=10, contentWeight=3)


def wave(rows, width, phase):
    """sin(phase + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(rows * width, dtype=np.float64)
    return np.sin(phase + 0.7 * n + 0.013 * n * n).reshape(rows, width)


def vectors(name):
    width, phase = FEATURES[name]
    x = wave(ITEMS, width, phase)
    x[WITHOUT[name]] = 0
    return x


def content_graph(name, neighbours, warm):
    x = vectors(name)
    has = np.any(x != 0, axis=1)
    x = x - x[has & warm].mean(axis=0)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    c = np.zeros((ITEMS, ITEMS))
    for i in np.flatnonzero(has):
        others = [j for j in np.flatnonzero(has) if j != i]
        nearest = sorted(others, key=lambda j: -(x[i] @ x[j]))[:neighbours]
        for j in nearest:
            c[i, j] = max(0, x[i] @ x[j])
        if c[i].sum() > 0:
            c[i] /= c[i].sum()
    return (c + c.T) / 2


def scores(userExponent, itemExponent, profileExponent, power, content, contentNeighbours, contentWeight):
    r = np.zeros((USERS, ITEMS))
    for user, items in enumerate(CHOSEN):
        r[user, items] = 1
    warm = r.sum(axis=0) > 0
    of_users, of_items = np.maximum(r.sum(axis=1), 1), np.maximum(r.sum(axis=0), 1)
    normal = np.diag(of_users**-userExponent) @ r @ np.diag(of_items**-itemExponent)
    p = (normal.T @ normal) ** power
    filtered = np.diag(of_items**-profileExponent) @ p
    s = r @ filtered
    if content:
        unit = np.diag(filtered)[warm].mean()
        q = sum(content_graph(name, contentNeighbours, warm) for name in content)
        s = s + contentWeight * unit * (r @ q)
    return s


print(
    json.dumps(
        dict(
            items=ITEMS,
            chosen=CHOSEN,
            features=[dict(name=n, width=w, phase=p, without=WITHOUT[n]) for n, (w, p) in FEATURES.items()],
            cases=[
                dict(options=options, scores=np.round(scores(**{**DEFAULTS, **options}), 8).tolist()) for options in CASES
            ],
        )
    )
)
