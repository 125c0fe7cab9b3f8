"""Similar users, and LightGCN's scores, losses and slopes, by RecBole itself on a tiny log, to check ours against.

    python test/fidelity/recbole_reference.py > test/fidelity/recbole.json

Needs recbole 1.2.1 (bench/theirs/requirements-recbole.txt). Calls `ComputeSimilarity`, which its ItemKNN uses with
knn_method: user, and the class LightGCN with a config and a data set that have what it asks for. RecBole has a user and an
item 0 that stand for padding; their embeddings are 0 here and they have no rows. Weights come from a formula that the
test repeats.
"""

import json
from types import SimpleNamespace

import numpy as np
import scipy.sparse as sp
import torch
from recbole.model.general_recommender.itemknn import ComputeSimilarity
from recbole.model.general_recommender.lightgcn import LightGCN

# RecBole fills its graph by a private method that newer versions of scipy have not.
sp.dok_matrix._update = lambda self, entries: self._dict.update(entries)

USERS, ITEMS, WIDTH = 8, 10, 4
# User 6 has one item that nobody else has, user 7 none; item 9 has no row. Repeated rows count once.
CHOSEN = [[0, 1, 2, 3], [1, 2], [0, 2, 3, 4, 5], [3, 4, 5, 6, 7, 0], [5, 6], [1, 6, 7, 2, 5], [8], []]
COUPLES = [(0, 1, 4), (2, 5, 6), (3, 7, 1), (0, 3, 8), (5, 6, 0), (6, 8, 2)]


def wave(v, rows):
    """sin(1 + v + 0.7 n + 0.013 n^2), n counting row-major."""
    n = np.arange(rows * WIDTH, dtype=np.float64)
    return (0.5 * np.sin(1 + v + 0.7 * n + 0.013 * n * n)).reshape(rows, WIDTH)


row = np.repeat(np.arange(USERS), [len(items) for items in CHOSEN])
column = np.concatenate([np.array(items, dtype=int) for items in CHOSEN])
matrix = sp.csr_matrix((np.ones(len(row)), (row, column)), shape=(USERS, ITEMS))

knn = []
for k in (1, 2, 3, USERS):
    _, similar = ComputeSimilarity(matrix, topk=k, method="user").compute_similarity()
    knn.append(dict(neighbours=k, similar=similar.toarray().tolist(), scores=similar.dot(matrix).toarray().tolist()))


def padded(values):
    return torch.tensor(np.vstack([np.zeros((1, WIDTH)), values]))


def lightgcn(layers, weight):
    config = dict(
        USER_ID_FIELD="user", ITEM_ID_FIELD="item", NEG_PREFIX="neg_", device=torch.device("cpu"),
        embedding_size=WIDTH, n_layers=layers, reg_weight=weight, require_pow=True,
    )
    inter = sp.coo_matrix((np.ones(len(row)), (row + 1, column + 1)), shape=(USERS + 1, ITEMS + 1))
    counts = dict(user=USERS + 1, item=ITEMS + 1)
    dataset = SimpleNamespace(num=lambda field: counts[field], inter_matrix=lambda form: inter)
    model = LightGCN(config, dataset).double()
    model.norm_adj_matrix = model.norm_adj_matrix.double()
    with torch.no_grad():
        model.user_embedding.weight.copy_(padded(wave(1, USERS)))
        model.item_embedding.weight.copy_(padded(wave(2, ITEMS)))
    user, positive, negative = (torch.tensor(ids) + 1 for ids in zip(*COUPLES))
    loss = model.calculate_loss(dict(user=user, item=positive, neg_item=negative))
    loss.sum().backward()
    users, items = model.forward()
    return dict(
        layers=layers,
        l2Weight=weight,
        loss=loss.item(),
        scores=(users @ items.T)[1:, 1:].tolist(),
        userGradient=model.user_embedding.weight.grad[1:].tolist(),
        itemGradient=model.item_embedding.weight.grad[1:].tolist(),
    )


def rounded(value):
    return [rounded(v) for v in value] if isinstance(value, list) else round(value, 8) if isinstance(value, float) else value


cases = [lightgcn(layers, weight) for layers, weight in ((1, 0.0), (2, 0.01), (3, 0.1), (4, 0.0))]
result = dict(
    users=USERS, items=ITEMS, width=WIDTH, chosen=CHOSEN, couples=COUPLES, knn=knn, lightgcn=cases,
)
for part in (*knn, *cases):
    for name, value in part.items():
        part[name] = rounded(value)
print(json.dumps(result))
