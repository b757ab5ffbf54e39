"""`tunelet.predict_files`: many files at a time, on this machine or on a cluster."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet.classifier import FileJob, PartsJob, PredictedFiles, Unwatched
from tunelet.run import Run
from tunelet.scale import Place


@checked
def predict_files(
    run: str | Path | Run,
    source: str | Path,
    output: str | Path,
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
    on: str = "local",
    workers: int | None = None,
    quiet: bool = False,
) -> PredictedFiles:
    """Classify many files of texts into a folder of files, each as `predict_file` does it.

    Every row of every file is in the output once, beside its predictions. A call that was interrupted or killed goes on
    when it is repeated: files that are done lie in OUTPUT.partial, and of the others what is classified. The last step
    gives the folder its name; its `manifest.json` lists the files with counts and checksums.

    >>> written = tunelet.predict_files("runs/first", "parts/*.csv", "answers")
    >>> written.files, written.n
    (2, 20)

    Args:
        run: as for `predict_file`.
        source: a folder, whose files of texts are all taken, or names with `*` and `?` such as "in/**/*.parquet".
        output: folder, which must not exist. Each file has the name of its source there.
        text, encoding, input_format, threshold, min_confidence, baseline, device, settings: as for `predict_file`.
        output_format: of all files, as for `predict_file`; None: each that of its source.
        on, workers: where files are classified, and how many at a time: as for `train_seeds`.
        quiet: print nothing.

    Raises:
        TuneletError: a file that cannot be read or written, or a worker that cannot be had.
        KeyboardInterrupt: interrupted; what is done is kept.
    """
    job = FileJob(
        run, str(source), Path(output), text=text, encoding=encoding, input_format=input_format,
        output_format=output_format, threshold=threshold, min_confidence=min_confidence, baseline=baseline,
        device=device, settings=settings,
    )  # fmt: skip
    parts = PartsJob(job, Place.of(on, workers))
    if quiet:
        return parts.classify(Unwatched())
    from tunelet._output import console
    from tunelet.console import progress

    with progress(console(stderr=True), unit="files") as watcher:
        return parts.classify(watcher)
