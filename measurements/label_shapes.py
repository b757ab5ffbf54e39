"""What runs of other label shapes come to: several labels a text; ratings as ratings, as mere classes and as numbers.

    python measurements/label_shapes.py goemotions [--seeds 1 2 3]    # about an hour a seed on two quiet cores
    python measurements/label_shapes.py goemotions --dev --limit 3000 --seeds 1       # to try settings
    python measurements/label_shapes.py ratings [--seeds 1 2 3] [--reviews 2000] [--tests 5000]

`goemotions` trains the default recipe on 43,410 comments with 28 emotions (Demszky et al. 2020), whole, and prints
macro F1 beside that of TF-IDF with one classifier a label and thresholds of its own; it writes the report, compares the
seeds, and loads the encoder in a plain pipeline of transformers. `ratings` trains on reviews of
IMDb with 1 to 10 stars (5 and 6 do not occur), with `data.task=ordinal`, as classes, and with `data.task=regression`,
and compares the mean absolute error on the same test reviews, of all seeds together. Classes answer with the likeliest
one, or with the median of what they say; numbers as they are, or rounded to the nearest rating that there is, which is
what plain regression amounts to. Ordered ratings are compared with each of the others, by Student's test over texts and
seeds (of one seed by exchanging answers text by text), corrected for their number. The encoder is all-MiniLM-L6-v2.
Each line that is printed is JSON.
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
from tunelet.evaluation import (
    OrdinalPredictions,
    Predictions,
    ValuePredictions,
    compare_figures,
    figure_verdict,
    measure,
)
from tunelet.run import Run

SHARED = Path(__file__).parents[2] / "shared"
STARS = (1, 2, 3, 4, 7, 8, 9, 10)


def trained(data: Path, out: Path, seed: int, **more: Any) -> Run:
    """The default recipe with MiniLM."""
    return tunelet.train(data, model="minilm", seed=seed, out=out, quiet=True, **more)


def goemotions(seeds: Sequence[int], folder: Path, limit: int | None, *, dev: bool) -> None:
    """Macro F1 of the model and of TF-IDF, and the paired comparison of both; then the seeds side by side.

    Args:
        seeds: of the trainings.
        folder: of the runs.
        limit: rows to draw; None: all.
        dev: whether to learn from the training file alone and measure on the validation file, as whoever tries
            settings must: the test file then plays no part.
    """
    source = SHARED / "sets" / "goemotions"
    data, test = (source / "train.parquet", source / "dev.parquet") if dev else (source, None)
    runs = []
    for seed in seeds:
        run = trained(data, folder / f"goemotions-{seed}", seed, test=test, limit=limit)
        runs.append(run)
        evaluation, rival = run.shaped_evaluation, run.shaped_evaluation.rivals["baseline"]
        alone = evaluation.without_tfidf
        print(
            json.dumps(
                {
                    "seed": seed,
                    "f1_macro": run.metrics.value("f1_macro"),
                    "f1_macro_ci": run.metrics.interval("f1_macro"),
                    "f1_micro": run.metrics.value("f1_micro"),
                    "baseline_f1_macro": rival.metrics.value("f1_macro"),
                    "verdict": figure_verdict(rival.pair),
                    "kept": run.facts.kept,
                    "weights": [run.facts.encoder_weight, run.facts.blend],
                    "validation_f1_macro": None if alone is None else {"alone": alone.figure, "both": alone.together},
                    "temperature": run.facts.temperature,
                    "epochs": [run.facts.best_epoch, run.facts.epochs],
                    "folds": run.facts.folds,
                    "seconds": run.facts.seconds,
                }
            ),
            flush=True,
        )
    tunelet.report(runs[0], folder / "report")
    print(json.dumps({"scores_in_a_pipeline_differ_by": pipeline_difference(runs[0], folder / "merged")}), flush=True)
    if len(runs) > 1:
        comparison = tunelet.compare(runs)
        tunelet.report(comparison, folder / "comparison")
        print(json.dumps({"verdicts": comparison.verdicts}))


def pipeline_difference(run: Run, folder: Path) -> float:
    """The largest difference of any score of the merged encoder in plain transformers from tunelet's own."""
    from transformers import pipeline

    exported = tunelet.export(run, to="merged", out=folder, without_tfidf=bool(run.facts.blend))
    texts = ["I love this, thank you!", "What a shame.", "Nobody knows why.", "That is disgusting and sad", "ok"]
    own = tunelet.Classifier.load(exported.folder).predict(texts)
    found = pipeline("text-classification", model=str(exported.folder))(texts, top_k=None)
    return max(
        abs(each["score"] - answer.probabilities[each["label"]])
        for answer, scores in zip(own, found, strict=True)
        for each in scores
    )


def drawn(source: Path, rows: int, seed: int, place: Path) -> Path:
    """So many reviews of a file, as a file of texts and ratings."""
    table = pq.read_table(source, columns=["id", "text", "rating"])
    chosen = np.sort(np.random.default_rng(seed).permutation(len(table))[:rows])
    pq.write_table(pa.table(table.take(pa.array(chosen))), place)
    return place


def answers(run: Run) -> dict[str, ValuePredictions]:
    """What a run says of each test review, as numbers of stars, by how the answer comes about."""
    found = run.any_predictions
    if isinstance(found, ValuePredictions):
        stars = np.array(STARS)
        nearest = stars[np.abs(found.values[:, None] - stars).argmin(axis=1)]
        return {"numbers": found, "numbers, rounded": ValuePredictions(found.ids, found.targets, nearest)}
    if isinstance(found, OrdinalPredictions):
        return {"ratings": ValuePredictions(found.ids, found.targets, found.answers)}
    if not isinstance(found, Predictions):
        raise TypeError(type(found).__name__)
    median = OrdinalPredictions(found.ids, found.label_names, found.labels, found.probabilities)
    likeliest = median.values[found.predicted]
    return {
        "classes, likeliest": ValuePredictions(found.ids, median.targets, likeliest),
        "classes, median": ValuePredictions(found.ids, median.targets, median.answers),
    }


def ratings(seeds: Sequence[int], folder: Path, reviews: int, tests: int) -> None:
    """Mean absolute error of ratings, classes and numbers, and the paired comparisons."""
    train = drawn(SHARED / "imdb" / "train.parquet", reviews, 0, folder / "train.parquet")
    test = drawn(SHARED / "imdb" / "test.parquet", tests, 0, folder / "test.parquet")
    models: dict[str, list[ValuePredictions]] = {}
    for seed in seeds:
        for task in ("multiclass", "ordinal", "regression"):
            place, settings = folder / f"{task}-{seed}", {"data.task": task}
            run = trained(train, place, seed, settings=settings, test=test, label="rating")
            for name, found in answers(run).items():
                models.setdefault(name, []).append(found)
                line = {"seed": seed, "model": name, "mae": measure(found, resamples=0).mae}
                print(json.dumps(line | {"kept": run.facts.kept, "seconds": run.facts.seconds}), flush=True)
    pairs = [(name, "ratings") for name in models if name != "ratings"]
    for pair in compare_figures(models, pairs=pairs):
        print(
            json.dumps(
                {
                    "than": pair.first,
                    "difference": pair.difference("mae"),
                    "interval": pair.bounds("mae"),
                    "p": pair.p_adjusted,
                    "verdict": figure_verdict(pair, len(pairs)),
                }
            ),
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("goemotions", "ratings"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--limit", type=int, help="rows of GoEmotions to draw")
    parser.add_argument("--dev", action="store_true", help="measure on its validation file, and leave the test file")
    parser.add_argument("--reviews", type=int, default=2000)
    parser.add_argument("--tests", type=int, default=5000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "goemotions":
            goemotions(asked.seeds, Path(folder), asked.limit, dev=asked.dev)
        else:
            ratings(asked.seeds, Path(folder), asked.reviews, asked.tests)


if __name__ == "__main__":
    main()
