"""
Expected values of the metrics, worked out with scikit-learn and with plain definitions: run it with
`python3 test/metrics/reference.py > test/metrics/reference.json` (written with Python 3.11, numpy 2.4.6 and
scikit-learn 1.9.1). Expected values under random tie orders are means over all orders, listed one by one.
"""

import json
from itertools import permutations
from math import log2

import numpy as np
from sklearn.metrics import log_loss, ndcg_score, roc_auc_score


def by_user(user, label, score):
    return [(label[user == u], score[user == u]) for u in sorted(set(user))]


def with_scikit_learn(user, label, score):
    users = by_user(user, label, score)
    both = [(y, s) for y, s in users if 0 < y.sum() < len(y)]
    aucs = [roc_auc_score(y, s) for y, s in both]
    values = {
        "auc": roc_auc_score(label, score),
        "logloss": log_loss(label, score),
        "uauc": np.mean(aucs),
        "gauc": np.average(aucs, weights=[len(y) for y, _ in both]),
    }
    for k in (2, 3, 10):
        # scikit-learn averages the gain over ties by default.
        values[f"ndcg@{k}"] = np.mean([ndcg_score([y], [s], k=k) for y, s in users if y.sum() > 0])
    return values


def tie_orders(label, score):
    for order in permutations(range(len(score))):
        if all(score[a] >= score[b] for a, b in zip(order, order[1:])):
            yield [label[row] for row in order]


def over_all_tie_orders(user, label, score):
    users = [(y, s) for y, s in by_user(user, label, score) if y.sum() > 0]

    def expected(measure):
        return np.mean([np.mean([measure(ranked) for ranked in tie_orders(y, s)]) for y, s in users])

    values = {"mrr": expected(lambda r: 1 / (1 + r.index(1)))}
    for k in (2, 3, 10):
        values[f"precision@{k}"] = expected(lambda r: sum(r[:k]) / k)
        values[f"recall@{k}"] = expected(lambda r: sum(r[:k]) / sum(r))
        values[f"f1@{k}"] = expected(
            lambda r: 2 / (k / sum(r[:k]) + sum(r) / sum(r[:k])) if any(r[:k]) else 0
        )
        values[f"hr@{k}"] = expected(lambda r: float(any(r[:k])))
    return values


def strict_auc(label, score):
    return np.mean([[float(p > n) for n in score[label == 0]] for p in score[label == 1]])


def in_the_order_of_the_file(label, score):
    return [y for y, _ in sorted(zip(label, score), key=lambda row: row[1], reverse=True)]


def dialects(user, label, score):
    users = by_user(user, label, score)
    both = [(y, s) for y, s in users if 0 < y.sum() < len(y)]
    shifted = score + 5e-5
    values = {
        "auc:strict": strict_auc(label, score),
        "uauc:strict": np.mean([strict_auc(y, s) for y, s in both]),
        "logloss:frame": -np.mean(label * np.log(shifted + 5e-5))
        - np.mean((1 - label) * np.log(1 - shifted + 5e-5)),
    }
    lists = [in_the_order_of_the_file(y, s) for y, s in both]
    rows = [len(r) for r in lists]

    def pairs_in_order(r):
        positions = range(len(r))
        ordered = sum(r[i] == 1 and r[j] == 0 for i in positions for j in positions if i < j)
        return ordered / (sum(r) * (len(r) - sum(r)))

    values["gauc:thacil"] = np.average([pairs_in_order(r) for r in lists], weights=rows)
    for k in (2, 3, 10):
        precision = [sum(r[:k]) / k for r in lists]
        recall = [sum(r[:k]) / sum(r) for r in lists]
        f1 = [2 * p * r / (p + r) if p + r else 0 for p, r in zip(precision, recall)]
        ndcg = []
        for r in lists:
            ranks = [i + 1 for i, y in enumerate(r[:k]) if y == 1]
            gain = sum(1 / log2(rank + 1) for rank in ranks)
            ndcg.append(gain / (sum(1 / log2(i + 2) for i in range(len(ranks))) + 1e-8))
        values[f"precision@{k}:thacil"] = np.average(precision, weights=rows)
        values[f"recall@{k}:thacil"] = np.average(recall, weights=rows)
        values[f"f1@{k}:thacil"] = np.average(f1, weights=rows)
        values[f"ndcg@{k}:thacil"] = np.average(ndcg, weights=[min(k, n) for n in rows])

        everyone = [in_the_order_of_the_file(y, s) for y, s in users]
        p = np.mean([sum(r[:k]) / min(k, len(r)) for r in everyone])
        r = np.mean([sum(r[:k]) / sum(r) if any(r) else 0 for r in everyone])
        values[f"precision@{k}:alpine"] = p
        values[f"recall@{k}:alpine"] = r
        values[f"f1@{k}:alpine"] = 2 * p * r / (p + r)
        values[f"ndcg@{k}:frame"] = np.mean(
            [sum(y / log2(i + 2) for i, y in enumerate(r[:k])) for r in everyone if any(r)]
        )
    return values


def case(name, user, label, score, methods):
    arrays = np.array(user), np.array(label), np.array(score)
    expected = {key: float(value) for method in methods for key, value in method(*arrays).items()}
    data = dict(zip(("user", "label", "score"), (array.tolist() for array in arrays)))
    return {"name": name, **data, "expected": expected}


# Users 3 and 4 have one class only; 1, 5 and 6 no rows; three users have ties across the classes.
small = case(
    "a small part with ties and one-class users",
    [0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 3, 3, 3, 4, 4, 7, 7, 7, 7, 7],
    [1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 0],
    [0.9, 0.8, 0.8, 0.8, 0.3, 0.2, 0.1, 0.5, 0.5, 0.25, 0.75]
    + [0.6, 0.4, 0.7, 0.3, 0.9, 0.1, 0.35, 0.35, 0.35, 0.05],
    (with_scikit_learn, over_all_tie_orders, dialects),
)
random = np.random.default_rng(1)
larger = case(
    "300 random rows of 12 users, scores of two decimals",
    random.integers(0, 12, 300),
    random.integers(0, 2, 300),
    random.integers(1, 100, 300) / 100,
    (with_scikit_learn, dialects),
)
print(json.dumps([small, larger]))
