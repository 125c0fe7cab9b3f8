"""RecBole's BPR and NeuMF: an epoch of its trainer, or its full-sort evaluation with given vectors. Used through its
own configuration, data and trainer classes, since its quick start wants a program of another kind (ray)."""

import logging
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.utils import get_model, get_trainer

from first_step import checked_couples, gradient_norm, take_linear
from side import serve, settings
from torch_device import device, device_name, versions, wait

logging.disable(logging.WARNING)
folder = Path(settings["folder"]) / settings["log"]
FILES = {"train": "train", "valid": "validation", "test": "test"}
# Users ranked at a time: RecBole's default comes to 1; 32 was fastest on a CPU, of 8 to 1,024.
USERS_AT_ONCE = 32 if device.type == "cpu" else 1024


def load(part):
    return np.stack([np.load(folder / f"{part}User.npy"), np.load(folder / f"{part}Item.npy")], 1)


def open_data(scratch):
    """Writes the parts as RecBole reads them and lets it build its data loaders."""
    name = settings["log"]
    (Path(scratch) / name).mkdir()
    items = 0
    for file, part in FILES.items():
        rows = load(part)
        items = max(items, rows[:, 1].max() + 1)
        path = Path(scratch) / name / f"{name}.{file}.inter"
        np.savetxt(path, rows, "%d", "\t", header="user_id:token\titem_id:token", comments="")
    config = Config(
        model=settings["model"],
        dataset=name,
        config_dict={
            "data_path": scratch,
            "checkpoint_dir": scratch,
            "benchmark_filename": list(FILES),
            "load_col": {"inter": ["user_id", "item_id"]},
            "eval_args": {"group_by": "user", "order": "RO", "mode": "full"},
            "train_batch_size": 2048,
            "eval_batch_size": int(items + 1) * USERS_AT_ONCE,
            "learning_rate": 1e-3,
            "metrics": ["Hit", "NDCG"],
            "topk": [10],
            "valid_metric": "NDCG@10",
            "show_progress": False,
            "state": "ERROR",
            "seed": 1,
            **settings["config"],
        },
    )
    dataset = create_dataset(config)
    return config, dataset, data_preparation(config, dataset)


@torch.no_grad()
def set_vectors(embedding, field, path):
    """Row 0 is RecBole's padding; its numbers of users and items are its own."""
    vectors = torch.from_numpy(np.load(path))
    known = torch.from_numpy(dataset.field2id_token[field][1:].astype(np.int64))
    embedding.weight[1:] = vectors[known].to(embedding.weight.device)


TABLES = {
    "BPR": {"user_embedding": "user", "item_embedding": "item.id.table"},
    "NeuMF": {
        "user_mf_embedding": "gmf.user",
        "item_mf_embedding": "gmf.item.id.table",
        "user_mlp_embedding": "mlp.user",
        "item_mlp_embedding": "mlp.item.id.table",
    },
}


def take_weights():
    """Begins with our side's initial weights."""
    ours = Path(settings["folder"]) / "weights"
    for name, table in TABLES[settings["model"]].items():
        set_vectors(getattr(model, name), "user_id" if name.startswith("user") else "item_id", ours / f"{table}.npy")
    if settings["model"] == "NeuMF":
        hidden = [layer for layer in model.mlp_layers.mlp_layers if isinstance(layer, torch.nn.Linear)]
        names = [f"mlp.layer.{k + 1}" for k in range(len(hidden))]
        take_linear(ours, {"out": model.predict_layer, **dict(zip(names, hidden))})


def first_step():
    """Of the checked couples: loss, and the norm of its gradient."""
    users, items, others = (torch.from_numpy(ids) for ids in checked_couples(folder, 64))
    user, item = (
        torch.from_numpy(np.vectorize(dataset.field2token_id[field].get)(ids.numpy().astype(str)))
        for field, ids in (("user_id", torch.cat([users, users])), ("item_id", torch.cat([items, others])))
    )
    if settings["model"] == "BPR":
        n = len(users)
        pairs = {"user_id": user[:n], "item_id": item[:n], "neg_item_id": item[n:]}
    else:
        pairs = {"user_id": user, "item_id": item, "label": (torch.arange(len(user)) < len(users)).float()}
    loss = model.calculate_loss({name: column.to(device) for name, column in pairs.items()})
    loss.backward()
    checks = {"firstLoss": loss.item(), "gradientNorm": gradient_norm(model)}
    model.zero_grad()
    return checks


class SparseOptimizer:
    """SparseAdam for the tables, whose gradients are then of the rows in use, and Adam for the rest."""

    def __init__(self, model):
        tables = [module for module in model.modules() if isinstance(module, torch.nn.Embedding)]
        for table in tables:
            table.sparse = True
        rows = [table.weight for table in tables]
        rest = [p for p in model.parameters() if all(p is not weight for weight in rows)]
        self.both = torch.optim.SparseAdam(rows, lr=1e-3), torch.optim.Adam(rest, lr=1e-3)

    def zero_grad(self):
        for optimizer in self.both:
            optimizer.zero_grad()

    def step(self):
        for optimizer in self.both:
            optimizer.step()


with tempfile.TemporaryDirectory() as scratch:
    config, dataset, (train_data, _, test_data) = open_data(scratch)
    model = get_model(config["model"])(config, train_data.dataset).to(config["device"])
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    epoch = 0

    def train():
        global epoch
        loss = trainer._train_epoch(train_data, epoch)
        wait()
        epoch += 1
        pointwise = 2 if settings["model"] == "NeuMF" else 1  # each positive with one negative, counted apart
        return {"examples": len(train_data.dataset) * pointwise, "checks": {"loss": float(loss) / len(train_data), **first}}

    def rank():
        result = trainer.evaluate(test_data, load_best_model=False)
        return {"examples": len(test_data.dataset), "checks": {"hr": result["hit@10"], "ndcg": result["ndcg@10"]}}

    if settings.get("rank"):
        set_vectors(model.user_embedding, "user_id", folder / "userVectors.npy")
        set_vectors(model.item_embedding, "item_id", folder / "itemVectors.npy")
    else:
        take_weights()
        first = first_step()
        if settings.get("sparse"):
            trainer.optimizer = SparseOptimizer(model)
    serve(rank if settings.get("rank") else train, device_name, {"recbole": version("recbole"), **versions})
