"""The run room: the folder that a training run leaves behind, and the only place that knows its file names.

Everything is written to a temporary name and renamed; a run in progress lies at `NAME.partial` until it is whole.
Each folder lists what tunelet wrote into it: nothing else is replaced or removed, and no file of a run is read that has
changed since.
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports
from tunelet._writing import disk_errors, new_folders, refuse_link, write_atomically
from tunelet.run._adaptation import AdaptationData, AdaptationFigures, AdaptedTexts
from tunelet.run._as_model import refuse_run_as_model
from tunelet.run._at_work import at_work
from tunelet.run._choices import BudgetChoices, Choices, MachineChoices
from tunelet.run._data import (
    DataRecord,
    DivisionRecord,
    NumbersRecord,
    SplitRecord,
    SplitTokens,
    TokensRecord,
    UnlabelledRecord,
    UsedTexts,
)
from tunelet.run._environment import environment, forget_peak_memory, peak_memory_bytes
from tunelet.run._environment_record import BudgetRecord, CheckpointRecord, Environment, EnvironmentRecord
from tunelet.run._evaluation import (
    Cost,
    ErrorRecord,
    EvaluationRecord,
    Findings,
    RivalRecord,
    WithoutTfidf,
)
from tunelet.run._explanations import (
    Explanation,
    ExplanationsRecord,
    LabelsExplanation,
    NumberExplanation,
    RatingExplanation,
    Word,
)
from tunelet.run._export import (
    INT8S,
    PAGES,
    RECORD,
    ExportFolder,
    ExportRecord,
    Form,
    OriginRecord,
    QuantisedRecord,
    parse_export,
    read_export,
)
from tunelet.run._files import TrainingFolder
from tunelet.run._folder import CheckpointFolder, RunFolder
from tunelet.run._group import RunGroup, group_metrics, seed_folder, seed_folders
from tunelet.run._history import HistoryLine
from tunelet.run._mark import MARK, Mark, contents_of, is_marked, mark_of, seal, write_mark
from tunelet.run._names import default_folder, find_partial, free_folder, numbered
from tunelet.run._parity import FigureRecord, ParityRecord
from tunelet.run._replacing import check_place, write_files
from tunelet.run._run import Run
from tunelet.run._sealed import Sealed
from tunelet.run._shaped import (
    GROUPS,
    SUMMARIES,
    MultilabelSummary,
    OrdinalSummary,
    ShapedError,
    ShapedEvaluation,
    ShapedMetrics,
    ShapedRival,
    ShapedSummary,
    ValueSummary,
    thresholds_in,
)
from tunelet.run._study import (
    DimensionRecord,
    PrunerName,
    Setting,
    Study,
    StudyFiles,
    StudyPlan,
    StudyRecord,
    TrialRecord,
    setting_in_words,
)
from tunelet.run._summary import EvaluatedOn, GroupFacts, GroupSummary, RunFacts, SeedsWarning, Summary
from tunelet.run._task import Task
from tunelet.run._words import (
    any_rivals_of,
    candidates_in_words,
    choice_label,
    choices_in_words,
    chosen_on,
    dropped_in_words,
    kept_in_words,
    kept_name,
    learner,
    measured_on,
    rivals_of,
    soft_in_words,
    split_in_words,
)

if TYPE_CHECKING:
    from tunelet.run._baseline import read_baseline, write_baseline
    from tunelet.run._predictions import write_predictions
    from tunelet.run._seen import count_seen, split_of_run, write_seen

__all__ = [
    "GROUPS",
    "INT8S",
    "MARK",
    "PAGES",
    "RECORD",
    "SUMMARIES",
    "AdaptationData",
    "AdaptationFigures",
    "AdaptedTexts",
    "BudgetChoices",
    "BudgetRecord",
    "CheckpointFolder",
    "CheckpointRecord",
    "Choices",
    "Cost",
    "DataRecord",
    "DimensionRecord",
    "DivisionRecord",
    "Environment",
    "EnvironmentRecord",
    "ErrorRecord",
    "EvaluatedOn",
    "EvaluationRecord",
    "Explanation",
    "ExplanationsRecord",
    "ExportFolder",
    "ExportRecord",
    "FigureRecord",
    "Findings",
    "Form",
    "GroupFacts",
    "GroupSummary",
    "HistoryLine",
    "LabelsExplanation",
    "MachineChoices",
    "Mark",
    "MultilabelSummary",
    "NumberExplanation",
    "NumbersRecord",
    "OrdinalSummary",
    "OriginRecord",
    "ParityRecord",
    "PrunerName",
    "QuantisedRecord",
    "RatingExplanation",
    "RivalRecord",
    "Run",
    "RunFacts",
    "RunFolder",
    "RunGroup",
    "Sealed",
    "SeedsWarning",
    "Setting",
    "ShapedError",
    "ShapedEvaluation",
    "ShapedMetrics",
    "ShapedRival",
    "ShapedSummary",
    "SplitRecord",
    "SplitTokens",
    "Study",
    "StudyFiles",
    "StudyPlan",
    "StudyRecord",
    "Summary",
    "Task",
    "TokensRecord",
    "TrainingFolder",
    "TrialRecord",
    "UnlabelledRecord",
    "UsedTexts",
    "ValueSummary",
    "WithoutTfidf",
    "Word",
    "any_rivals_of",
    "at_work",
    "candidates_in_words",
    "check_place",
    "choice_label",
    "choices_in_words",
    "chosen_on",
    "contents_of",
    "count_seen",
    "default_folder",
    "disk_errors",
    "dropped_in_words",
    "environment",
    "find_partial",
    "forget_peak_memory",
    "free_folder",
    "group_metrics",
    "is_marked",
    "kept_in_words",
    "kept_name",
    "learner",
    "mark_of",
    "measured_on",
    "new_folders",
    "numbered",
    "parse_export",
    "peak_memory_bytes",
    "read_baseline",
    "read_export",
    "refuse_link",
    "refuse_run_as_model",
    "rivals_of",
    "seal",
    "seed_folder",
    "seed_folders",
    "setting_in_words",
    "soft_in_words",
    "split_in_words",
    "split_of_run",
    "thresholds_in",
    "write_atomically",
    "write_baseline",
    "write_files",
    "write_mark",
    "write_predictions",
    "write_seen",
]

# What reads and writes tables loads pyarrow.
__getattr__ = lazy_exports(
    __name__,
    {
        "_baseline": ("read_baseline", "write_baseline"),
        "_predictions": ("write_predictions",),
        "_seen": ("count_seen", "split_of_run", "write_seen"),
    },
)
