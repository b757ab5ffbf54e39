"""What `adapt` writes beside the checkpoint that it makes."""

from collections.abc import Mapping

from tunelet._choice import Choice
from tunelet._record import FileRecord, Record


class AdaptedTexts(Record):
    """Texts that were learnt from, or held out."""

    rows: int
    sha256: str


class AdaptationData(FileRecord):
    """`data.json` of further pretraining; attributes as in `DataRecord`."""

    source: str
    format: str
    text_column: Choice[str]
    dropped: Mapping[str, int]
    notes: tuple[str, ...]
    parts: Mapping[str, AdaptedTexts]


class AdaptationFigures(FileRecord):
    """`metrics.json` of further pretraining.

    Attributes:
        texts: that were learnt from; held_out: others.
        before, after: mean loss of a hidden word in the held-out texts, in nats.
        tokens: learnt from, all epochs together.
        seconds: of training.
    """

    texts: int
    held_out: int
    before: float
    after: float
    tokens: int
    seconds: float
