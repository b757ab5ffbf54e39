"""Exports of a run beside the run itself, on IMDb: export.json, and the section of figures in docs/export.md.

    python measurements/export.py ../shared/imdb            # about half an hour on two quiet cores
    python measurements/export.py ../shared/imdb --train 60 --agree 20 --test 40 --out /tmp/export.json --no-page

A run with MiniLM's own head, whose texts keep their beginning, can be held by every form. It is exported to `merged`,
`onnx`, `onnx-int8` and `web`. The first reviews go through tunelet in float32, transformers' pipeline, the README's
lines for ONNX Runtime, transformers.js in Node, and the page in headless Chromium; then the test file through the run
as it is, through it in float32, and through both graphs, for accuracy, size and texts a second.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from measured import environment_and_commit, environment_line
from numpy.typing import NDArray

import tunelet
from tunelet import Classifier, Run
from tunelet.evaluation import Predictions, difference_interval, mcnemar

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "export.md"
BEGIN, END = "<!-- figures: written by measurements/export.py -->", "<!-- end of figures -->"
SETTINGS = {
    "model.pooling": "first",
    "training.probe": False,
    "evaluation.baseline": False,
    "data.truncation": "head",
    "data.validation": "held-out",
}
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


def timed(computed: Callable[[], Probabilities]) -> tuple[Probabilities, float]:
    begin = time.perf_counter()
    return computed(), time.perf_counter() - begin


def measure(imdb: Path, *, train: int, agree: int, test: int) -> dict[str, Any]:
    """Everything that is measured.

    Args:
        imdb: folder with train.parquet and test.parquet.
        train: reviews that the run is trained on.
        agree: reviews that go through every library.
        test: reviews of the test file, for accuracy and speed; 0: all.
    """
    reading = tunelet.read(imdb / "test.parquet").splits["train"]
    rows = np.linspace(0, len(reading) - 1, test or len(reading)).round().astype(int)
    examples = reading.take(rows)
    typed = tunelet.read(imdb / "test.parquet", clean_markup=False).splits["train"].take(rows).texts  # the page cleans
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        run = tunelet.train(
            imdb / "train.parquet", model="minilm", limit=train, settings=SETTINGS, out=place / "run", quiet=True
        )
        exported = {
            to: tunelet.export(run, to=to, out=place / to, tolerance=0.05 if to == "onnx-int8" else None)
            for to in ("merged", "onnx", "onnx-int8", "web")
        }
        some = list(examples.texts[:agree])
        exact = Classifier.load(place / "merged").probabilities_of_cleaned(some)
        (place / "node").mkdir()
        found = {
            "transformers' pipeline": through_pipeline(place / "merged", some, run.label_names),
            "ONNX Runtime": Classifier.load(place / "onnx").probabilities_of_cleaned(some),
            "transformers.js": through_node(place / "onnx", some, run.label_names, place / "node"),
            "the page in Chromium": through_browser(place / "web", typed[:agree], run.label_names),
        }
        agreement = {
            name: {
                "largest_difference": float(np.abs(each - exact).max()),
                "labels": float((each.argmax(axis=1) == exact.argmax(axis=1)).mean()),
            }
            for name, each in found.items()
        }
        return {
            **environment_and_commit(),
            "trained_on": train,
            "reviews": len(some),
            "agreement": agreement,
            "parity": {to: each.record.to_dict()["parity"] for to, each in exported.items()},
            "quantised": exported["onnx-int8"].record.to_dict()["quantised"],
            "test": _on_test(run, place, examples),
        }


def _on_test(run: Run, place: Path, examples: Any) -> dict[str, Any]:
    labels = np.array([run.label_names.index(label) for label in examples.labels])
    texts = list(examples.texts)
    forms = {
        "tunelet, as it runs here": Classifier.load(run.path),
        "tunelet, float32": Classifier.load(place / "merged"),
        "ONNX Runtime, float32": Classifier.load(place / "onnx"),
        "ONNX Runtime, int8": Classifier.load(place / "onnx-int8"),
    }
    sizes = {
        "ONNX Runtime, float32": (place / "onnx/onnx/model.onnx").stat().st_size,
        "ONNX Runtime, int8": (place / "onnx-int8/onnx/model_quantized.onnx").stat().st_size,
        "tunelet, float32": (place / "merged/model.safetensors").stat().st_size,
    }
    predictions, figures = {}, {}
    for name, classifier in forms.items():
        classifier.probabilities_of_cleaned(texts[:8])  # kernels are compiled, memory is there
        probabilities, seconds = timed(lambda classifier=classifier: classifier.probabilities_of_cleaned(texts))
        predictions[name] = Predictions(examples.ids, run.label_names, labels, probabilities)
        pair = mcnemar(predictions["tunelet, as it runs here"], predictions[name])
        figures[name] = {
            "accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
            "against_run": difference_interval(pair.only_first, pair.only_second, len(labels)),
            "texts_per_second": len(texts) / seconds,
            "bytes": sizes.get(name),
        }
    return {"texts": len(texts), "forms": figures}


def section(measured: dict[str, Any]) -> str:
    """The figures as Markdown."""
    trained, reviews = f"{measured['trained_on']:,}", f"{measured['reviews']:,}"
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
        f"On {measured['test']['texts']:,} reviews of that file, all forms in one process after another:",
        "",
        "| | accuracy | less the run's, 95 % interval | texts/s | MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, each in measured["test"]["forms"].items():
        low, high = each["against_run"]
        size = "" if each["bytes"] is None else f"{each['bytes'] / 1e6:.1f}"
        lines.append(
            f"| {name} | {each['accuracy']:.4f} | {low:+.4f} to {high:+.4f} | {each['texts_per_second']:.1f} | {size} |"
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
    parser.add_argument("--out", type=Path, default=HERE / "export.json")
    parser.add_argument("--no-page", action="store_true")
    asked = parser.parse_args()
    measured = measure(asked.imdb, train=asked.train, agree=asked.agree, test=asked.test)
    asked.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if not asked.no_page:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{section(measured)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
