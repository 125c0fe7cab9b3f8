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


def set_vectors(model, dataset):
    """Row 0 is RecBole's padding; its numbers of users and items are its own."""
    for embedding, field, name in (
        (model.user_embedding, "user_id", "userVectors"),
        (model.item_embedding, "item_id", "itemVectors"),
    ):
        vectors = torch.from_numpy(np.load(folder / f"{name}.npy"))
        known = torch.from_numpy(dataset.field2id_token[field][1:].astype(np.int64))
        with torch.no_grad():
            embedding.weight[1:] = vectors[known].to(embedding.weight.device)


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
        return {"examples": len(train_data.dataset) * pointwise, "checks": {"loss": float(loss) / len(train_data)}}

    def rank():
        result = trainer.evaluate(test_data, load_best_model=False)
        return {"examples": len(test_data.dataset), "checks": {"hr": result["hit@10"], "ndcg": result["ndcg@10"]}}

    if settings.get("rank"):
        set_vectors(model, dataset)
    serve(rank if settings.get("rank") else train, device_name, {"recbole": version("recbole"), **versions})
