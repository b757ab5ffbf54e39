"""Which texts a run has seen, as fingerprints, and how they were split.

By them `evaluate` says that it is asked about texts that the run knows, and another training splits as this one did.
Fingerprints of short texts can be guessed: the file stays on this machine, as predictions do, and `push` leaves it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tunelet._writing import write_atomically
from tunelet.data import SPLITS, Membership, fingerprints
from tunelet.errors import RunError
from tunelet.run._run import Run


def write_seen(path: Path, split: Membership) -> None:
    """Columns part, fingerprint and fold (from 1; null where no fold holds the text out), a row a text."""
    table = pa.table(
        {
            "part": pa.array([SPLITS[part] for part in split.parts]).dictionary_encode(),
            "fingerprint": pa.array(split.keys),
            "fold": pa.array(split.folds, mask=split.folds == 0),
        }
    )
    write_atomically(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def count_seen(content: bytes, texts: Sequence[str]) -> dict[str, int]:
    """How many of these texts are in each part. Raises ValueError where the content is something else."""
    try:
        table = pq.read_table(pa.BufferReader(content))
        part, known = table["part"].to_numpy(), table["fingerprint"].to_numpy()
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(str(error)) from None
    asked = fingerprints(texts)
    return {name: int(np.isin(asked, known[part == name]).sum()) for name in ("train", "validation")}


def split_of_run(path: str) -> Membership:
    """The split of a finished run, to be made again. Raises RunError where it has none that is kept."""
    run = Run.load(path)
    folder = run.folder
    if not run.files.lists(folder.seen):
        raise RunError(f"{path} does not hold its split", "name a run that was trained on this machine: split_from=...")
    return run.files.read(folder.seen, lambda content: _parsed(content, path))


def _parsed(content: bytes, source: str) -> Membership:
    """Raises ValueError where the content is something else, RunError where folds are missing that there were."""
    try:
        table = pq.read_table(pa.BufferReader(content))
        keys, names = table["fingerprint"].to_numpy(), table["part"].to_pylist()
        parts = np.array([SPLITS.index(name) for name in names], dtype=np.int8)
        known = "fold" in table.column_names
        folds = np.array(
            [fold or 0 for fold in table["fold"].to_pylist()] if known else [0] * len(keys), dtype=np.int16
        )
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(str(error)) from None
    if not folds.any() and SPLITS.index("validation") not in parts:
        raise RunError(
            f"{source} was cross-validated by an earlier version of tunelet, which did not keep its folds",
            "name a run that was trained since: split_from=...",
        )
    order = np.argsort(keys)
    return Membership(keys[order], parts[order], folds[order], source)
