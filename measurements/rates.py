"""The adapter's learning rate of the default recipe, chosen on training files alone: rates.json, for docs/accuracy.md.

    python measurements/rates.py [--data trec emotion ...] [--sizes 8 64] [--rates 5e-4 1e-3] [--out FILE]

Each draw of so many texts a class is trained on by `tunelet.train` with its default recipe and each rate, and measured
on at most 1,500 other texts of the same training file. The test files are not read, since a rate is chosen on these
figures. What lies in the file already is not done again.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_data import SOURCES, draw_within, parts

import tunelet

_DRAWS, _OTHERS = {8: 5, 16: 3, 32: 3, 64: 3}, 1_500
_OUT = Path(__file__).with_name("rates.json")


def measure(name: str, size: int, draw: int, rate: float) -> dict[str, Any]:
    """Accuracy and log loss of what is kept, on other texts of the training file."""
    examples, _ = parts(name)
    labels = np.unique(examples.labels, return_inverse=True)[1]
    rows, others = draw_within(labels, size, draw, _OTHERS)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"training.learning_rate": rate, "training.seed": draw}
        train, test = ([(examples.texts[row], examples.labels[row]) for row in chosen] for chosen in (rows, others))
        run = tunelet.train(train, test=test, model="minilm", out=Path(folder) / "run", settings=settings, quiet=True)
        kept, summary = run.evaluation.kept, run.summary
    return {
        "data": name, "size": size, "draw": draw, "rate": rate,
        "accuracy": summary.accuracy, "log_loss": summary.log_loss, "kept": kept.name,
        "candidates": {each.name: [each.accuracy, each.log_loss] for each in kept.candidates},
        "seconds": round(summary.seconds, 1),
    }  # fmt: skip


def table(found: list[dict[str, Any]]) -> str:
    """Accuracy and log loss by data set and size, mean over the draws that all rates have."""
    rates = sorted({line["rate"] for line in found})
    by_cell: dict[tuple[str, int], dict[int, dict[float, dict[str, Any]]]] = {}
    for line in found:
        by_cell.setdefault((line["data"], line["size"]), {}).setdefault(line["draw"], {})[line["rate"]] = line
    lines = [
        f"| data | draws | {' | '.join(f'{rate:g}' for rate in rates)} |",
        f"| --- | ---: |{' ---: |' * len(rates)}",
    ]
    for (data, size), draws in sorted(by_cell.items(), key=lambda cell: (list(SOURCES).index(cell[0][0]), cell[0][1])):
        whole = [by_rate for by_rate in draws.values() if set(by_rate) == set(rates)]
        if whole:
            cells = (
                f"{np.mean([each[rate]['accuracy'] for each in whole]):.3f}, "
                f"{np.mean([each[rate]['log_loss'] for each in whole]):.3f}"
                for rate in rates
            )
            lines.append(f"| {data}, {size} a class | {len(whole)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=list(SOURCES), default=["trec", "emotion", "sentences"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 8])
    parser.add_argument("--rates", nargs="+", type=float, default=[5e-4, 1e-3])
    parser.add_argument("--draws", type=int)
    parser.add_argument("--out", type=Path, default=_OUT, help="JSON file of the measurement")
    arguments = parser.parse_args()
    out = arguments.out
    found = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
    done = {(line["data"], line["size"], line["draw"], line["rate"]) for line in found}
    for size in arguments.sizes:
        for draw in range(1, (arguments.draws or _DRAWS[size]) + 1):
            for data in arguments.data:
                for rate in arguments.rates:
                    if (data, size, draw, rate) not in done:
                        found.append(measure(data, size, draw, rate))
                        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
