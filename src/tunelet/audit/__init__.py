"""The audit room: what is wrong with labelled texts before anybody trains on them, as a record and row by row.

It knows texts, labels and tokenizers, no trained model of anybody's; a file of it holds one finding. The room can be
called: `tunelet.audit("reviews.csv")`.
"""

from tunelet._lazy import callable_room
from tunelet.audit._audit import Audited, audit_parts
from tunelet.audit._boilerplate import BoilerplateRecord
from tunelet.audit._columns import ColumnRecord
from tunelet.audit._confident import Confident, confident_learning
from tunelet.audit._copies import CopiesRecord, OverlapRecord, PairRecord, of_each_kind
from tunelet.audit._giveaways import GiveawayRecord
from tunelet.audit._lengths import LengthsRecord, Reader, VocabularyRecord
from tunelet.audit._part import ExampleRecord, Part
from tunelet.audit._record import AuditRecord, without_texts
from tunelet.audit._rows import COLUMNS, RowFindings
from tunelet.audit._suspects import Doubts, SuspectRecord, SuspectsRecord, suspects
from tunelet.audit._verb import Audit, audit

__all__ = [
    "COLUMNS",
    "Audit",
    "AuditRecord",
    "Audited",
    "BoilerplateRecord",
    "ColumnRecord",
    "Confident",
    "CopiesRecord",
    "Doubts",
    "ExampleRecord",
    "GiveawayRecord",
    "LengthsRecord",
    "OverlapRecord",
    "PairRecord",
    "Part",
    "Reader",
    "RowFindings",
    "SuspectRecord",
    "SuspectsRecord",
    "VocabularyRecord",
    "audit",
    "audit_parts",
    "confident_learning",
    "of_each_kind",
    "suspects",
    "without_texts",
]

callable_room(__name__, audit)
