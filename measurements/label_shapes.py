"""What runs of other label shapes come to: several labels a text, and ratings as ratings or as mere classes.

    python measurements/label_shapes.py goemotions [--seeds 1 2 3]    # about an hour a seed on two quiet cores
    python measurements/label_shapes.py ratings [--seeds 1 2 3] [--reviews 2000] [--tests 5000]

`goemotions` trains the default recipe on 43,410 comments with 28 emotions (Demszky et al. 2020), whole, and prints
macro F1 beside that of TF-IDF with one classifier a label and thresholds of its own. `ratings` trains on reviews of
IMDb with 1 to 10 stars (5 and 6 do not occur), once with `data.task=ordinal` and once as classes, and compares the
mean absolute error on the same test reviews, of all seeds together: classes answer with the likeliest one, or with
the median of what they say. The encoder is all-MiniLM-L6-v2. Each line that is printed is JSON.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import tunelet
from tunelet.evaluation import OrdinalPredictions, Predictions, compare_figures, figure_verdict
from tunelet.run import Run

SHARED = Path(__file__).parents[2] / "shared"


def trained(data: Path, out: Path, seed: int, **more: Any) -> Run:
    """The default recipe with MiniLM."""
    return tunelet.train(data, model="minilm", seed=seed, out=out, quiet=True, **more)


def goemotions(seeds: Sequence[int], folder: Path) -> None:
    """Macro F1 of the model and of TF-IDF, and the paired comparison of both."""
    for seed in seeds:
        run = trained(SHARED / "sets" / "goemotions", folder / f"goemotions-{seed}", seed)
        rival = run.shaped_evaluation.rivals["baseline"]
        print(
            json.dumps(
                {
                    "seed": seed,
                    "f1_macro": run.metrics.value("f1_macro"),
                    "f1_macro_ci": run.metrics.interval("f1_macro"),
                    "f1_micro": run.metrics.value("f1_micro"),
                    "baseline_f1_macro": rival.metrics.value("f1_macro"),
                    "verdict": figure_verdict(rival.pair),
                    "seconds": run.facts.seconds,
                }
            ),
            flush=True,
        )


def drawn(source: Path, rows: int, seed: int, place: Path) -> Path:
    """So many reviews of a file, as a file of texts and ratings."""
    table = pq.read_table(source, columns=["id", "text", "rating"])
    chosen = np.sort(np.random.default_rng(seed).permutation(len(table))[:rows])
    pq.write_table(pa.table(table.take(pa.array(chosen))), place)
    return place


def answering(predictions: Predictions, *, median: bool) -> OrdinalPredictions:
    """What classes say, as ratings: the median of their probabilities, or the likeliest one alone."""
    probabilities = predictions.probabilities
    if not median:
        probabilities = np.eye(probabilities.shape[1])[predictions.predicted]
    return OrdinalPredictions(predictions.ids, predictions.label_names, predictions.labels, probabilities)


def ratings(seeds: Sequence[int], folder: Path, reviews: int, tests: int) -> None:
    """Mean absolute error of ratings and of classes, and the paired comparisons."""
    train = drawn(SHARED / "imdb" / "train.parquet", reviews, 0, folder / "train.parquet")
    test = drawn(SHARED / "imdb" / "test.parquet", tests, 0, folder / "test.parquet")
    models: dict[str, list[OrdinalPredictions]] = {"classes, likeliest": [], "classes, median": [], "ratings": []}
    for seed in seeds:
        given: dict[str, Any] = {"test": test, "label": "rating"}
        classes = trained(train, folder / f"classes-{seed}", seed, settings={"data.task": "multiclass"}, **given)
        ordered = trained(train, folder / f"ratings-{seed}", seed, settings={"data.task": "ordinal"}, **given)
        rated = ordered.any_predictions
        if not isinstance(rated, OrdinalPredictions):
            raise TypeError(type(rated).__name__)
        models["classes, likeliest"].append(answering(classes.predictions, median=False))
        models["classes, median"].append(answering(classes.predictions, median=True))
        models["ratings"].append(rated)
        print(
            json.dumps({"seed": seed} | {name: _error(found[-1]) for name, found in models.items()}),
            flush=True,
        )
    for pair in compare_figures(models):
        print(
            json.dumps(
                {"difference": pair.differences["mae"], "p": pair.p_adjusted, "verdict": figure_verdict(pair, 3)}
            )
        )


def _error(predictions: OrdinalPredictions) -> float:
    return float(np.abs(predictions.answers - predictions.targets).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("goemotions", "ratings"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--reviews", type=int, default=2000)
    parser.add_argument("--tests", type=int, default=5000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "goemotions":
            goemotions(asked.seeds, Path(folder))
        else:
            ratings(asked.seeds, Path(folder), asked.reviews, asked.tests)


if __name__ == "__main__":
    main()
