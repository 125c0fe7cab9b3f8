"""Parzen densities of Bergstra et al. 2011 with scipy's truncated normals, for tpe.json.

    python tpe_reference.py > tpe.json

Needs numpy and scipy. Written from the text of the paper and hyperopt's rule for deviations; shares nothing with the code
that it checks.
"""
import json

import numpy as np
from scipy.stats import truncnorm


def mixture(low, high, seen):
    """Means, deviations of the components, in the order of their means."""
    middle, width = (low + high) / 2, high - low
    seen = np.sort(np.asarray(seen, float))
    order = int(np.sum(seen < middle - 1e-9 * width))  # before those that are equal to it
    means = np.insert(seen, order, middle)
    gaps = np.diff(means)
    left = np.concatenate([[0.0], gaps])
    right = np.concatenate([gaps, [0.0]])
    deviations = np.clip(np.maximum(left, right), width / min(100, 1 + len(seen)), width)
    deviations[order] = width
    return means, deviations


def components(low, high, seen):
    means, deviations = mixture(low, high, seen)
    return [
        truncnorm((low - m) / s, (high - m) / s, loc=m, scale=s) for m, s in zip(means, deviations)
    ]


def density(low, high, seen, at):
    return np.mean([c.pdf(at) for c in components(low, high, seen)], axis=0)


def mass(low, high, seen, edges):
    return np.mean([c.cdf(edges[:, 1]) - c.cdf(edges[:, 0]) for c in components(low, high, seen)], axis=0)


cases = []


def continuous(name, domain, seen, at):
    f = np.log if domain.get("log") else (lambda x: np.asarray(x, float))
    values = density(f(domain["low"]), f(domain["high"]), f(seen), f(at))
    cases.append({"name": name, "domain": domain, "seen": seen, "at": at, "of": values.tolist()})


def stepped(name, domain, seen, step):
    f = np.log if domain.get("log") else (lambda x: np.asarray(x, float))
    at = np.arange(domain["low"], domain["high"] + step / 2, step)
    edges = np.stack([f(at - step / 2), f(at + step / 2)], axis=1)
    values = mass(edges[0, 0], edges[-1, 1], f(np.asarray(seen, float)), edges)
    cases.append({"name": name, "domain": domain, "seen": seen, "at": at.tolist(), "of": values.tolist()})


continuous("prior alone", {"low": -2.0, "high": 5.0}, [], [-2.0, 0.3, 5.0])
continuous("one value at the end", {"low": 0.0, "high": 1.0}, [1.0], [0.0, 0.5, 0.99, 1.0])
continuous("several", {"low": -5.0, "high": 10.0}, [3.1, -4.9, 3.2, 9.5, 0.0, 2.2], [-5.0, -1.0, 3.15, 9.9])
continuous("equal ones", {"low": 0.0, "high": 4.0}, [1.0, 1.0, 1.0, 3.5], [0.5, 1.0, 1.01, 4.0])
continuous("logarithm", {"low": 1e-4, "high": 1.0, "log": True}, [1e-3, 3e-3, 0.5], [1e-4, 2e-3, 0.2, 1.0])
stepped("whole numbers", {"low": 1, "high": 8, "integer": True}, [2, 3, 3, 7], 1)
stepped("steps", {"low": 0.1, "high": 0.9, "step": 0.2}, [0.1, 0.5, 0.5], 0.2)
stepped("logarithm of whole numbers", {"low": 1, "high": 16, "integer": True, "log": True}, [1, 4, 5, 16], 1)

print(json.dumps({"cases": cases}, indent=1))
