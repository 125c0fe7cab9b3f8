"""Writes conformance.jsonl: inputs, results and gradients of every operation that mvrec uses, in float64.

    python3 test/engine/conformance.py > test/engine/conformance.jsonl

Results are NumPy's. Gradients are central differences of sum(weights * result) with respect to every float
input: nothing here knows a rule of differentiation.
"""

import json
import math

import numpy as np

random = np.random.default_rng(20260)
cases = []


def normal(*shape):
    """Rounded, so that the file says exactly what is meant; never within 0.05 of 0, where relu and abs have kinks."""
    x = random.normal(size=shape)
    return np.round(np.where(np.abs(x) < 0.05, 0.3, x), 3)


def positive(*shape):
    return np.abs(normal(*shape)) + 0.25


def ints(*values):
    return np.array(values, dtype=np.int32)


def case(name, f, *inputs, gradient=True):
    """`gradient` is False where the result is not differentiable."""
    result = np.asarray(f(*inputs))
    weights = np.round(random.normal(size=result.shape), 3)
    entry = {"name": name, "inputs": [array(x) for x in inputs], "result": array(result)}
    if gradient:
        entry["weights"] = array(weights)
        entry["gradients"] = [
            array(slope(f, inputs, i, weights)) for i, x in enumerate(inputs) if x.dtype == np.float64
        ]
    cases.append(entry)


def slope(f, inputs, which, weights, step=1e-5):
    gradient = np.zeros_like(inputs[which])
    for at in np.ndindex(*gradient.shape):
        sides = []
        for sign in (1, -1):
            moved = [x.copy() for x in inputs]
            moved[which][at] += sign * step
            sides.append(np.sum(weights * f(*moved)))
        gradient[at] = (sides[0] - sides[1]) / (2 * step)
    return gradient


def array(x):
    kind = {"f": "float32", "i": "int32", "b": "bool"}[x.dtype.kind]
    values = [float(f"{v:.8g}") if kind == "float32" else int(v) for v in x.ravel()]
    return {"shape": list(x.shape), "type": kind, "values": values}


def swap(x):
    return np.swapaxes(x, -1, -2)


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def layer_norm(x, gamma, beta):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-3) * gamma + beta


def segment_sum(x, ids, count):
    result = np.zeros((count, *x.shape[1:]))
    np.add.at(result, ids, x)
    return result


# Products
case("matMul", lambda a, b: a @ b, normal(3, 4), normal(4, 2))
case("matMul transposeA", lambda a, b: swap(a) @ b, normal(4, 3), normal(4, 2))
case("matMul transposeB", lambda a, b: a @ swap(b), normal(3, 4), normal(2, 4))
case("matMul transposeA transposeB", lambda a, b: swap(a) @ swap(b), normal(4, 3), normal(2, 4))
case("matMul batch", lambda a, b: a @ b, normal(2, 3, 4), normal(2, 4, 2))
case("matMul batch transposeA", lambda a, b: swap(a) @ b, normal(2, 4, 3), normal(2, 4, 2))
case("matMul batch transposeB", lambda a, b: a @ swap(b), normal(2, 3, 4), normal(2, 2, 4))
case("matMul 4d", lambda a, b: a @ b, normal(2, 2, 3, 2), normal(2, 2, 2, 3))
case("matMul no rows", lambda a, b: a @ b, np.zeros((0, 4)), normal(4, 2), gradient=False)
case("fused.matMul bias", lambda a, b, c: a @ b + c, normal(3, 4), normal(4, 2), normal(2))

# Arithmetic, with and without broadcasting
for name, f in [
    ("add", lambda a, b: a + b),
    ("sub", lambda a, b: a - b),
    ("mul", lambda a, b: a * b),
    ("div", lambda a, b: a / b),
]:
    case(name, f, normal(2, 3), normal(2, 3))
    case(f"{name} row", f, normal(2, 3, 4), normal(4))
    case(f"{name} inner", f, normal(2, 1, 4), normal(3, 1))
    case(f"{name} scalar", f, normal(2, 3), np.array(1.7))
case("addN", lambda a, b, c: a + b + c, normal(2, 3), normal(2, 3), normal(2, 3))
case("maximum", np.maximum, normal(3, 4), normal(3, 4))
case("minimum", np.minimum, normal(3, 4), normal(3, 4))
case("squaredDifference", lambda a, b: (a - b) ** 2, normal(3, 4), normal(3, 4))
case("pow", lambda a, b: a**b, positive(2, 3), normal(2, 3))

# Element by element
case("neg", np.negative, normal(2, 5))
case("abs", np.abs, normal(2, 5))
case("relu", lambda x: np.maximum(x, 0), normal(2, 5))
case("tanh", np.tanh, normal(2, 5))
case("sigmoid", lambda x: 1 / (1 + np.exp(-x)), normal(2, 5))
case("softplus", lambda x: np.log1p(np.exp(x)), normal(2, 5))
case("exp", np.exp, normal(2, 5))
case("log", np.log, positive(2, 5))
case("sqrt", np.sqrt, positive(2, 5))
case("rsqrt", lambda x: 1 / np.sqrt(x), positive(2, 5))
case("square", np.square, normal(2, 5))
case("clipByValue", lambda x: np.clip(x, -0.5, 0.5), normal(3, 5))
# Far out, where careless formulas overflow
case("softplus far", lambda x: np.logaddexp(0, x), np.array([-90.0, -20.0, 20.0, 90.0]))
case("sigmoid far", lambda x: 1 / (1 + np.exp(-x)), np.array([-80.0, -20.0, 20.0, 80.0]))

# Reductions
x = normal(2, 3, 4)
for name, f in [("sum", np.sum), ("mean", np.mean), ("max", np.max), ("min", np.min)]:
    case(name, lambda x, f=f: f(x), x)
    case(f"{name} first", lambda x, f=f: f(x, axis=0), x)
    case(f"{name} middle kept", lambda x, f=f: f(x, axis=1, keepdims=True), x)
    case(f"{name} last", lambda x, f=f: f(x, axis=-1), x)
    case(f"{name} two", lambda x, f=f: f(x, axis=(0, 2)), x)
case("argMax", lambda x: np.argmax(x, axis=1).astype(np.int32), normal(3, 4), gradient=False)

# Softmax
case("softmax", lambda x: softmax(x, -1), normal(2, 3, 4))
case("logSoftmax", lambda x: np.log(softmax(x, -1)), normal(3, 4))
case("softmax of axis 1", lambda x: softmax(x, 1), normal(2, 3, 4))
case("layer norm", layer_norm, normal(2, 3, 4), normal(4), normal(4))

# Moving values about
case("gather", lambda x, i: x[i], normal(5, 3), ints(4, 0, 0, 2))
case("gather axis 1", lambda x, i: x[:, i], normal(3, 5), ints(4, 0, 0, 2))
case("gatherRows few", lambda x, i: x[i], normal(6, 3), ints(4, 0, 4))
case("gatherRows many", lambda x, i: x[i], normal(3, 4), ints(2, 0, 0, 2, 2, 0, 1))
case("gatherRows none", lambda x, i: x[i], normal(3, 4), ints())
case("unsortedSegmentSum", lambda x, i: segment_sum(x, i, 4), normal(5, 3), ints(3, 0, 0, 2, 3))
case("concat", lambda a, b: np.concatenate([a, b]), normal(2, 3), normal(1, 3))
case("concat axis 1", lambda a, b: np.concatenate([a, b], 1), normal(2, 3), normal(2, 2))
case("slice", lambda x: x[1:3, 0:2], normal(4, 3))
case("slice 3d", lambda x: x[:, 1:2, 1:], normal(2, 3, 4))
case("split", lambda x: x[:, 2:4] * x[:, 0:2], normal(3, 6))
case("split sizes", lambda x: x[1:4], normal(6, 2))
case("stack", lambda a, b: np.stack([a, b], 1), normal(2, 3), normal(2, 3))
case("unstack", lambda x: x[0] * x[1], normal(2, 3))
case("reshape", lambda x: x.reshape(3, -1), normal(2, 3, 2))
case("transpose", np.transpose, normal(2, 3))
case("transpose 3d", lambda x: x.transpose(1, 0, 2), normal(2, 3, 4))
case("transpose 4d", lambda x: x.transpose(0, 2, 1, 3), normal(2, 3, 2, 2))
case("expandDims", lambda x: np.expand_dims(x, 1), normal(2, 3))
case("squeeze", lambda x: np.squeeze(x, 1), normal(2, 1, 3))
case("tile", lambda x: np.tile(x, (2, 3)), normal(2, 2))
case("broadcastTo", lambda x: np.broadcast_to(x, (3, 2, 4)), normal(2, 1))
case("pad", lambda x: np.pad(x, ((1, 0), (2, 1))), normal(2, 3))
case("reverse", lambda x: x[:, ::-1], normal(2, 3))
case("where", np.where, normal(3, 4) > 0, normal(3, 4), normal(3, 4))

# Comparisons and types
case("greater", np.greater, normal(3, 4), normal(3, 4), gradient=False)
case("greaterEqual", np.greater_equal, ints(1, 2, 3), ints(2, 2, 2), gradient=False)
case("less", np.less, normal(3, 4), normal(4), gradient=False)
case("equal", np.equal, ints(1, 2, 3), ints(2, 2, 2), gradient=False)
case("logicalAnd", np.logical_and, normal(3, 4) > 0, normal(3, 4) > 0, gradient=False)
case("logicalNot", np.logical_not, normal(3, 4) > 0, gradient=False)
case("cast bool", lambda x: x.astype(np.float64), normal(3, 4) > 0, gradient=False)
case("cast int32", lambda x: x.astype(np.int32), normal(3, 4) * 3, gradient=False)
case("zerosLike", np.zeros_like, normal(2, 3), gradient=False)

# More inputs than a shader of WebGPU may read
case("addN many", lambda *x: sum(x), *(normal(2, 3) for _ in range(20)))

# Smooth maxima, near and far out
case("logSumExp axis 1", lambda x: np.log(np.exp(x).sum(1)), normal(3, 4))
case("logSumExp far", lambda x: np.logaddexp.reduce(x, 1), np.array([[-90.0, -91.0], [90.0, 88.5], [-90.0, 90.0]]))

case("erf", np.vectorize(math.erf), normal(3, 5))
case("oneHot", lambda i: np.eye(4)[i].astype(np.float32), ints(2, 0, 3, 2), gradient=False)

for entry in cases:
    print(json.dumps(entry))
