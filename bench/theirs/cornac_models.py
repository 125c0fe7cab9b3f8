"""Cornac's BPR (C++, one thread) and NeuMF (its torch backend). A repetition is a call of `fit`: BPR goes on from the
vectors that it has, NeuMF begins anew. Repeated rows count once, as Cornac reads them."""

import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR, NeuMF

from side import serve, settings

folder = Path(settings["folder"]) / settings["log"]
rows = [np.load(folder / f"train{column}.npy").tolist() for column in ("User", "Item")]
train = Dataset.build([(user, item, 1.0) for user, item in zip(*rows)], seed=1)


def share_in_order(score):
    """Share of couples (a train row's item, any item) that the model ranks rightly."""
    rng = np.random.default_rng(1)
    users, items, _ = train.uir_tuple
    chosen = rng.integers(len(users), size=20_000)
    others = rng.integers(train.num_items, size=len(chosen))
    return float((score(users[chosen], items[chosen]) > score(users[chosen], others)).mean())


def serve_fits(model, pairs, score, first_step=dict, **about):
    """pairs: that one call of `fit` goes through; first_step: its checks, once there has been a fit"""

    def run():
        began = time.perf_counter()
        model.fit(train)
        seconds = time.perf_counter() - began
        checks = {"inOrder": share_in_order(score), **first_step()}
        return {"seconds": seconds, "examples": pairs, "checks": checks}

    serve(run, **about)


def serve_bpr():
    model = BPR(
        k=settings["factors"],
        max_iter=settings["epochs"],
        learning_rate=settings["learningRate"],
        lambda_reg=settings["l2"],
        seed=1,  # which also means one thread
    )

    def score(users, items):
        return (model.u_factors[users] * model.i_factors[items]).sum(1) + model.i_biases[items]

    pairs = train.num_ratings * model.max_iter
    serve_fits(model, pairs, score, device="CPU", versions={"cornac": version("cornac")}, threads=1)


def serve_neumf():
    import torch

    import torch_device

    from first_step import checked_couples, gradient_norm, take_linear

    class Given(NeuMF):
        """Begins with our side's initial weights."""

        @torch.no_grad()
        def _build_model_pt(self):
            built, ours = super()._build_model_pt(), Path(settings["folder"]) / "weights"
            for part, name in ((built.gmf, "gmf"), (built.mlp, "mlp")):
                for table, numbers, file in (
                    (part.user_embedding, train.uid_map, f"{name}.user.npy"),
                    (part.item_embedding, train.iid_map, f"{name}.item.id.table.npy"),
                ):
                    rows = torch.from_numpy(np.load(ours / file))[list(numbers.keys())]
                    table.weight[list(numbers.values())] = rows
            hidden = [layer for layer in built.mlp.mlp_model if isinstance(layer, torch.nn.Linear)]
            names = [f"mlp.layer.{k + 1}" for k in range(len(hidden))]
            take_linear(ours, {"out": built.logit, **dict(zip(names, hidden))})
            return built

    model = Given(
        num_factors=64,
        layers=(128, 64),
        num_epochs=1,
        batch_size=2048,  # positives; as many sampled pairs come on top
        num_neg=1,
        backend="pytorch",
        seed=1,
        verbose=False,
    )

    @torch.no_grad()
    def score(users, items):
        return model.model(*(torch.from_numpy(ids).to(model.device) for ids in (users, items))).cpu().numpy()

    def first_step():
        """Of the checked couples: loss, and the norm of its gradient."""
        users, items, others = checked_couples(folder, 64)
        number = lambda ids, numbers: torch.tensor([numbers[i] for i in ids.tolist()], device=model.device)
        user = number(np.append(users, users), train.uid_map)
        label = (torch.arange(len(user)) < len(users)).float().to(model.device)
        built = model._build_model_pt().to(model.device)
        scores = built(user, number(np.append(items, others), train.iid_map))
        loss = torch.nn.functional.binary_cross_entropy(scores, label)
        loss.backward()
        return {"firstLoss": loss.item(), "gradientNorm": gradient_norm(built)}

    versions = {"cornac": version("cornac"), **torch_device.versions}
    about = {"device": torch_device.device_name, "versions": versions}
    serve_fits(model, 2 * train.num_ratings, score, first_step=first_step, **about)


serve_bpr() if settings["model"] == "BPR" else serve_neumf()
