"""How far the threshold of a rare label is to be drawn towards the common one: thresholds.json, for docs/evaluation.md.

    python measurements/thresholds.py [--out measurements/thresholds.json]        # some minutes on one core

Several labels a text: the probabilities of TF-IDF with one logistic regression a label, fitted to the training file of
GoEmotions (28 labels) and given for its validation file; the test file is not read, since a rule is chosen on these
figures. Thresholds are chosen for F1 on a draw of the validation texts, and macro F1 is measured on the validation
texts that were not drawn (at least half of them). The same on made-up texts, 20 labels of which the rarest has 1 text
in 200. A weight is what the common threshold counts, in texts that have the label; 0 is each label's own threshold,
and the largest weight all but the common one.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measured import environment_and_commit

from tunelet.data import read
from tunelet.evaluation import LabelSolver, MultilabelPredictions, choose_thresholds, measure, train_words

SHARED = Path(__file__).parents[2] / "shared"
WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 1e9)
SIZES = (100, 200, 400, 800, 1600, 2700)
DRAWS = 8


def goemotions() -> MultilabelPredictions:
    """TF-IDF's probabilities for the validation texts, fitted to the training texts."""
    reading = read(SHARED / "sets" / "goemotions")
    train, validation = reading.splits["train"], reading.splits["validation"]
    space = reading.labels.value.with_names(train.labels)
    labels, truth = space.encode(train, "train"), space.encode(validation, "validation")
    # Three quarters are learnt from; the strength is chosen on the others, so that no validation text has a say.
    rest = np.random.default_rng(0).permutation(len(train))
    fitted, chosen = np.sort(rest[: 3 * len(rest) // 4]), np.sort(rest[3 * len(rest) // 4 :])
    words = train_words(
        LabelSolver(),
        [train.texts[row] for row in fitted],
        labels[fitted],
        [train.texts[row] for row in chosen],
        labels[chosen],
    )
    probabilities = 1 / (1 + np.exp(-words.logits(validation.texts)))
    return MultilabelPredictions(validation.ids, space.names, truth, probabilities, np.full(len(space.names), 0.5))


def made_up(n: int = 12_000, count: int = 20) -> MultilabelPredictions:
    """Labels from 1 text in 4 to 1 in 200, some easy and some hard, with probabilities that are right."""
    rng = np.random.default_rng(1)
    shares, sharp = np.geomspace(0.25, 0.005, count), rng.uniform(0.8, 2.5, count)
    labels = rng.random((n, count)) < shares
    scores = sharp * labels + rng.normal(size=(n, count))
    logits = sharp * (scores - sharp / 2) + np.log(shares / (1 - shares))
    names = tuple(f"label {number}" for number in range(count))
    return MultilabelPredictions(
        tuple(map(str, range(n))), names, labels, 1 / (1 + np.exp(-logits)), np.full(count, 0.5)
    )


def measured(name: str, predictions: MultilabelPredictions) -> list[dict[str, Any]]:
    """Macro F1 of each weight, the mean of the draws of each size, with the error of its difference from weight 1."""
    found = []
    for size in SIZES:
        scores: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
        for draw in range(DRAWS):
            order = np.random.default_rng(draw).permutation(len(predictions))
            chosen, others = predictions.rows(order[:size]), predictions.rows(order[-len(order) // 2 :])
            for weight in WEIGHTS:
                values = choose_thresholds(chosen, weight=weight).values
                scores[weight].append(float(measure(others.with_thresholds(values), resamples=0).f1_macro or 0.0))
        one = np.array(scores[1.0])
        line = {"data": name, "size": size, "draws": DRAWS, "f1_macro": {}, "error_against_1": {}}
        for weight, values in scores.items():
            line["f1_macro"][str(weight)] = float(np.mean(values))
            line["error_against_1"][str(weight)] = float(np.std(np.array(values) - one, ddof=1) / DRAWS**0.5)
        print(json.dumps(line), flush=True)
        found.append(line)
    return found


def sentence(found: dict[str, Any]) -> str:
    """What docs/evaluation.md says of GoEmotions with 100 to 800 texts."""
    lines = [line["f1_macro"] for line in found["sizes"] if line["data"].startswith("Go") and line["size"] <= 800]
    drawn, own, common, four = (
        f"{min(values):.3f} to {max(values):.3f}"
        for values in ([line[str(weight)] for line in lines] for weight in (1.0, 0.0, 1e9, 4.0))
    )
    return (
        f"thresholds chosen on 100 to 800 of its texts gave its other texts a macro F1 of {drawn}; the labels' own "
        f"{own}, the common one {common}, and {four} where that weighs as much as four texts"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("thresholds.json"))
    out = parser.parse_args(arguments).out
    sizes = [*measured("GoEmotions, validation", goemotions()), *measured("made up", made_up())]
    out.write_text(json.dumps(environment_and_commit() | {"sizes": sizes}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
