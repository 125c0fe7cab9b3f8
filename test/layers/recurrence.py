"""Writes recurrence.jsonl: states and gradients of recurrent layers, by PyTorch in float64.

    pip install torch && python test/layers/recurrence.py > test/layers/recurrence.jsonl

The plain LSTM is torch.nn.LSTM, one call a sequence; the temporal-graph LSTM is written down cell by cell from ALPINE's
equations, differentiated by autograd. Inputs are waves, as in test/support/gradients.ts, rounded to float32.
"""

import json

import torch

torch.set_default_dtype(torch.float64)


def wave(shape, phase, amplitude=1.0):
    n = torch.arange(torch.tensor(shape).prod().item())
    values = amplitude * torch.sin(phase + 0.7 * n + 0.013 * n * n)
    return values.float().double().reshape(shape).requires_grad_()


def cell(inputs, units, phase):
    shapes = [(inputs, 4 * units), (units, 4 * units), (4 * units,)]
    return [wave(shape, phase + k) for k, shape in enumerate(shapes)]


def plain(x, lengths, weights, units):
    layer = torch.nn.LSTM(x.shape[2], units)
    values = [weights[0].T, weights[1].T, weights[2], torch.zeros_like(weights[2])]
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    rows = []
    for s, length in enumerate(lengths):
        padding = torch.zeros(x.shape[1] - length, units)
        if length == 0:
            rows.append(padding)
            continue
        h = torch.func.functional_call(layer, dict(zip(names, values)), (x[s, :length],))[0]
        rows.append(torch.cat([h, padding]))
    return torch.stack(rows)


def linked(x, lengths, weights, units, edges, edge_cell):
    main, star = weights[:3], weights[3:]
    zero = torch.zeros(units)
    rows = []
    for s, length in enumerate(lengths):
        h, c, c_star = [], [], []
        for t in range(length):
            def step(w, state, memory):
                i, f, g, o = (x[s, t] @ w[0] + state @ w[1] + w[2]).chunk(4)
                memory = i.sigmoid() * g.tanh() + f.sigmoid() * memory
                return memory, o.sigmoid() * memory.tanh()

            if t == 0:
                from_main, from_star = (zero, zero), (zero, zero)
            else:
                e = edges[s][t]
                from_main = h[t - 1], c[t - 1]
                memory = {"previous": c_star[t - 1], "linkedMain": c[e], "linkedStar": c_star[e]}[edge_cell]
                from_star = h[e], memory
            memory, out = step(main, *from_main)
            memory_star, out_star = step(star, *from_star)
            h.append(out + out_star)
            c.append(memory)
            c_star.append(memory_star)
        rows.append(torch.stack(h + [zero] * (x.shape[1] - length)))
    return torch.stack(rows)


def case(name, inputs, units, lengths, edges=None, edge_cell=None):
    steps = max(lengths) + 1
    x = wave((len(lengths), steps, inputs), 1)
    weights = cell(inputs, units, 10) + (cell(inputs, units, 20) if edges else [])
    if edges:
        h = linked(x, lengths, weights, units, edges, edge_cell)
    else:
        h = plain(x, lengths, weights, units)
    (h * wave(h.shape, 5)).sum().backward()
    flat = lambda tensor: [float(f"{value:.9g}") for value in tensor.detach().flatten()]
    print(
        json.dumps(
            {
                "name": name,
                "inputs": inputs,
                "units": units,
                "steps": steps,
                "lengths": lengths,
                "edges": [row + [0] * (steps - len(row)) for row in edges] if edges else None,
                "edgeCell": edge_cell,
                "h": flat(h),
                "gradients": [flat(tensor.grad) for tensor in [x, *weights]],
            },
            separators=(",", ":"),
        )
    )


case("LSTM", 3, 4, [5, 2, 0, 4])
case("LSTM wider than a vector", 5, 18, [3, 4])
edges = [[0, 0, 0, 1, 0, 2], [0, 0, 0], [], [0]]
for edge_cell in ["previous", "linkedMain", "linkedStar"]:
    case(f"temporal-graph LSTM, {edge_cell}", 3, 4, [6, 3, 0, 1], edges, edge_cell)
