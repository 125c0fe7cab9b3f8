"""A model of FuxiCTR on our split of labelled impressions: its preprocessing, loaders and training loop.

Two of its properties are set right: the linear part's tables of a shared sequence, which it leaves at N(0, 1), begin
like its others, and no identifier is unknown for being rare (min_categr_count 1), since FuxiCTR counts targets and
histories together. The wheel has no models: MVREC_FUXICTR names a checkout of its repository.
"""

import importlib.util
import logging
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
import torch
from fuxictr.features import FeatureMap
from fuxictr.preprocess import FeatureProcessor
from fuxictr.pytorch.dataloaders.npz_dataloader import NpzDataLoader
from fuxictr.pytorch.torch_utils import seed_everything
from one_run import export, save, serve_run, settings
from side import fastest

import torch_device

logging.disable(logging.CRITICAL)


def model_class(name):
    zoo = Path(os.environ["MVREC_FUXICTR"]) / "model_zoo" / name
    path = next(path for path in (zoo / "src" / f"{name}.py", zoo / f"{name}_torch" / "src" / f"{name}.py") if path.exists())
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def columns():
    def categorical(name):
        return {"name": name, "active": True, "dtype": "str", "type": "categorical"}

    history = {
        "name": "history",
        "active": True,
        "dtype": "str",
        "type": "sequence",
        "splitter": "^",
        "max_len": 50,
        "padding": "pre",
        "share_embedding": "item_id",
        # DIN attends to it
        "feature_encoder": None if settings["model"] == "DIN" else "layers.MaskedAveragePooling()",
    }
    return [*map(categorical, ("user_id", "item_id", "duration", "hour")), history]


def encoded(scratch):
    """Writes the parts by FuxiCTR's own encoder, without the Ray cluster that its build_dataset starts."""
    label = {"name": "is_click", "dtype": "float"}
    encoder = FeatureProcessor(feature_cols=columns(), label_col=label, dataset_id="data", data_root=scratch)
    frames = {}
    for part in ("train", "valid", "test"):
        frame = pl.read_csv(export / f"{part}.csv", infer_schema=False).with_columns(
            (pl.col("hourmin").cast(pl.Int64) // 100).cast(pl.String).alias("hour"),
            pl.col("is_click").cast(pl.Float64),
        )
        frames[part] = encoder.preprocess(frame.lazy())
    encoder.fit(frames["train"], min_categr_count=1)
    for part, frame in frames.items():
        table = frame.collect()
        batch = encoder.transform({name: table[name].to_list() for name in table.columns})
        np.savez(Path(scratch) / f"{part}.npz", **{name: np.array(values) for name, values in batch.items()})
    features = FeatureMap("data", encoder.data_dir)
    features.load(encoder.json_file, settings["config"])
    return features, {part: table_rows(scratch, part) for part in frames}


def table_rows(scratch, part):
    with np.load(Path(scratch) / f"{part}.npz") as arrays:
        return len(arrays["is_click"])


@torch.no_grad()
def fix_linear_start(model):
    """The tables that FeatureEmbeddingDict.init_weights passes by because the feature shares another's."""
    for name, spec in model.feature_map.features.items():
        for module in model.modules():
            tables = getattr(module, "embedding_layers", {})
            if "share_embedding" in spec and name in tables and tables[name] is not tables[spec["share_embedding"]]:
                torch.nn.init.normal_(tables[name].weight[1:], std=1e-4)


def build(scratch):
    """The model as it begins, loader(part, shuffle, batch_size), and rows by part."""
    features, rows = encoded(scratch)
    seed_everything(settings["seed"])
    model = model_class(settings["model"])(
        features,
        model_id="model",
        model_root=scratch,
        task="binary_classification",
        loss="binary_crossentropy",
        optimizer="adam",
        monitor="AUC",
        metrics=["AUC", "logloss"],
        early_stop_patience=settings.get("patience", 1),
        verbose=0,
        gpu=0 if torch.cuda.is_available() else -1,
        **settings["config"],
    )
    (Path(scratch) / "data").mkdir(exist_ok=True)
    fix_linear_start(model)

    def loader(part, shuffle=False, batch_size=settings["batchSize"]):
        path = str(Path(scratch) / f"{part}.npz")
        return NpzDataLoader(features, path, batch_size=batch_size, shuffle=shuffle, num_workers=0)

    return model, loader, rows


def train():
    with tempfile.TemporaryDirectory() as scratch:
        model, loader, rows = build(scratch)
        validation, test = loader("valid"), loader("test")
        seconds, values = [], []
        take_epoch, look = model.train_epoch, model.evaluate

        def timed_look(*args, **kwargs):
            began = time.perf_counter()
            found = look(*args, **kwargs)
            values.append((found["AUC"], time.perf_counter() - began))
            return found

        def timed_epoch(generator):
            began = time.perf_counter()
            take_epoch(generator)
            seconds.append(time.perf_counter() - began - values[-1][1])  # it looks at validation at its end

        model.evaluate, model.train_epoch = timed_look, timed_epoch
        model.fit(loader("train", True), epochs=settings["epochs"], validation_data=validation)
        began = time.perf_counter()
        prediction = model.predict(test)
        predict_seconds = time.perf_counter() - began
        began = time.perf_counter()
        own = look(test, metrics=["AUC", "logloss"])
        save(score=prediction)
        aucs = [auc for auc, _ in values]
        return {
            "epochs": len(seconds),
            "bestEpoch": int(np.argmax(aucs)) + 1,
            "bestValidation": max(aucs),
            "capped": len(seconds) == settings["epochs"],
            "validations": [[epoch, auc] for epoch, auc in enumerate(aucs, 1)],
            "secondsPerEpoch": float(np.median(seconds)),
            "validationSeconds": float(np.median([s for _, s in values])),
            "predictSeconds": predict_seconds,
            "evaluationSeconds": time.perf_counter() - began,
            "parameters": sum(p.numel() for p in model.parameters()),
            "parts": rows,
            "own": {"auc": own["AUC"], "logloss": own["logloss"]},
        }


def timed(scratch):
    model, loader, rows = build(scratch)
    model.eval_step = lambda: None  # epochs alone: it would look at validation,
    model.load_weights = lambda _: None  # and return to the best
    train = loader("train", True)

    def epoch():
        model.fit(train, epochs=1)
        return {"examples": rows["train"], "checks": {"rows": rows["train"]}}

    def evaluation(test):
        for _ in range(settings["evaluations"]):
            found = model.evaluate(test, metrics=list(settings["metrics"].values()))
        checks = {ours: float(found[theirs]) for ours, theirs in settings["metrics"].items()}
        return {"examples": settings["evaluations"] * rows["test"], "checks": checks}

    if settings["timed"] == "evaluation":
        model.feature_map.group_id = "user_id"
        for _ in range(settings["epochsBefore"]):
            epoch()
        test = fastest([loader("test", batch_size=size) for size in (settings["batchSize"], 4096)], evaluation)
        return {"evaluation": lambda: evaluation(test)}
    return {"epoch": epoch}


if "MVREC_FUXICTR" not in os.environ:
    from side import absent

    absent("FuxiCTR's models are not in its wheel: set MVREC_FUXICTR to a checkout of its repository")
    sys.exit()
versions = {"fuxictr": version("fuxictr"), **torch_device.versions}
serve_run(train, versions, torch_device.device_name, timed)
