"""Exports of a run beside the run itself, on IMDb: export.json, and the section of figures in docs/export.md.

    python measurements/export.py ../shared/imdb            # about half an hour on two quiet cores
    python measurements/export.py ../shared/imdb --train 60 --agree 20 --test 40 --timed 20 --out /tmp/export.json

A run with MiniLM's own head, whose texts keep their beginning, can be held by every form. It is exported to `merged`,
`onnx`, `onnx-int8` and `web`. The first reviews go through tunelet in float32, transformers' pipeline, the README's
lines for ONNX Runtime, transformers.js in Node, and the page in headless Chromium; then the test file through the run
as it is, through it in float32, and through both graphs, for accuracy and size; and some of it in turns, for texts a
second. Times alone need a quiet machine: `--made FOLDER --only agreement` first, `--made FOLDER --only speed` later.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measured import environment_and_commit, environment_line, put_section
from numpy.typing import NDArray

import tunelet
from tunelet import Classifier, Run
from tunelet.data import Examples
from tunelet.evaluation import Predictions, difference_interval, mcnemar

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "export.md"
BEGIN, END = "<!-- figures: written by measurements/export.py -->", "<!-- end of figures -->"
SETTINGS = {
    "model.pooling": "first",
    "training.probe": False,
    "training.learning_rate": 3e-4,  # a head that begins at random does not always bear more
    "evaluation.baseline": False,
    "data.truncation": "head",
    "data.validation": "held-out",
}
FORMS = ("merged", "onnx", "onnx-int8", "web")
AS_IT_RUNS = "tunelet, as it runs here"
NODE = (HERE / "transformers_js.mjs").read_text(encoding="utf-8")

Probabilities = NDArray[np.float64]


def by_name(answers: Sequence[Sequence[dict[str, Any]]], names: Sequence[str]) -> Probabilities:
    """Scores of transformers' pipelines as [n, classes], in the order of the run's labels."""
    return np.array([[{one["label"]: one["score"] for one in each}[name] for name in names] for each in answers])


def through_pipeline(folder: Path, texts: Sequence[str], names: Sequence[str]) -> Probabilities:
    from transformers import pipeline

    return by_name(pipeline("text-classification", model=str(folder))(list(texts), truncation=True, top_k=None), names)


def through_node(folder: Path, texts: Sequence[str], names: Sequence[str], place: Path) -> Probabilities:
    """With the npm package, whose own scripts are not run."""
    (place / "package.json").write_text("{}")
    asked = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "@huggingface/transformers@4"]
    subprocess.run(asked, cwd=place, check=True, capture_output=True)
    (place / "classify.mjs").write_text(NODE, encoding="utf-8")
    (place / "texts.json").write_text(json.dumps(list(texts)), encoding="utf-8")
    command = ["node", "classify.mjs", str(folder), "texts.json"]
    done = subprocess.run(command, cwd=place, check=True, capture_output=True, text=True)
    return by_name(json.loads(done.stdout.partition("ANSWERS")[2]), names)


def through_browser(folder: Path, texts: Sequence[str], names: Sequence[str]) -> Probabilities:
    """By the page, in Chromium: as it scores a file, some texts at a time."""
    from playwright.sync_api import sync_playwright

    ask = "async (texts) => (await import('./page/source.js')).predict('', texts)"
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        answers = [one for at in range(0, len(texts), 32) for one in page.evaluate(ask, list(texts[at : at + 32]))]
        browser.close()
        server.shutdown()
    return np.array([[one["probabilities"][name] for name in names] for one in answers])


def make(imdb: Path, place: Path, train: int) -> None:
    """The run and its exports below `place`; those that lie there already are taken as they are."""
    if not (place / "run").exists():
        data = imdb / "train.parquet"
        tunelet.train(data, model="minilm", limit=train, settings=SETTINGS, out=place / "run", quiet=True)
    for to in FORMS:
        if not (place / to).exists():
            tolerance = 0.05 if to == "onnx-int8" else None
            tunelet.export(place / "run", to=to, out=place / to, tolerance=tolerance)


def agreement(imdb: Path, place: Path, *, agree: int, test: int) -> dict[str, Any]:
    """What every library answers, and the accuracy of each form; no times.

    Args:
        imdb: folder with test.parquet.
        place: the run and its exports.
        agree: reviews that go through every library.
        test: reviews of the test file, for accuracy; 0: all.
    """
    run, examples = Run.load(place / "run"), reviews(imdb, test)
    typed = reviews(imdb, test, clean_markup=False).texts  # the page cleans
    some = list(examples.texts[:agree])
    exact = Classifier.load(place / "merged").probabilities_of_cleaned(some)
    (place / "node").mkdir(exist_ok=True)
    found = {
        "transformers' pipeline": through_pipeline(place / "merged", some, run.label_names),
        "ONNX Runtime": Classifier.load(place / "onnx").probabilities_of_cleaned(some),
        "transformers.js": through_node(place / "onnx", some, run.label_names, place / "node"),
        "the page in Chromium": through_browser(place / "web", typed[:agree], run.label_names),
    }
    agreed = {
        name: {
            "largest_difference": float(np.abs(each - exact).max()),
            "labels": float((each.argmax(axis=1) == exact.argmax(axis=1)).mean()),
        }
        for name, each in found.items()
    }
    records = {to: json.loads((place / to / "export.json").read_text(encoding="utf-8")) for to in FORMS}
    return {
        **environment_and_commit(),
        "trained_on": run.data.parts["train"].rows,
        "reviews": len(some),
        "agreement": agreed,
        "parity": {to: record["parity"] for to, record in records.items()},
        "quantised": records["onnx-int8"]["quantised"],
        "test": _accuracies(run, place, examples),
    }


def _accuracies(run: Run, place: Path, examples: Examples) -> dict[str, Any]:
    labels = np.array([run.label_names.index(label) for label in examples.labels])
    sizes = {
        "ONNX Runtime, float32": (place / "onnx/onnx/model.onnx").stat().st_size,
        "ONNX Runtime, int8": (place / "onnx-int8/onnx/model_quantized.onnx").stat().st_size,
        "tunelet, float32": (place / "merged/model.safetensors").stat().st_size,
    }
    predictions, figures = {}, {}
    for name, classifier in loaded(place).items():
        probabilities = classifier.probabilities_of_cleaned(examples.texts)
        predictions[name] = Predictions(tuple(examples.ids), run.label_names, labels, probabilities)
        pair = mcnemar(predictions[AS_IT_RUNS], predictions[name])
        figures[name] = {
            "accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
            "against_run": difference_interval(pair.only_first, pair.only_second, len(labels)),
            "bytes": sizes.get(name),
        }
    return {"texts": len(labels), "forms": figures}


def speed(imdb: Path, place: Path, *, texts: int, turns: int) -> dict[str, Any]:
    """Reviews a second of each form, in turns: for a quiet machine."""
    some = list(reviews(imdb, texts).texts)
    forms = loaded(place)
    rates: dict[str, list[float]] = {name: [] for name in forms}
    for classifier in forms.values():
        classifier.probabilities_of_cleaned(some[:16])  # kernels are compiled, memory is there
    for _ in range(turns):
        for name, classifier in forms.items():
            begin = time.perf_counter()
            classifier.probabilities_of_cleaned(some)
            rates[name].append(len(some) / (time.perf_counter() - begin))
    return {**environment_and_commit(), "texts": len(some), "texts_per_second": rates}


def loaded(place: Path) -> dict[str, Any]:
    """The forms whose accuracy and speed are compared."""
    return {
        AS_IT_RUNS: Classifier.load(place / "run"),
        "tunelet, float32": Classifier.load(place / "merged"),
        "ONNX Runtime, float32": Classifier.load(place / "onnx"),
        "ONNX Runtime, int8": Classifier.load(place / "onnx-int8"),
    }


def reviews(imdb: Path, count: int, *, clean_markup: bool = True) -> Examples:
    """So many reviews of the test file, from all over it; 0: all."""
    examples = tunelet.read(imdb / "test.parquet", clean_markup=clean_markup).splits["train"]
    return examples.take(np.linspace(0, len(examples) - 1, count or len(examples)).round().astype(int))


def section(measured: dict[str, Any]) -> str:
    """The figures as Markdown."""
    trained, reviews = f"{measured['trained_on']:,}", f"{measured['reviews']:,}"
    timed = measured["speed"]
    turns = len(timed["texts_per_second"][AS_IT_RUNS])
    lines = [
        f"MiniLM, trained on {trained} reviews of IMDb. Of {reviews} others, beside tunelet in float32:",
        "",
        "| | largest difference of a probability | same label |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {each['largest_difference']:.1e} | {100 * each['labels']:.1f} % |"
            for name, each in measured["agreement"].items()
        ),
        "",
        f"Accuracy on {measured['test']['texts']:,} reviews of the file; speed on {timed['texts']:,}, {turns} turns:",
        "",
        "| | accuracy | less the run's, 95 % interval | texts/s | MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, each in measured["test"]["forms"].items():
        low, high = each["against_run"]
        size = "" if each["bytes"] is None else f"{each['bytes'] / 1e6:.1f}"
        lines.append(
            f"| {name} | {each['accuracy']:.4f} | {low:+.4f} to {high:+.4f} "
            f"| {median(timed['texts_per_second'][name]):.1f} | {size} |"
        )
    tried = "; ".join(
        f"{each['name']}: log loss {each['log_loss']:.4f}{', kept' if each['kept'] else ''}"
        for each in measured["quantised"]
    )
    return "\n".join(
        [*lines, "", f"Ways to int8, against the run on its validation texts: {tried}.", "", environment_line(measured)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("imdb", type=Path)
    parser.add_argument("--train", type=int, default=2000)
    parser.add_argument("--agree", type=int, default=500)
    parser.add_argument("--test", type=int, default=0)
    parser.add_argument("--timed", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--made", type=Path, help="folder that the run and its exports are kept in, and taken from")
    parser.add_argument("--only", choices=["agreement", "speed"], help="measure only this; the rest stays as it was")
    parser.add_argument("--out", type=Path, default=HERE / "export.json")
    parser.add_argument("--no-page", action="store_true")
    asked = parser.parse_args()
    measured = json.loads(asked.out.read_text(encoding="utf-8")) if asked.only and asked.out.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        place = asked.made or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        make(asked.imdb, place, asked.train)
        if asked.only != "speed":
            measured |= agreement(asked.imdb, place, agree=asked.agree, test=asked.test)
        if asked.only != "agreement":
            measured["speed"] = speed(asked.imdb, place, texts=asked.timed, turns=asked.turns)
    asked.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if not asked.no_page and "speed" in measured and "agreement" in measured:
        put_section(PAGE, BEGIN, END, f"\n\n{section(measured)}\n\n")


if __name__ == "__main__":
    main()
