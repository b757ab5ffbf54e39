"""Explanations of IMDb's reviews: how complete they are, and whether the words they name matter; attributions.json.

    python measurements/attributions.py RUN... [--texts 100] [--data ../shared/imdb/test.parquet] [--out FILE]

Each run explains the same reviews, drawn at random from texts that it has not seen: one of tunelet on IMDb, and others
beside it. It is no timing. With --page the section of docs/explanations.md is written from what was measured.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from measured import environment_and_commit, environment_line, put_section

from tunelet import BaselineClassifier, Classifier, Run, read
from tunelet.explain import Explanation, deletion_curves

ROOT = Path(__file__).parents[1]
RECORD, PAGE = ROOT / "measurements" / "attributions.json", ROOT / "docs" / "explanations.md"
BEGIN, END = "<!-- measured: written by measurements/attributions.py -->\n", "<!-- end of measured -->"


def reviews(path: Path, texts: int, seed: int) -> list[str]:
    """So many reviews, drawn at random."""
    all_texts = read(path).splits["train"].texts
    drawn = np.random.default_rng(seed).choice(len(all_texts), min(texts, len(all_texts)), replace=False)
    return [all_texts[row] for row in drawn]


def measure(run: Run, texts: list[str]) -> dict[str, Any]:
    """The figures of a run's model, and of its baseline where it has one."""
    found: dict[str, Any] = {
        "model": run.summary.model,
        "data": run.data.source,
        "pooling": run.recipe.model.pooling,
        "blend": run.summary.blend,
        "accuracy": run.summary.accuracy,
        "texts": len(texts),
        "explained": _figures(Classifier.load(run), texts),
    }
    if run.baseline is not None:
        found["baseline"] = _figures(BaselineClassifier.load(run), texts)
    return found


def _figures(classifier: Classifier | BaselineClassifier, texts: list[str]) -> dict[str, Any]:
    explanations: list[Explanation] = []
    for number, text in enumerate(texts, 1):
        explanations += classifier.explain(text)
        if number % 20 == 0:
            print(f"{number} of {len(texts)} texts explained", flush=True)
    errors = np.array([each.completeness_error for each in explanations], dtype=np.float64)
    curves = deletion_curves(explanations, classifier.label_names, classifier.probabilities_of_cleaned)
    return {
        "completeness": {
            "median": float(np.median(errors)),
            "largest": float(errors.max()),
            "within_1_percent": int((errors <= 0.01).sum()),
        },
        "steps": {str(steps): count for steps, count in sorted(Counter(each.steps for each in explanations).items())},
        "faithfulness": None if curves is None else curves.to_dict(),
    }


def page(record: dict[str, Any]) -> str:
    """The measured section."""
    rows = []
    for run in record["runs"]:
        for name, figures in (("model", run["explained"]), ("its baseline", run.get("baseline"))):
            if figures is None:
                continue
            complete, faithful = figures["completeness"], figures["faithfulness"]
            low, high = faithful["difference_ci"]
            steps = ", ".join(f"{count} x {number}" for number, count in figures["steps"].items())
            rows.append(
                f"| {run['model']}, {run['data']} | {name} | {complete['within_1_percent']} of {run['texts']} "
                f"| {100 * complete['median']:.3g} % | {100 * complete['largest']:.3g} % | {steps} "
                f"| {faithful['difference']:.3f} [{low:.3f}, {high:.3f}] | {faithful['p']:.1g} |"
            )
    points = record["runs"][0]["explained"]["faithfulness"]["points"]
    curve = ", ".join(
        f"{100 * point['removed']:.0f} %: {point['ordered']:.2f} against {point['shuffled']:.2f}" for point in points
    )
    table = "\n".join(rows)
    return f"""
| run | explained | complete within 1 % | median error | largest | texts x steps | lost beyond random order | p |
| --- | --- | --- | --- | --- | --- | --- | --- |
{table}

The last two columns: the mean probability of the label along the deletion curve in random order, less that in the order
of the contributions, with its 95 % interval, and the paired t test. The curves of the first run, in the order of the
contributions against random order: {curve}.

{environment_line(record)}

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "imdb" / "test.parquet")
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RECORD)
    parser.add_argument(
        "--page", action="store_true", help="write the section of docs/explanations.md, measure nothing"
    )
    given = parser.parse_args()
    if not given.page:
        texts = reviews(given.data, given.texts, given.seed)
        runs = [measure(Run.load(path), texts) for path in given.runs]
        record = {**environment_and_commit(), "seed": given.seed, "runs": runs}
        given.out.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        return
    record = json.loads(given.out.read_text(encoding="utf-8"))
    put_section(PAGE, BEGIN, END, page(record))


if __name__ == "__main__":
    main()
