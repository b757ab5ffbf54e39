"""The public verbs that take long: what they take becomes a request, and a person sees how it goes.

Nothing below knows the terminal: its screens are handed down from here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet.classifier import FileJob, FilePredictions, Unwatched
from tunelet.errors import DataError
from tunelet.experiment import Adaptation, Screens
from tunelet.recipe import Recipe
from tunelet.run import Run, RunGroup


@checked
def train(
    data: Any,
    *,
    test: Any = None,
    unlabelled: Any = None,
    recipe: str | Path | Recipe = "quickstart",
    model: str | Path | None = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    group: str | None = None,
    time: str | None = None,
    split: str | None = None,
    folds: int | None = None,
    split_from: str | Path | None = None,
    encoding: str | None = None,
    limit: int | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    budget: str | float | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    on: str = "local",
    workers: int | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> Run:
    """Fine-tune a pretrained encoder on labelled texts and measure the result.

    >>> run = tunelet.train("sample", model="minilm", limit=60, epochs=1, settings={"data.validation": "held-out"})
    >>> run.path.name, run.label_names
    ('quickstart-minilm-seed1', ('negative', 'positive'))

    Args:
        data: file, folder, "hub:OWNER/NAME", "imdb", "sample"; DataFrame, list of (text, label), `datasets.Dataset`.
        test: test data in any of these forms; None: the test split of `data`, if it has one. Nothing is chosen on it.
        unlabelled: texts without labels, like those to be classified, in any form that `adapt` takes. A student learns
            from them what the model makes of them, and is kept where that is better. None: there are none.
        recipe: name of a recipe, path of a TOML file, or a `Recipe`.
        model: short name, Hub id or folder; None: the recipe's.
        text, label: columns; None: the recipe's, else recognised. A list of text columns is read together.
        group: column of what no split divides, such as an author: no group is both trained on and measured on.
        time: column of dates or numbers, by which the newest texts validate.
        split: column that says of each row whether it is for train, validation or test.
        folds: folds of a cross-validation, whose predictions lie in the run folder with their folds.
        split_from: a finished run whose split is made again, text by text; what is new is trained on, or joins a fold.
        encoding: of text files that are not UTF-8, such as "cp1252"; None: the recipe's.
        limit: rows to draw before the split; None: the recipe's.
        seed, epochs, batch_size: None: the recipe's.
        learning_rate: of what is trained by `adapter.method`: the adapter, every weight, or the head; None: the
            recipe's.
        device: "auto", "cpu", "cuda" or "mps"; None: the recipe's.
        settings: further settings by dotted key, such as {"training.epochs": 5}.
        budget: the time that all of this may take, such as "10m", "1h30m" or seconds. It decides how long is trained,
            and, where it is short, folds, layers, the length of texts and the precision, but for what is named here;
            training keeps to it. None: as the recipe says.
        out: the run folder, which must not exist; None: runs/RECIPE-MODEL-seedN.
        resume: go on with the interrupted run of that name.
        on, workers: where is trained, and by how many processes: the folds of a cross-validation several at a time, a
            training without folds by all together. "local" is this machine, its cores divided among the workers (a
            script that asks for two or more stands under `if __name__ == "__main__":`); "ray" is a Ray cluster,
            "ray://HOST:PORT" the one at this address, whose machines see the same files.
        quiet: print nothing.
        verbose: print every choice with its reason before training; the run folder keeps them anyway.

    Returns:
        The finished run.

    Raises:
        TuneletError: the input is at fault; the message says what was expected, what was found and what to type.
        KeyboardInterrupt: interrupted; the message says how to go on, where there is something to go on with.
    """
    from tunelet.experiment import Experiment, Request

    request = Request.of(
        recipe, data, test=test, unlabelled=unlabelled, settings=settings, out=out, resume=resume, budget=budget,
        model=model, text=text, label=label, group=group, time=time, split=split, folds=folds, split_from=split_from,
        encoding=encoding, limit=limit, seed=seed, epochs=epochs,
        batch_size=batch_size, learning_rate=learning_rate, device=device, on=on, workers=workers,
    )  # fmt: skip
    return Experiment(request, _screens(quiet, verbose)).run()


@checked
def train_seeds(
    data: Any,
    seeds: Sequence[int],
    *,
    test: Any = None,
    unlabelled: Any = None,
    recipe: str | Path | Recipe = "quickstart",
    model: str | Path | None = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    group: str | None = None,
    time: str | None = None,
    split: str | None = None,
    folds: int | None = None,
    split_from: str | Path | None = None,
    encoding: str | None = None,
    limit: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    on: str = "local",
    workers: int | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> RunGroup:
    """Train with each of several seeds and measure all of them together.

    Head, order and dropout follow each seed; rows are drawn and split by the first, so that all are measured on the
    same texts. A budget of time is for one run, hence `train`'s alone.

    >>> held_out = {"data.validation": "held-out"}
    >>> group = tunelet.train_seeds("reviews.csv", (1, 2), model="minilm", epochs=1, settings=held_out)
    >>> [run.path.name for run in group.runs]
    ['seed-1', 'seed-2']

    Args:
        data: as for `train`.
        seeds: two or more, all different.
        test, unlabelled, recipe, model, text, label, encoding, limit: as for `train`.
        group, time, split, folds, split_from: as for `train`.
        epochs, batch_size, learning_rate, device, settings: as for `train`.
        out: folder of the runs, one in `seed-N` for each seed, which must not exist; None: runs/RECIPE-MODEL-SEEDS.
        resume: go on with the interrupted call that `out` names; seeds that are finished are kept.
        on, workers: where the seeds are trained, and how many at a time, as for the folds of `train`.
        quiet, verbose: as for `train`.

    Returns:
        The finished runs, with means and deviations over them.

    Raises:
        TuneletError, KeyboardInterrupt: as `train` does.
    """
    from tunelet.experiment import Request, run_seeds

    request = Request.of(
        recipe, data, test=test, unlabelled=unlabelled, settings=settings, out=out, resume=resume,
        model=model, text=text, label=label, group=group, time=time, split=split, folds=folds, split_from=split_from,
        encoding=encoding, limit=limit, epochs=epochs,
        batch_size=batch_size, learning_rate=learning_rate, device=device, on=on, workers=workers,
    )  # fmt: skip
    return run_seeds(request, seeds, _screens(quiet, verbose))


@checked
def adapt(
    texts: Any,
    *,
    model: str | Path,
    out: str | Path,
    text: str | Sequence[str] | None = None,
    encoding: str | None = None,
    limit: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    max_length: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> Adaptation:
    """Go on with the pretraining of a checkpoint on unlabelled texts, by masked-language modelling.

    >>> adaptation = tunelet.adapt("reviews.csv", model="models/bert", out="models/reviews")
    >>> adaptation.path.name
    'reviews'

    Args:
        texts: in any form that `train` takes; labels are not read, and of several splits the training split alone.
        model: short name, Hub id or folder of a checkpoint with its head for masked words.
        out: folder of the new checkpoint, which must not exist; `train(..., model=out)` begins with it.
        text, encoding: as for `train`.
        limit: texts to draw; None: all.
        epochs: passes over the texts; None: one.
        batch_size, learning_rate, max_length: of a step, of the adapter, and tokens kept of a text.
        seed: of the adapter, the order of the texts and the words that are hidden.
        device: "auto", "cpu", "cuda" or "mps".
        settings: further settings by dotted key, such as {"adapter.rank": 32}.
        resume: go on where an interrupted call with these arguments stopped.
        quiet: print nothing.

    Raises:
        TuneletError: the input is at fault, or the checkpoint has no head for masked words.
        KeyboardInterrupt: interrupted; the message says how to go on.
    """
    from tunelet.experiment import AdaptationJob, adaptation_recipe

    recipe = adaptation_recipe(
        settings, model=str(model), text=text, encoding=encoding, limit=limit, epochs=epochs, batch_size=batch_size,
        learning_rate=learning_rate, max_length=max_length, seed=seed, device=device,
    )  # fmt: skip
    return AdaptationJob(texts, recipe, Path(out), _screens(quiet, verbose=False), resume=resume).run()


@checked
def predict_file(
    run: str | Path | Run,
    source: str | Path,
    output: str | Path | None,
    *,
    text: str | Sequence[str] | None = None,
    encoding: str | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    threshold: float | str | None = None,
    min_confidence: float | None = None,
    baseline: bool = False,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> FilePredictions:
    """Classify a file of texts into another file: all its rows and columns in order, with the predictions beside them.

    CSV, TSV, JSON lines, Parquet and lines of text are read a chunk at a time, so that memory does not grow with the
    file. A call that was interrupted or killed goes on where it was when it is repeated: what it has classified lies
    in OUTPUT.partial until the output is whole. Of a source with several splits, its test split is classified, else
    its validation split.

    >>> written = tunelet.predict_file("runs/first", "new.csv", "answers.csv")
    >>> written.n, written.output
    (20, 'answers.csv')

    Args:
        run: a finished run, its folder, the folder of an export, or OWNER/NAME of either on the Hugging Face Hub.
        source: .txt with one text a line, or whatever else `tunelet.train` reads; labels are not needed. "-" is
            standard input.
        output: .csv, .tsv, .jsonl or .parquet, which must not exist. "-" is standard output.
        text: column of the texts, or as many as were read together in training; None: the one that was trained on, and
            only where there is none recognised.
        encoding: of a text file that is not UTF-8, such as "cp1252".
        input_format: of a source whose name does not end in it: "csv", "tsv", "jsonl", "txt" (these also as "csv.gz"
            and so on) or "parquet"; None: the ending, and of standard input what it begins like.
        output_format: of an output whose name does not end in it: "csv", "tsv", "jsonl" (these also as "csv.gz" or
            "csv.zst") or "parquet"; None: the ending, and of standard output the format of the source.
        threshold, min_confidence: as for `Classifier.predict`.
        baseline: classify with the run's baseline.
        device: as for `Classifier.load`.
        settings: how the file is read, by dotted key: data.encoding, data.delimiter, data.max_bytes, data.max_cell.
        quiet: print nothing.

    Raises:
        DataError: a file that cannot be read or written, no column of texts, no such threshold.
        KeyboardInterrupt: interrupted; the message says what is kept.
    """
    if output is None:
        raise DataError("there is no file to write the answers to", "name one: output='predictions.csv'")
    job = FileJob(
        run, str(source), Path(output), text=text, encoding=encoding, input_format=input_format,
        output_format=output_format, threshold=threshold, min_confidence=min_confidence, baseline=baseline,
        device=device, settings=settings,
    )  # fmt: skip
    if quiet:
        return job.classify(Unwatched())
    from tunelet._output import console
    from tunelet.console import progress

    with progress(console(stderr=True), unit="texts") as watcher:
        return job.classify(watcher)


def _screens(quiet: bool, verbose: bool) -> Screens:
    if quiet:
        return Screens()
    from tunelet.console import TerminalScreens

    return TerminalScreens(verbose=verbose)
