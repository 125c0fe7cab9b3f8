"""Where the items to be found stand among others, from their scores: what ours measures ranking metrics from. In the full
ranking all items are scored. Hidden are the user's items of the parts before, unless they are to be found themselves; items that
score the same are counted, so that no order of theirs is favoured."""

import numpy as np


def _columns(path, count):
    with open(path) as file:
        next(file)
        return [line.rstrip("\n").split("\t")[:count] for line in file]


class Log:
    """An export for RecBole of positives: users, items and the parts' rows as numbers, identifiers in `users`, `items`."""

    def __init__(self, export):
        config = next(export.glob("*.yaml"))
        self.name = config.stem
        self.folder = export / self.name
        self.users = [row[0] for row in _columns(self.folder / f"{self.name}.user", 1)]
        self.items = [row[0] for row in _columns(self.folder / f"{self.name}.item", 1)]
        user_number = {user: i for i, user in enumerate(self.users)}
        item_number = {item: i for i, item in enumerate(self.items)}
        self.parts = {
            part: np.array(
                [
                    (user_number[u], item_number[i])
                    for u, i in _columns(self.folder / f"{self.name}.{part}.inter", 2)
                ],
                np.int64,
            ).reshape(-1, 2)
            for part in ("train", "valid", "test")
        }

    def counts(self):
        return {part: len(rows) for part, rows in self.parts.items()}


def _sets(rows):
    sets = {}
    for user, item in rows.tolist():
        sets.setdefault(user, set()).add(item)
    return sets


class Ranking:
    """The full ranking of a part; `sample` of its users, a fixed draw, where all would take too long."""

    def __init__(self, log, part, sample=None):
        before = ["train"] if part == "valid" else ["train", "valid"]
        wanted = _sets(log.parts[part])
        known = _sets(np.concatenate([log.parts[name] for name in before]))
        users = np.array(sorted(wanted))
        if sample and sample < len(users):
            users = np.sort(np.random.default_rng(1).choice(users, sample, replace=False))
        self.users, self.items = users, len(log.items)
        self.wanted = [np.array(sorted(wanted[u])) for u in users.tolist()]
        self.hidden = [np.array(sorted(known.get(u, set()) - wanted[u]), np.int64) for u in users.tolist()]

    def ranks(self, scores, at_once=256):
        """scores(users [B]) -> [B, items]; the answer is `Ranks` of src/metrics."""
        above, tied = [], []
        for first in range(0, len(self.users), at_once):
            some = slice(first, first + at_once)
            found = np.array(scores(self.users[some]), np.float32)
            if found.shape != (len(self.users[some]), self.items) or np.isnan(found).any():
                raise ValueError(f"scores of shape {found.shape}, or NaN")
            for row, hidden in zip(found, self.hidden[some]):
                row[hidden] = -np.inf
            for row, wanted in zip(found, self.wanted[some]):
                for score in row[wanted]:
                    above.append(np.count_nonzero(row > score))
                    tied.append(np.count_nonzero(row == score))
        return {
            "user": np.arange(len(self.users), dtype=np.int32),
            "candidates": np.array([self.items - len(hidden) for hidden in self.hidden], np.int32),
            "offsets": np.cumsum([0, *map(len, self.wanted)]).astype(np.int32),
            "above": np.array(above, np.int32),
            "tied": np.array(tied, np.int32),
        }


class SampledRanking:
    """Each item to be found among others, drawn uniformly from those that are in no row of the user, in whatever part."""

    def __init__(self, log, part, negatives, most=None):
        """most: rows, the first of the part."""
        observed = _sets(np.concatenate(list(log.parts.values())))
        draw = np.random.default_rng(1)
        self.users, found = log.parts[part][:most].T
        if negatives + max(map(len, observed.values())) > len(log.items):
            raise ValueError(f"some user has fewer than {negatives} other items")
        self.items = np.empty((len(found), 1 + negatives), np.int64)
        self.items[:, 0] = found
        for row, user in zip(self.items, self.users.tolist()):
            seen = observed[user]
            drawn = draw.choice(len(log.items), negatives + len(seen), replace=False)
            row[1:] = [item for item in drawn.tolist() if item not in seen][:negatives]

    def ranks(self, scores, at_once=256):
        """scores(users [B], items [B, n]) -> [B, n]; the answer is `Ranks` of src/metrics."""
        above, tied = [], []
        for first in range(0, len(self.users), at_once):
            some = slice(first, first + at_once)
            found = scores(self.users[some], self.items[some])
            if found.shape != self.items[some].shape or np.isnan(found).any():
                raise ValueError(f"scores of shape {found.shape}, or NaN")
            above.append(np.count_nonzero(found > found[:, :1], axis=1))
            tied.append(np.count_nonzero(found == found[:, :1], axis=1))
        lists, length = self.items.shape
        return {
            "user": np.arange(lists, dtype=np.int32),
            "candidates": np.full(lists, length, np.int32),
            "offsets": np.arange(lists + 1, dtype=np.int32),
            "above": np.concatenate(above).astype(np.int32),
            "tied": np.concatenate(tied).astype(np.int32),
        }


def ndcg(ranks, k=10):
    """NDCG@k for early stopping: a tied item stands in the middle of its equals. What is reported, ours measures."""
    place = ranks["above"] + (ranks["tied"] - 1) / 2
    gains = np.where(place < k, 1 / np.log2(place + 2), 0)
    found = np.add.reduceat(gains, ranks["offsets"][:-1])
    ideal = np.cumsum(1 / np.log2(np.arange(k) + 2))
    return float((found / ideal[np.minimum(np.diff(ranks["offsets"]), k) - 1]).mean())
