"""The data room: texts with labels from any source, cleaned, split without leaks, tokenised and cut into batches.

It knows nothing of a model's weights; importing it loads neither torch, pandas nor pyarrow.
"""

from tunelet.data._batches import Batch, evaluation_batches, filled, gather, split_batch, training_batches
from tunelet.data._chunks import chunks
from tunelet.data._clean import reading_from, row_texts, texts_of
from tunelet.data._columns import KNOWN_NAMES, NO_TEXT_WORDS, TEXT_NAMES, Columns, choose_columns, listed
from tunelet.data._duplicates import codes_of, exact_keys, fingerprints, normalise
from tunelet.data._encode import Encoder, Truncation
from tunelet.data._examples import Examples
from tunelet.data._fields import clean_fields, join_fields, joined, shown_fields, split_fields
from tunelet.data._file_settings import FILE_KEYS, file_settings
from tunelet.data._folds import FoldLimits, deal, folds, tokens_about
from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._groups import copies, groups_of, units
from tunelet.data._joined import Joined
from tunelet.data._kept_copies import kept_copies
from tunelet.data._label_indices import label_indices
from tunelet.data._label_space import ONE_LABEL, LabelSpace, TaskName
from tunelet.data._labels import label_name, ordered
from tunelet.data._markup import CONTROLS, clean
from tunelet.data._masking import Masking
from tunelet.data._membership import Membership
from tunelet.data._near_duplicates import FEWEST_WORDS, SIMILAR, Copies, duplicate_groups, find_copies, similarity
from tunelet.data._objects import is_object, object_at, objects_below
from tunelet.data._outputs import OUTPUTS, SOFTMAX, Output
from tunelet.data._prepare import Prepared, prepare
from tunelet.data._raw import SPLITS, RawTable
from tunelet.data._read import read, read_tables
from tunelet.data._reading import Reading
from tunelet.data._sample import sample_rows
from tunelet.data._shape import is_null, is_number
from tunelet.data._shingles import Shingles, shingles, words_of
from tunelet.data._soft import matching_columns
from tunelet.data._spaces import label_space
from tunelet.data._spans import TokenSpans, token_spans
from tunelet.data._spellings import as_known, look, renamed_in_words, some
from tunelet.data._split import newest, split
from tunelet.data._stored import taken
from tunelet.data._stream import STANDARD, Streamed, streamed
from tunelet.data._tokens import Tokens, tokenise
from tunelet.data._unit import PLAIN, Unit
from tunelet.data._unlabelled import Unlabelled, draw, read_unlabelled
from tunelet.data._unreadable import unreadable
from tunelet.data._validating import SplitFacts
from tunelet.data._windows import Windows
from tunelet.data.readers._files import format_of
from tunelet.data.readers._settings import FileSettings
from tunelet.data.readers.streams._chunk import Chunk, TableStream
from tunelet.data.readers.streams._whole import WholeTable
from tunelet.data.writers._names import free_names
from tunelet.data.writers._rows import OutputForm, output_form, write_rows

__all__ = [
    "CONTROLS",
    "FEWEST_WORDS",
    "FILE_KEYS",
    "KNOWN_NAMES",
    "NO_TEXT_WORDS",
    "ONE_LABEL",
    "OUTPUTS",
    "PLAIN",
    "SIMILAR",
    "SOFTMAX",
    "SPLITS",
    "STANDARD",
    "TEXT_NAMES",
    "UNFOLLOWED",
    "Batch",
    "Chunk",
    "Columns",
    "Copies",
    "Encoder",
    "Examples",
    "FileSettings",
    "FoldLimits",
    "Follower",
    "Joined",
    "LabelSpace",
    "Masking",
    "Membership",
    "Output",
    "OutputForm",
    "Prepared",
    "RawTable",
    "Reading",
    "Shingles",
    "SplitFacts",
    "Streamed",
    "TableStream",
    "TaskName",
    "TokenSpans",
    "Tokens",
    "Truncation",
    "Unit",
    "Unlabelled",
    "WholeTable",
    "Windows",
    "as_known",
    "choose_columns",
    "chunks",
    "clean",
    "clean_fields",
    "codes_of",
    "copies",
    "deal",
    "draw",
    "duplicate_groups",
    "evaluation_batches",
    "exact_keys",
    "file_settings",
    "filled",
    "find_copies",
    "fingerprints",
    "folds",
    "format_of",
    "free_names",
    "gather",
    "groups_of",
    "is_null",
    "is_number",
    "is_object",
    "join_fields",
    "joined",
    "kept_copies",
    "label_indices",
    "label_name",
    "label_space",
    "listed",
    "look",
    "matching_columns",
    "newest",
    "normalise",
    "object_at",
    "objects_below",
    "ordered",
    "output_form",
    "prepare",
    "read",
    "read_tables",
    "read_unlabelled",
    "reading_from",
    "renamed_in_words",
    "row_texts",
    "sample_rows",
    "shingles",
    "shown_fields",
    "similarity",
    "some",
    "split",
    "split_batch",
    "split_fields",
    "streamed",
    "taken",
    "texts_of",
    "token_spans",
    "tokenise",
    "tokens_about",
    "training_batches",
    "units",
    "unreadable",
    "words_of",
    "write_rows",
]
