"""Texts in, labels with probabilities out: typed in or from a file to a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunelet._file_settings import file_settings
from tunelet.data import read, shown_fields
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
    run: str | Path | Run,
    source: Path,
    output: Path | None,
    *,
    text: str | Sequence[str] | None = None,
    encoding: str | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Classify a file of texts into another file: id, text, label, probability of every label, row by row.

    Of a source with several parts, its test part is classified.

    Args:
        run: a finished run, or its folder.
        source: .txt with one text a line, or any file that `tunelet.train` reads; labels are not needed.
        output: .csv, .jsonl or .parquet, which must not exist.
        text: column of the texts; None: the one that was named in training, else recognised.
        encoding: of a text file that is not UTF-8, such as "cp1252".
        device: as for `Classifier.load`.
        settings: how the file is read, by dotted key: data.encoding, data.max_bytes, data.max_cell.

    Returns:
        The number of texts `n`, the rows `dropped` because they held no text, and the `output` path.

    Raises:
        DataError: a file that cannot be read or written.
    """
    if output is None:
        raise DataError(
            "there is no file to write the answers to", f"name one: --output FILE, which ends in {', '.join(_FORMATS)}"
        )
    if output.suffix not in _FORMATS:
        raise DataError(
            f"{output}: expected a name that ends in {', '.join(_FORMATS)}, found {output.suffix!r}",
            f"for example --output {output.stem or 'predictions'}.csv",
        )
    if output.exists():
        raise DataError(f"{output} exists already", "name another file, or remove it")
    run = run if isinstance(run, Run) else Run.load(run)
    recipe = run.recipe.data
    files = file_settings(run.recipe, settings, encoding)
    known = {} if source.suffix == ".txt" else run.trained_columns
    reading = read(
        source, text=text or None, labelled=False, clean_markup=recipe.clean_markup, files=files, known=known
    )
    part = reading.held_out()
    examples = reading.parts[part]
    from tunelet.classifier import Classifier

    classifier = Classifier.load(run, device=device)
    matrix = classifier.probabilities(examples.texts)
    names = classifier.label_names
    columns: dict[str, Any] = {
        "id": list(examples.ids),
        "text": [shown_fields(text) for text in examples.texts],
        "label": [names[index] for index in matrix.argmax(axis=1)],
    }
    columns |= {f"probability_{name}": matrix[:, index] for index, name in enumerate(names)}
    write_atomically(output, lambda temporary: _write(temporary, output.suffix, columns), "--output")
    dropped = sum(reading.dropped[part].values())
    return {"run": str(classifier.run.path), "n": len(examples), "dropped": dropped, "output": str(output)}


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
