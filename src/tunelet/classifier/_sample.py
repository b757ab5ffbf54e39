"""What many files will take to classify, from some texts of some of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tunelet.classifier._base import TextClassifier
from tunelet.classifier._files import FileJob
from tunelet.classifier._named import Named
from tunelet.data import row_texts
from tunelet.scale import Cost, Workers

_TEXTS = 48  # of a file, from its first rows


@dataclass(frozen=True)
class Sample:
    """What was seen of a file.

    Attributes:
        rows, bytes: of the whole file.
        seconds: that a row takes, with reading and classifying.
    """

    rows: int
    bytes: int
    seconds: float


def sample_of(job: FileJob, size: int, model: TextClassifier) -> Sample:
    """Read a file of so many bytes and classify some of its texts; nothing is written. Raises DataError."""
    named, begun = Named.of(job.run), time.monotonic()
    with job.opened(named) as (source, columns, _, _):
        stream = source.rows
        chunk = next(iter(stream.chunks()), None)
        if chunk is None:
            return Sample(0, size, 0.0)
        texts = row_texts(chunk.table(columns.texts), columns, clean_markup=named.task.clean_markup, start=chunk.start)
    reading = (time.monotonic() - begun) / max(stream.rows, 1)
    some = sorted(texts[:: -(-len(texts) // _TEXTS)], key=len)
    readable = [text for text in some if text]
    model.probabilities_of_cleaned(readable[:1])  # what is done once is done
    begun = time.monotonic()
    model.probabilities_of_cleaned(readable)
    return Sample(stream.rows, size, reading + (time.monotonic() - begun) / max(len(some), 1))


def cost_of(samples: Sequence[Sample], sizes: Sequence[int], workers: Workers) -> Cost:
    """Of files of these bytes; their rows are as long as those of the samples.

    Args:
        samples: at least one.
        sizes: bytes of every file.
        workers: that classify them.
    """
    rows, seen = sum(sample.rows for sample in samples), sum(sample.bytes for sample in samples)
    per_byte = median(sample.seconds for sample in samples) * rows / max(seen, 1)
    # One file is one worker's, so that the largest is the least that it can take.
    elapsed = per_byte * max(sum(sizes) / workers.count, max(sizes))
    return Cost(elapsed, per_byte * sum(sizes) * workers.cores, workers.count, workers.cores)
