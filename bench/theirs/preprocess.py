"""FuxiCTR's preprocessing: csv files to encoded parquet files, as its run_expid.py calls it. Histories share the items'
vocabulary."""

import logging
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from fuxictr.preprocess import FeatureProcessor, build_dataset

from side import serve, settings

logging.disable(logging.CRITICAL)
folder = Path(settings["folder"])


def categorical(name, **more):
    return {"name": name, "active": True, "dtype": "str", "type": "categorical", **more}


def history(name):
    return {
        "name": name,
        "active": True,
        "dtype": "str",
        "type": "sequence",
        "splitter": "^",
        "max_len": 100,
        "share_embedding": "item_id",
    }


LAYOUTS = {
    "repeating": {
        "columns": [categorical("user_id"), categorical("item_id"), history("pos_items"), history("neg_items")],
        "train_data": "train.csv",
        "test_data": "test.csv",
    },
    "plain": {
        "columns": [categorical("user_id"), categorical("item_id"), categorical("cate_id")],
        "train_data": "plain.csv",
    },
}
layout = LAYOUTS[settings["layout"]]
label = {"name": "is_click", "active": True, "dtype": "float"}


def count_rows(path):
    with open(path) as file:
        return sum(1 for _ in file) - 1


files = {part: str(folder / layout[part]) for part in ("train_data", "test_data") if part in layout}
rows = sum(count_rows(path) for path in files.values())


def run():
    root = tempfile.mkdtemp(dir=folder)
    encoder = FeatureProcessor(
        feature_cols=layout["columns"], label_col=label, dataset_id="data", data_root=root, min_categr_count=1
    )
    build_dataset(encoder, **files)
    shutil.rmtree(root)
    return {"examples": rows, "checks": {"rows": rows}}


serve(run, "CPU", {name: version(name) for name in ("fuxictr", "polars", "ray")})
