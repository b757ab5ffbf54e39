"""What an audit found, as it is printed with `--json` and kept in `audit.json` of a run.

Each finding has its record in its own file. Rows are counted from 1, in the part that they are in, as a person counts
them below a header.
"""

from collections.abc import Mapping

from tunelet._choice import Choice
from tunelet._record import FileRecord
from tunelet.audit._balance import BalanceRecord
from tunelet.audit._boilerplate import BoilerplateRecord
from tunelet.audit._columns import ColumnRecord
from tunelet.audit._copies import CopiesRecord, OverlapRecord
from tunelet.audit._giveaways import GiveawayRecord
from tunelet.audit._lengths import LengthsRecord, VocabularyRecord
from tunelet.audit._markup import MarkupRecord
from tunelet.audit._part import PartRecord
from tunelet.audit._suspects import SuspectsRecord


class AuditRecord(FileRecord):
    """What was found in labelled texts.

    Attributes:
        source, format, text_column, label_column, test_source: what was read, as in `data.json`.
        parts: part -> its texts.
        balance: of the training labels.
        copies: within the training texts.
        overlaps: of training and validation texts with what is measured on.
        suspects: labels that may be wrong; None: they were not looked for.
        lengths: of the training texts.
        vocabulary: None: there was no tokenizer.
        markup, boilerplate, giveaways, columns: of the training texts.
        left_out: what was not looked for -> why.
        seconds: that the audit took.
    """

    source: str
    format: str
    text_column: Choice[str]
    label_column: Choice[str] | None
    test_source: str | None
    parts: Mapping[str, PartRecord]
    balance: BalanceRecord
    copies: CopiesRecord
    overlaps: tuple[OverlapRecord, ...]
    suspects: SuspectsRecord | None
    lengths: LengthsRecord
    vocabulary: VocabularyRecord | None
    markup: MarkupRecord
    boilerplate: tuple[BoilerplateRecord, ...]
    giveaways: tuple[GiveawayRecord, ...]
    columns: tuple[ColumnRecord, ...]
    left_out: Mapping[str, str]
    seconds: float


def without_texts(record: AuditRecord) -> AuditRecord:
    """The same counts without texts of the data, and without words that stand in them."""
    copies, markup = record.copies, record.markup
    suspects, vocabulary = record.suspects, record.vocabulary
    return record.changed(
        copies=copies.changed(examples=(), contradictions=()),
        overlaps=tuple(overlap.changed(examples=()) for overlap in record.overlaps),
        suspects=suspects and suspects.changed(examples=()),
        vocabulary=vocabulary and vocabulary.changed(examples=()),
        markup=markup.changed(examples=()),
        boilerplate=(),
        giveaways=(),
    )
