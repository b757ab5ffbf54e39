"""The methods that are measured, each a function from a task to probabilities, seconds, and what it chose.

A method chooses on the training texts alone. It runs in a process of its own that has loaded the libraries before the
clock starts, and the stock methods' process never loads tunelet's model room, which sets oneDNN up differently.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from accuracy_data import Task

if TYPE_CHECKING:
    from tunelet.bench import Desk

MAX_LENGTH = 256  # tokens of a text, of every rival: what the checkpoint was made for
_FOLDS = 5
_SUMMARY = (
    "kept", "blend", "encoder_weight", "temperature", "folds", "steps", "epochs", "best_epoch", "expected_seconds"
)  # fmt: skip
_PROBE_STRENGTHS = tuple(float(10**power) for power in np.arange(-1, 3.5, 0.5))


@dataclass(frozen=True)
class Outcome:
    """Of one trial.

    Attributes:
        probabilities: of each class for each test text, float64 [m, classes].
        train_seconds: all that comes before the first test text, choosing included.
        predict_seconds: of all test texts.
        chosen: by the method, on training texts.
    """

    probabilities: np.ndarray
    train_seconds: float
    predict_seconds: float
    chosen: dict[str, Any] = field(default_factory=dict)


def tunelet(task: Task, recipe: Any) -> Outcome:
    """A recipe through the public API; training and writing the whole run folder count, the test part does not."""
    import tunelet as product
    from tunelet.run import choices_in_words

    names = np.array(task.label_names)
    train = list(zip(task.texts, names[task.labels].tolist(), strict=True))
    test = list(zip(task.test_texts, names[task.test_labels].tolist(), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        run = product.train(
            train, test=test, recipe=recipe, model=str(task.checkpoint), seed=task.seed,
            out=Path(folder) / "run", quiet=True,
        )  # fmt: skip
        whole = time.perf_counter() - begin
        classifier = product.Classifier.load(run.path)
        begin = time.perf_counter()
        classifier.predict(list(task.test_texts))
        seconds = time.perf_counter() - begin
        predictions = run.predictions
        rows = np.argsort([int(name) for name in predictions.ids])  # ids of pairs are their row numbers
        if len(rows) != len(task.test_texts):
            raise RuntimeError(f"{len(task.test_texts)} test texts, of which tunelet measured {len(rows)}")
        columns = [predictions.label_names.index(name) for name in task.label_names]
        choices = {name: choice.value for name, choice in choices_in_words(run.environment.choices).items()}
        summary = {name: getattr(run.summary, name) for name in _SUMMARY}
        return Outcome(predictions.probabilities[rows][:, columns], whole - seconds, seconds, summary | choices)


def tfidf(task: Task) -> Outcome:
    """The project's own baseline: TF-IDF and logistic regression, C by cross-validation."""
    from tunelet.evaluation import cross_validated_baseline

    begin = time.perf_counter()
    baseline = cross_validated_baseline(task.texts, task.labels, len(task.label_names), seed=task.seed)
    trained = time.perf_counter()
    found = baseline.probabilities(task.test_texts)
    return Outcome(found, trained - begin, time.perf_counter() - trained, {"C": baseline.strength})


def probe(task: Task) -> Outcome:
    """Logistic regression on the frozen encoder's mean features, each of length 1; C by cross-validation."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, encoder = (kind.from_pretrained(task.checkpoint) for kind in (AutoTokenizer, AutoModel))
    begin = time.perf_counter()
    model, chosen = regression(_features(encoder, tokenizer, task.texts), task.labels, _PROBE_STRENGTHS, task.seed)
    trained = time.perf_counter()
    found = model.predict_proba(_features(encoder, tokenizer, task.test_texts))
    return Outcome(found, trained - begin, time.perf_counter() - trained, chosen)


def regression(
    features: Any, labels: np.ndarray, strengths: tuple[float, ...], seed: int
) -> tuple[Any, dict[str, Any]]:
    """A logistic regression with the C of the least cross-validated log loss, fitted on all rows; and that C."""
    import warnings

    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    folds = max(2, min(_FOLDS, int(np.bincount(labels).min())))
    search = GridSearchCV(
        LogisticRegression(max_iter=1_000),
        {"C": list(strengths)},
        scoring="neg_log_loss",
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a regression that stops short of its optimum is one all the same
        search.fit(features, labels)
    return search.best_estimator_, {"C": float(search.best_params_["C"]), "folds": folds}


def _features(encoder: Any, tokenizer: Any, texts: tuple[str, ...]) -> np.ndarray:
    import torch

    def pooled(batch: Any) -> Any:
        hidden, mask = encoder(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
        return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)

    return by_length(encoder, tokenizer, texts, pooled)


def by_length(model: Any, tokenizer: Any, texts: tuple[str, ...], compute: Callable[[Any], Any]) -> np.ndarray:
    """What a model computes for each text [n, ...], in batches of similar length."""
    import torch

    encoded = tokenizer(list(texts), truncation=True, max_length=MAX_LENGTH)["input_ids"]
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    found: list[Any] = [None] * len(texts)
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            batch = tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt")
            for row, result in zip(rows, compute(batch).float().numpy(), strict=True):
                found[row] = result
    return np.stack(found)


def methods() -> dict[str, Callable[[Task], Outcome]]:
    """By name, in the order of pages."""
    from functools import partial

    from accuracy_setfit import setfit
    from accuracy_trainer import full, stock

    return {
        "quickstart": partial(tunelet, recipe="quickstart"),
        "thorough": partial(tunelet, recipe="thorough"),
        "tfidf": tfidf,
        "probe": probe,
        "stock": stock,
        "full": full,
        "setfit": setfit,
    }


def work(desk: "Desk", name: str, task: Task) -> None:
    """A worker with one turn."""
    desk.wait()
    desk.report(methods()[name](task))
