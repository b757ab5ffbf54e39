"""Texts in, labels with probabilities out: typed in or from a file to a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunelet.data import read
from tunelet.errors import DataError
from tunelet.run import Run, write_atomically

_FORMATS = (".csv", ".jsonl", ".parquet")


def predict_texts(run: str | Path | Run, texts: Sequence[str], *, device: str | None = None) -> list[dict[str, Any]]:
    """Classify texts; for each its text, label, probability, and the probability of every label."""
    from tunelet.classifier import Classifier

    predictions = Classifier.load(run, device=device).predict(texts)
    return [
        {"text": text, "label": p.label, "probability": p.probability, "probabilities": p.probabilities}
        for text, p in zip(texts, predictions, strict=True)
    ]


def predict_file(
    run: str | Path | Run, source: Path, output: Path | None, *, text: str | None = None, device: str | None = None
) -> dict[str, Any]:
    """Classify a file of texts into another file: id, text, label, probability of every label, row by row.

    Args:
        run: a finished run, or its folder.
        source: .txt with one text a line, or any file that `tunelet.train` reads; labels are not needed.
        output: .csv, .jsonl or .parquet, which must not exist.
        text: column of the texts; None: recognised.
        device: as for `Classifier.load`.

    Returns:
        The number of texts `n`, the rows `dropped` because they held no text, and the `output` path.

    Raises:
        DataError: a file that cannot be read or written.
    """
    if output is None:
        raise DataError("--input needs --output FILE", f"name a file that ends in {', '.join(_FORMATS)}")
    if output.suffix not in _FORMATS:
        raise DataError(f"{output}: expected a name that ends in {', '.join(_FORMATS)}, found {output.suffix!r}")
    if output.exists():
        raise DataError(f"{output} exists already", "name another file, or remove it")
    if source.suffix == ".txt":
        data: Any = _lines(source)
    else:
        data = source
    reading = read(data, text=text, labelled=False)
    examples = reading.parts["train"] if len(reading.parts) == 1 else reading.parts.get("test", reading.parts["train"])
    from tunelet.classifier import Classifier

    classifier = Classifier.load(run, device=device)
    matrix = classifier.probabilities(examples.texts)
    names = classifier.label_names
    columns: dict[str, Any] = {
        "id": list(examples.ids),
        "text": list(examples.texts),
        "label": [names[index] for index in matrix.argmax(axis=1)],
    }
    columns |= {f"probability_{name}": matrix[:, index] for index, name in enumerate(names)}
    write_atomically(output, lambda temporary: _write(temporary, output.suffix, columns))
    dropped = sum(sum(reasons.values()) for reasons in reading.dropped.values())
    return {"run": str(classifier.run.path), "n": len(examples), "dropped": dropped, "output": str(output)}


def _lines(source: Path) -> list[str]:
    try:
        return source.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise DataError(f"{source}: no such file", "check the path") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: not UTF-8 at byte {error.start}", "save the file as UTF-8") from None


def _write(path: Path, suffix: str, columns: dict[str, Any]) -> None:
    import pyarrow as pa

    table = pa.table(columns)
    if suffix == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
    elif suffix == ".csv":
        import pyarrow.csv as pa_csv

        pa_csv.write_csv(table, path)
    else:
        import json

        with path.open("w", encoding="utf-8") as file:
            for row in table.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
