"""A model of DeepCTR-Torch on our split of labelled impressions, epochs of its own `fit`. It sums the loss of a batch, so
its L2 is batch size / 2 times FuxiCTR's for the same thing."""

import csv
import sys
import time
import types
from importlib.metadata import version

from one_run import Epochs, export, save, serve_run, settings  # first: it keeps what is printed off the protocol's lines

sys.modules["requests"] = types.ModuleType("requests")  # its import asks the internet for a newer version
import deepctr_torch.models as models
import numpy as np
import torch
from deepctr_torch.inputs import SparseFeat, VarLenSparseFeat
from sklearn.metrics import log_loss, roc_auc_score

import torch_device

FIELDS = ("user_id", "item_id", "duration", "hour")
LONGEST = 50


def read(part):
    with open(export / f"{part}.csv") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["hour"] = str(int(row["hourmin"]) // 100)
        row["history"] = row["history"].split("^") if row["history"] else []
    return rows


def vocabularies(train):
    """Numbers from 1 of what the train part has, the shared history included; 0 pads, the last is of all others."""
    found = {name: dict.fromkeys(row[name] for row in train) for name in FIELDS}
    found["item_id"].update(dict.fromkeys(item for row in train for item in row["history"]))
    return {name: {value: i for i, value in enumerate(values, 1)} for name, values in found.items()}


def encoded(rows, numbers):
    columns = {
        name: np.array([numbers[name].get(row[name], len(numbers[name]) + 1) for row in rows]) for name in FIELDS
    }
    items = numbers["item_id"]
    history = np.zeros((len(rows), LONGEST), np.int64)
    for line, row in zip(history, rows):
        some = [items.get(item, len(items) + 1) for item in row["history"]]
        line[: len(some)] = some
    return {**columns, "history": history}, np.array([float(row["is_click"]) for row in rows])


def build():
    """The model as it begins and, by part, its columns and labels."""
    rows = {part: read(part) for part in ("train", "valid", "test")}
    numbers = vocabularies(rows["train"])
    data = {part: encoded(some, numbers) for part, some in rows.items()}
    size = settings["embedding"]
    columns = [SparseFeat(name, len(numbers[name]) + 2, size) for name in FIELDS]
    history = SparseFeat("history", len(numbers["item_id"]) + 2, size, embedding_name="item_id")
    columns.append(VarLenSparseFeat(history, LONGEST, "mean"))
    model = getattr(models, settings["model"])(
        columns, columns, seed=settings["seed"], device=str(torch_device.device), **settings["config"]
    )
    model.compile(torch.optim.Adam(model.parameters(), settings["learningRate"]), "binary_crossentropy")
    torch.manual_seed(settings["seed"])
    return model, data


def take_epoch(model, data):
    model.fit(dict(data["train"][0]), data["train"][1], settings["batchSize"], epochs=1, verbose=0)


def train():
    model, data = build()
    best = {}

    def predict(part):
        return model.predict(dict(data[part][0]), 4096).reshape(-1)

    epochs = Epochs(
        lambda _: take_epoch(model, data),
        lambda: roc_auc_score(data["valid"][1], predict("valid")),
        lambda: best.update({name: value.clone() for name, value in model.state_dict().items()}),
        cap=settings["epochs"],
        patience=settings["patience"],
    )
    model.load_state_dict(best)
    began = time.perf_counter()
    score = predict("test")
    seconds = time.perf_counter() - began
    save(score=score)
    label = data["test"][1]
    return {
        **epochs.report(),
        "predictSeconds": seconds,
        "parameters": sum(p.numel() for p in model.parameters()),
        "parts": {part: len(labels) for part, (_, labels) in data.items()},
        "own": {"auc": roc_auc_score(label, score), "logloss": log_loss(label, score)},
    }


def timed(_scratch):
    model, data = build()
    rows = len(data["train"][1])

    def epoch():
        take_epoch(model, data)
        return {"examples": rows, "checks": {"rows": rows}}

    def evaluation():
        label = data["test"][1]
        for _ in range(settings.get("evaluations", 1)):
            score = model.predict(dict(data["test"][0]), 4096).reshape(-1)
            found = {"auc": roc_auc_score(label, score), "logloss": log_loss(label, score)}
        return {"examples": settings.get("evaluations", 1) * len(label), "checks": found}

    for _ in range(settings.get("epochsBefore", 0)):
        epoch()
    return {"epoch": epoch, "evaluation": evaluation}


versions = {"deepctr-torch": version("deepctr-torch"), **torch_device.versions}
serve_run(train, versions, torch_device.device_name, timed)
