"""Which texts a run has seen, as fingerprints: so that `evaluate` can say that it is asked about texts it knows.

Fingerprints of short texts can be guessed: the file stays on this machine, as predictions do, and `push` leaves it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tunelet._writing import write_atomically
from tunelet.data import normalise

_BYTES = 8


def write_seen(path: Path, parts: Mapping[str, Sequence[str]]) -> None:
    """Columns part and fingerprint, a row a text.

    Args:
        path: of a Parquet file.
        parts: "train" and, where rows were held out, "validation" with their texts.
    """
    names = [name for name, texts in parts.items() for _ in texts]
    prints = np.concatenate([fingerprints(texts) for texts in parts.values()])
    table = pa.table({"part": pa.array(names).dictionary_encode(), "fingerprint": pa.array(prints)})
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


def fingerprints(texts: Sequence[str]) -> np.ndarray:
    """uint64 [n]: equal for texts that count as copies of one another."""
    digests = [
        hashlib.blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest() for text in texts
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8")
