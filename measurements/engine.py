"""What the engine costs in accuracy, and how it scales: experiments behind docs/performance.md.

    python measurements/engine.py ../shared/imdb --out measurements/engine.json [--only NAME]...

precision  the 2k recipe with MiniLM in float32, bfloat16 and int8, three seeds each, measured on reviews of the
           official training part that it never saw: the same accuracy? Float32 models predict in the others as well
stock      the same recipe with transformers' Trainer and PEFT: the same split, initial weights, rates and epochs;
same_order Trainer in float32, tunelet in float32 and bfloat16: the same tokens in the same batches, no dropout at all
layers     adapters in the upper half with kept activations, against adapters everywhere: accuracy against time
profile    where a training step of DistilBERT spends its time, by precision
scaling    training steps over caches of 1,000 to 100,000 texts: tokens per second, and memory that is not file cache

What was measured before and is not asked for again is kept in the JSON file; `performance.py` makes its tables.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import measured
import step_profile
import trainer

from tunelet.run import Run

if TYPE_CHECKING:
    from tunelet.evaluation import Predictions

_SEEDS = (1, 2, 3)
_PRECISIONS = ("float32", "bfloat16", "int8")
_HELD_OUT = 2_000  # reviews
_SIZES = (1_000, 10_000, 100_000)
_STEPS = 25  # of a scaling run, after three that are not counted
_BATCH_SIZE = 16  # texts of such a step


def precision(data: Path) -> dict[str, Any]:
    """The runs, metrics on the held-out reviews by (trained in, predicts in), and predictions of the same adapters."""
    from tunelet.evaluation import compare_predictions, measure_seeds

    texts, labels = _held_out(data)
    runs = []
    found: dict[tuple[str, str], list[Predictions]] = {}
    for seed in _SEEDS:
        for trained in _PRECISIONS:

            def classify(run: Run, trained: str = trained) -> None:
                for predicts in _PRECISIONS if trained == "float32" else (trained,):
                    found.setdefault((trained, predicts), []).append(_classified(run, predicts, texts, labels))

            runs.append(_train(data, seed, {"model.precision": trained}, classify) | {"precision": trained})
    return {
        "runs": runs,
        "held_out": [
            {"trained": trained, "predicts": predicts, "seeds": [_figures_of(one) for one in seeds]}
            | measure_seeds(seeds).to_dict()
            for (trained, predicts), seeds in found.items()
        ],
        "same_adapters": [
            pair.to_dict() | {"seed": seed}
            for number, seed in enumerate(_SEEDS)
            for pair in compare_predictions(
                {name: [found["float32", name][number]] for name in _PRECISIONS},
                pairs=[("float32", name) for name in _PRECISIONS[1:]],
            )
        ],
    }


def _held_out(data: Path) -> tuple[list[str], list[str]]:
    """Reviews of the training part that the 2k file does not hold, and their labels."""
    import numpy as np
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    from tunelet.data import normalise

    options = csv.ParseOptions(newlines_in_values=True)
    known = set(map(normalise, csv.read_csv(data / "kaggle_2000.csv", parse_options=options)["review"].to_pylist()))
    table = pq.read_table(data / "train.parquet")
    rows = dict(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    free = sorted(text for text in rows if normalise(text) not in known)
    chosen = [free[i] for i in np.random.default_rng(0).permutation(len(free))[:_HELD_OUT]]
    return chosen, [("negative", "positive")[rows[text]] for text in chosen]


def _classified(run: Run, precision: str, texts: list[str], labels: list[str]) -> "Predictions":
    import numpy as np

    from tunelet import Classifier
    from tunelet.evaluation import Predictions
    from tunelet.recipe import dump_recipe, with_settings

    run.folder.write_text(run.folder.recipe, dump_recipe(with_settings(run.recipe, {"model.precision": precision})))
    classifier = Classifier.load(run.path)
    names = classifier.label_names
    return Predictions(
        ids=tuple(str(i) for i in range(len(texts))),
        labels=np.array([names.index(label) for label in labels]),
        probabilities=classifier.probabilities(texts),
        label_names=names,
    )


def _figures_of(predictions: "Predictions") -> dict[str, float]:
    from tunelet.evaluation import measure

    values = measure(predictions, resamples=0).values
    return {name: values[name] for name in ("accuracy", "log_loss")}


def stock(data: Path) -> list[dict[str, Any]]:
    """Accuracy of Trainer + PEFT by seed, with `bf16=True` and grouped by length; each in a process of its own."""
    return [_step(data, "stock", seed) for seed in _SEEDS]


def same_order(data: Path) -> list[dict[str, Any]]:
    """Trainer and tunelet by precision and seed, with nothing between them but their arithmetic.

    The recipe's differences from Trainer are taken out: tunelet cuts long texts at their end, as the stock tokenizer
    does, and goes without dropout before the head, the one place where it has any.
    """
    from tunelet.bench import without_dropout
    from tunelet.checkpoint import find_checkpoint

    runs = []
    with tempfile.TemporaryDirectory() as folder:
        model = without_dropout(find_checkpoint("minilm"), Path(folder) / "minilm")
        for seed in _SEEDS:
            runs.append(_step(data, "same_order", seed) | {"by": "Trainer", "precision": "float32"})
            for trained in ("float32", "bfloat16"):
                settings = {"data.truncation": "head", "model.precision": trained}
                runs.append(_train(data, seed, settings, model=str(model)) | {"by": "tunelet", "precision": trained})
    return runs


def layers(data: Path) -> list[dict[str, Any]]:
    """Validation metrics after each epoch with the seconds from the start, by layers with adapters and seed."""
    return [
        _train(data, seed, {"adapter.layers": count, "training.epochs": 3}) | {"layers": count}
        for seed in _SEEDS
        for count in (0, 3)
    ]


def profile(data: Path) -> list[dict[str, Any]]:
    """Each precision in a process of its own."""
    return [_step(data, "profile", precision) for precision in _PRECISIONS]


def scaling(data: Path) -> list[dict[str, Any]]:
    """Each size in a process of its own."""
    return [_step(data, "scaling", size) for size in _SIZES]


def _step(data: Path, name: str, of: object) -> dict[str, Any]:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, str(data), "--step", name, str(of)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # Trainer prints its metrics before
    return found


def _train(
    data: Path,
    seed: int,
    settings: dict[str, Any],
    then: Callable[[Run], None] | None = None,
    model: str = "minilm",
) -> dict[str, Any]:
    """Train with the 2k recipe; `then` is given the run before its folder goes."""

    def keep(run: Run) -> dict[str, Any]:
        if then is not None:
            then(run)
        return {
            "seed": seed,
            "epochs": [
                {"seconds": line.seconds, **{name: line.validation[name] for name in ("accuracy", "log_loss")}}
                for line in run.history
                if line.validation is not None
            ],
            "losses": [line.loss for line in run.history if line.loss is not None],
        }

    return measured.train(
        [
            str(data / "kaggle_2000.csv"), "--recipe", "distilbert-imdb-2k", "--model", model, "--seed", str(seed),
            *(part for key, value in settings.items() for part in ("--set", f"{key}={value}")),
        ],
        keep,
    )  # fmt: skip


def scaling_step(size: int) -> dict[str, Any]:
    """Take some of the loop's steps with MiniLM over a memory-mapped cache of `size` texts; rate and own memory."""
    import numpy as np
    import psutil

    from tunelet.bench import Subject, imdb_lengths, training_step
    from tunelet.checkpoint import find_checkpoint
    from tunelet.data import Tokens, training_batches
    from tunelet.model import probabilities

    lengths = imdb_lengths(size, np.random.default_rng(0))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "token_ids.npy"
        written = np.lib.format.open_memmap(path, mode="w+", dtype=np.int32, shape=(int(offsets[-1]),))
        for begin in range(0, len(written), 1_000_000):
            written[begin : begin + 1_000_000] = np.random.default_rng(begin).integers(
                1000, 20_000, len(written[begin : begin + 1_000_000])
            )
        written.flush()
        del written
        tokens = Tokens(np.load(path, mmap_mode="r"), offsets, truncated=0)
        subject = Subject("minilm", find_checkpoint("minilm"), False, 1, "cpu", Path(folder), Path(folder))
        step = training_step(subject, "auto", tokens, np.arange(size) % 2, rate=1e-4, batch_size=_BATCH_SIZE)
        classifier = step.objective.model
        batches = training_batches(tokens.lengths, batch_size=_BATCH_SIZE, seed=1, epoch=0, group_by_length=False)
        counted, seconds = 0, 0.0
        with classifier.training_mode():
            for number, rows in enumerate(batches[: _STEPS + 3]):
                begin_step = time.perf_counter()
                done = step([rows])
                if number >= 3:
                    seconds += time.perf_counter() - begin_step
                    counted += done.tokens
        few = Tokens(tokens.token_ids[: offsets[200]], offsets[:201], truncated=0)
        probabilities(classifier, few)
        memory = psutil.Process().memory_info()
        return {
            "texts": size,
            "tokens": tokens.total,
            "tokens_per_second": counted / seconds,
            "epoch_seconds": tokens.total / (counted / seconds),
            "private_bytes": memory.rss - memory.shared,
            **measured.environment_and_commit(),
        }


def main() -> None:
    experiments = {made.__name__: made for made in (stock, same_order, precision, layers, profile, scaling)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with kaggle_2000.csv and train.parquet")
    parser.add_argument("--out", type=Path, help="JSON file of the measurements")
    parser.add_argument("--only", action="append", choices=list(experiments), help="measure only this")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        name, of = arguments.step
        if name == "scaling":
            step = scaling_step(int(of))
        elif name == "profile":
            step = step_profile.profile_step("distilbert", of)
        else:
            step = trainer.train(arguments.data, int(of), same_order=name == "same_order")
        print(json.dumps(step))
        return
    if arguments.out is None:
        parser.error("expected --out FILE, where the measurements go")
    found = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for name, experiment in experiments.items():
        if arguments.only is None or name in arguments.only:
            found[name] = experiment(arguments.data)
            arguments.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
