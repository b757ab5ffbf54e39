"""Rules for the number of layers that the head reads, on few texts: layers.json, for docs/accuracy.md.

    python measurements/layers.py [--data trec emotion ...] [--out measurements/layers.json]    # minutes on one core

Five draws of 8 to 64 texts a class from each training file. A rule sees the log loss of each text, out of fold, by a
logistic regression on the frozen vectors after each of the last layers; the layer that it chooses is measured by such
a regression on at most 1,500 other texts of that file. The test files are not read, since a rule is chosen on these
figures.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_data import SOURCES, draw_within
from frozen import DRAWS, OTHERS, FrozenTexts, frozen_texts
from numpy.typing import NDArray

from tunelet.data import deal
from tunelet.evaluation import log_losses, probe_losses, train_probe

Losses = NDArray[np.float64]  # of each text after each layer, [layers, n], the last layer last
FOLDS = 3


def last(losses: Losses) -> int:
    """The last layer, whatever the losses."""
    return len(losses) - 1


def least_loss(losses: Losses) -> int:
    """The layer of the least mean loss."""
    return int(losses.mean(axis=1).argmin())


def within(errors: float, losses: Losses) -> int:
    """The deepest layer whose loss is above the least by no more than so many standard errors of the difference."""
    best = least_loss(losses)
    differences = losses - losses[best]
    error = differences.std(axis=1, ddof=1) / np.sqrt(losses.shape[1])
    return int(np.flatnonzero(differences.mean(axis=1) <= errors * error)[-1])


RULES = {
    "last": last,
    "least loss": least_loss,
    "within 1 SE": lambda losses: within(1.0, losses),
    "within 2 SE": lambda losses: within(2.0, losses),
}


def measure(name: str) -> list[dict[str, Any]]:
    """All draws of a data set."""
    texts = frozen_texts(name)
    found = []
    for size in texts.sizes:
        for draw in range(1, DRAWS + 1):
            rows, others = draw_within(texts.labels, size, draw, OTHERS)
            found.append({"data": name, "size": size, "draw": draw} | _draw(texts, rows, others))
    return found


def _draw(texts: FrozenTexts, rows: Any, others: Any) -> dict[str, Any]:
    labels, classes, known = texts.labels, texts.classes, texts.labels[rows]
    folds = deal([[row] for row in range(len(rows))], known, count=FOLDS, seed=0)
    losses, scores = [], []
    for layer in texts.vectors:
        losses.append(probe_losses(layer[rows], known, classes, folds))
        made = train_probe(layer[rows], known, classes, seed=0).logits(layer[others])
        right = float((made.argmax(axis=1) == labels[others]).mean())
        loss = float(log_losses(made, labels[others]).mean())
        scores.append({"accuracy": round(right, 5), "log_loss": round(loss, 5)})
    chosen = {rule: choose(np.array(losses)) for rule, choose in RULES.items()}
    return {
        "losses": [round(float(loss.mean()), 5) for loss in losses],
        "layers": scores,
        "rules": {rule: scores[layer] | {"layer": layer - len(scores)} for rule, layer in chosen.items()},
    }


def table(found: list[dict[str, Any]]) -> str:
    """Accuracy by data set and size, mean over draws; then the means over all, log loss too."""
    cells = sorted(
        {(line["data"], line["size"]) for line in found}, key=lambda cell: (list(SOURCES).index(cell[0]), cell)
    )
    lines = [f"| data | {' | '.join(RULES)} |", f"| --- |{' ---: |' * len(RULES)}"]
    for data, size in cells:
        here = [line["rules"] for line in found if (line["data"], line["size"]) == (data, size)]
        means = (np.mean([rules[name]["accuracy"] for rules in here]) for name in RULES)
        lines.append(f"| {data}, {size} a class | {' | '.join(f'{value:.3f}' for value in means)} |")
    for word, key in (("accuracy", "accuracy"), ("log loss", "log_loss")):
        means = (np.mean([line["rules"][name][key] for line in found]) for name in RULES)
        lines.append(f"| *all: {word}* | {' | '.join(f'{value:.3f}' for value in means)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    parser.add_argument("--out", type=Path, help="JSON file of the measurement")
    arguments = parser.parse_args()
    found = [line for name in arguments.data for line in measure(name)]
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
