"""A model of RecBole, trained by its trainer's epochs on our split. Its own evaluation is recomputed where it hides the
same items as ours (sequential models' hides none) and must agree."""

import logging
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import scipy.sparse
import torch
from one_run import Epochs, export, save, serve_run, settings
from ranks import Log, Ranking, SampledRanking, ndcg
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.data.interaction import Interaction
from recbole.utils import ModelType, get_model, get_trainer, init_seed
from side import fastest

import torch_device

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore", category=FutureWarning)
log = Log(export)
if not hasattr(scipy.sparse.dok_matrix, "_update"):  # current SciPy has none; LightGCN fills its graph with it
    scipy.sparse.dok_matrix._update = lambda matrix, entries: matrix._dict.update(entries)


def copy_with_history(scratch):
    """Sequential models train on rows with a past only, as RecBole's own augmentation has them."""
    folder = Path(scratch) / log.name
    folder.mkdir()
    for file in log.folder.iterdir():
        lines = file.read_text().split("\n")
        if file.name.endswith(".train.inter"):
            lines = [line for line in lines if not line.endswith("\t")][: settings.get("trainRows")]
        (folder / file.name).write_text("\n".join(lines))


def configure(scratch):
    sequential = settings.get("sequential", False)
    if sequential:
        copy_with_history(scratch)
    fields = ["user_id", "item_id", *(["item_id_list"] if sequential else [])]
    config = Config(
        model=settings["model"],
        config_file_list=[str(export / f"{log.name}.yaml")],
        config_dict={
            "data_path": scratch if sequential else str(export),
            "checkpoint_dir": scratch,
            "alias_of_item_id": ["item_id_list"] if sequential else None,
            **({"train_neg_sample_args": None} if sequential else {}),  # the usual loss is over all items
            "load_col": {"inter": fields, "item": ["item_id"], "user": ["user_id"]},
            "eval_args": {"group_by": "user", "order": "TO" if sequential else "RO", "mode": "full"},
            "train_batch_size": 2048,
            "eval_batch_size": 512 if sequential else (len(log.items) + 1) * 64,
            "learning_rate": 1e-3,
            "metrics": ["Hit", "NDCG"],
            "topk": [10],
            "valid_metric": "NDCG@10",
            "show_progress": False,
            "state": "ERROR",
            "seed": settings["seed"],
            "reproducibility": True,
            **settings["config"],
        },
    )
    init_seed(config["seed"], config["reproducibility"])
    return config


class Scores:
    """Scores of all items, or of some for each user, users and items by our numbers."""

    def __init__(self, model, dataset, part_data):
        self.model = model
        number = dataset.field2token_id
        self.item = torch.tensor([number["item_id"][token] for token in log.items])
        self.user = torch.tensor([number["user_id"][token] for token in log.users])
        self.device = next(model.parameters()).device
        self.sequence = None
        if settings.get("sequential"):  # one row a user
            rows = part_data.dataset.inter_feat
            self.sequence = rows
            self.row = {user: row for row, user in enumerate(rows["user_id"].tolist())}

    @torch.no_grad()
    def __call__(self, users, items=None):
        self.model.eval()
        user = self.user[users]
        if settings["model"] == "NeuMF":
            return self.pairs(user, self.item.expand(len(user), -1) if items is None else self.item[items])
        if items is not None:
            raise ValueError("only NeuMF scores some items of each user")
        if self.sequence is not None:
            asked = self.sequence[torch.tensor([self.row[u] for u in user.tolist()])]
        else:
            asked = Interaction({"user_id": user})
        found = self.model.full_sort_predict(asked.to(self.device))
        found = torch.as_tensor(found).view(len(user), -1)[:, self.item]
        return found.float().cpu().numpy()

    def pairs(self, user, item):
        """NeuMF has no scores of all items: pair by pair. item: [users, n]."""
        pairs = Interaction({"user_id": user.repeat_interleave(item.shape[1]), "item_id": item.reshape(-1)})
        return self.model.predict(pairs.to(self.device)).view(item.shape).cpu().numpy()


def ranking(part):
    users = settings.get({"valid": "validationUsers", "test": "testUsers"}[part])
    if "negatives" in settings:
        return SampledRanking(log, part, settings["negatives"], users)
    return Ranking(log, part, users)


def build(scratch):
    """The configuration, the parts' loaders, the data set of the train part and a function that makes the model."""
    config = configure(scratch)
    dataset = create_dataset(config)
    loaders = data_preparation(config, dataset)

    def make():
        init_seed(config["seed"], config["reproducibility"])
        model = get_model(config["model"])(config, loaders[0].dataset).to(config["device"])
        return model, get_trainer(config["MODEL_TYPE"], config["model"])(config, model)

    return config, loaders, make


def train():
    with tempfile.TemporaryDirectory() as scratch:
        config, (train_data, valid_data, test_data), make = build(scratch)
        model, trainer = make()
        at_once = 16 if settings["model"] == "NeuMF" and "negatives" not in settings else 256
        validation = ranking("valid")
        on_validation = Scores(model, train_data.dataset, valid_data)
        best = {}

        def keep():
            best.update({name: value.clone() for name, value in model.state_dict().items()})

        epochs = Epochs(
            lambda epoch: trainer._train_epoch(train_data, epoch - 1),
            lambda: ndcg(validation.ranks(on_validation, at_once)),
            keep,
            cap=settings["epochs"],
            every=settings.get("every", 1),
            patience=settings["patience"],
        )
        model.load_state_dict(best)
        if hasattr(model, "restore_user_e"):
            model.restore_user_e = None  # LightGCN keeps the vectors of its last scores
        began = time.perf_counter()
        ranks = ranking("test").ranks(Scores(model, train_data.dataset, test_data), at_once)
        seconds = time.perf_counter() - began
        save(**ranks)
        answer = {**epochs.report(), "scoreAndRankSeconds": seconds, "parts": log.counts()}
        if config["MODEL_TYPE"] == ModelType.SEQUENTIAL or settings["model"] == "NeuMF" or "testUsers" in settings:
            return answer
        began = time.perf_counter()
        own = trainer.evaluate(test_data, load_best_model=False)
        own_seconds = time.perf_counter() - began
        return {**answer, "evaluationSeconds": own_seconds, "own": {"hr@10": own["hit@10"], "ndcg@10": own["ndcg@10"]}}


def timed(scratch):
    config, (train_data, _, test_data), make = build(scratch)
    rows, users = len(train_data.dataset), len(test_data.dataset.inter_feat["user_id"].unique())
    made = None if settings["timed"] == "fit" else make()
    epochs = 0

    def epoch():
        nonlocal epochs
        made[1]._train_epoch(train_data, epochs)
        epochs += 1
        return {"examples": rows, "checks": {"rows": rows}}

    def pair_by_pair():
        """NeuMF's scores and their ranks, of candidates that are known beforehand, so many users at once as is fastest."""
        nonlocal at_once
        scores = Scores(made[0], train_data.dataset, test_data)
        at_once = at_once or fastest(settings["usersAtOnce"], lambda some: lists.ranks(scores, some))
        lists.ranks(scores, at_once)
        return {"examples": len(lists.users), "checks": {}}

    def evaluation():
        """Of the whole catalogue for each user of the test part."""
        model, trainer = made
        if hasattr(model, "restore_user_e"):
            model.restore_user_e = None  # LightGCN keeps the vectors of its last scores
        found = trainer.evaluate(test_data, load_best_model=False)
        return {"examples": users, "checks": {"hr@10": found["hit@10"], "ndcg@10": found["ndcg@10"]}}

    def fit():
        """ItemKNN finds neighbours when it is made."""
        nonlocal made
        made = make()
        return evaluation()

    at_once = None
    lists = ranking("test") if settings["model"] == "NeuMF" else None
    return {"epoch": epoch, "evaluation": pair_by_pair if lists else evaluation, "fit": fit}


versions = {"recbole": version("recbole"), **torch_device.versions}
serve_run(train, versions, torch_device.device_name, timed)
