"""What the files of a run folder must hold, at least, for the commands that read them.

Files are validated once, when they are read. Entries beyond these are let through: a later version may write more.
"""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tunelet._foreign import ForeignFileError, parse_json

Number = int | float
Metric = Number | None
Interval = tuple[Metric, Metric] | None


class Record(BaseModel):
    """An object of JSON: no value is read from one of another kind, and no number is infinite."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)


class Confusion(Record):
    labels: list[str]
    matrix: list[list[int]]


class ClassRecord(Record):
    label: str
    n: int
    precision: Metric
    recall: Metric
    f1: Metric


class SummaryRecord(Record):
    """`metrics.json` of a run."""

    evaluated_on: Literal["test", "validation"]
    n: int
    positive: str | None
    confusion: Confusion
    per_class: list[ClassRecord]
    accuracy: Number
    accuracy_ci: list[Metric] | None = None
    precision: Metric
    recall: Metric
    f1: Metric
    f1_weighted: Metric
    f1_macro: Metric
    roc_auc: Metric
    average_precision: Metric
    log_loss: Number
    ece: Number
    trainable_parameters: int
    total_parameters: int
    folds: int
    kept: Literal["adapter", "adapter + unlabelled", "probe"]
    blend: Number
    encoder_weight: Number
    epochs: int
    best_epoch: int
    steps: int
    planned_steps: int
    train_seconds: Number
    seconds: Number
    tokens_per_second: Number
    peak_memory_bytes: int
    seed: int
    model: str
    random_weights: bool
    temperature: Number
    threshold: Number | None


class GroupRecord(Record):
    """`metrics.json` of several seeds."""

    seeds: list[int]
    evaluated_on: Literal["test", "validation"]
    folds: int
    accuracies: list[Number]
    n: int
    positive: str | None
    accuracy: Number
    accuracy_sd: Number
    log_loss: Number
    roc_auc: Metric
    train_seconds: Number
    model: str
    random_weights: bool


class ReasonedChoice(Record):
    value: str
    reason: str


class Part(Record):
    rows: int
    labels: dict[str, int]
    sha256: str


class PartTokens(Record):
    tokens: int
    cut: int


class TokensRecord(Record):
    max_length: int
    parts: dict[str, PartTokens]


class UsedTexts(Record):
    rows: int
    tokens: int


class UnlabelledRecord(Record):
    """Of `data.json`: the texts without labels."""

    source: str
    format: str
    text_column: ReasonedChoice
    dropped: dict[str, int]
    rows: int
    sha256: str
    used: UsedTexts


class DataRecord(Record):
    """`data.json`."""

    source: str
    format: str
    test_source: str | None
    text_column: ReasonedChoice
    text_columns: list[str]
    label_column: ReasonedChoice | None
    label_names: list[str]
    dropped: dict[str, int]
    notes: list[str]
    warnings: list[str]
    labels_left_out: list[str]
    parts: dict[str, Part]
    tokens: TokensRecord
    unlabelled: UnlabelledRecord | None


class BegunDataRecord(Record):
    """`data.json` as far as going on with a run needs it."""

    parts: dict[str, Any]
    unlabelled: UnlabelledRecord | None = None  # of `adapt` the parts are all there is


class CheckpointRecord(Record):
    name: str
    origin: str
    hub_id: str | None
    revision: str | None
    weights_sha256: str | None


class EnvironmentRecord(Record):
    """`environment.json`."""

    versions: dict[str, str]
    processor: str
    cores: int | None
    checkpoint: CheckpointRecord
    choices: dict[str, ReasonedChoice]


class Cost(Record):
    latency_seconds: Number
    latency_texts: int
    tokens_per_second: Number
    saved_bytes: int
    base_bytes: int


class ErrorRecord(Record):
    id: str
    text: str
    tokens: int
    label: str
    predicted: str
    probability: Number


class TemperatureRecord(Record):
    value: Number
    n: int
    cross_fitted: bool
    before: dict[str, Metric]
    after: dict[str, Metric]
    reliability: list[dict[str, Any]]


class BaselineRecord(Record):
    name: str
    seconds: Number
    metrics: dict[str, Any]
    curves: list[dict[str, Any]]
    pair: dict[str, Any]


class CandidateRecord(Record):
    name: str
    log_loss: Number
    accuracy: Number


class KeptRecord(Record):
    name: Literal["adapter", "adapter + unlabelled", "probe"]
    blend: Number
    encoder_weight: Number
    reason: str
    candidates: list[CandidateRecord]


class EvaluationRecord(Record):
    """`evaluation.json`."""

    curves: list[dict[str, Any]]
    reliability: list[dict[str, Any]]
    temperature: TemperatureRecord
    threshold: dict[str, Any] | None
    lengths: list[dict[str, Any]]
    errors: list[ErrorRecord]
    wrong: int
    baseline: BaselineRecord | None
    probe: BaselineRecord | None
    kept: KeptRecord
    cost: Cost


class HistoryLine(Record):
    """A line of `history.jsonl`: losses every few steps, metrics of the validation texts after each epoch."""

    step: int
    epoch: Number
    loss: Number | None = None
    learning_rate: Number | None = None
    head_learning_rate: Number | None = None
    validation: dict[str, Number] | None = None


Shape = TypeVar("Shape")


def parse_record(content: bytes, shape: type[Record]) -> dict[str, Any]:
    """A JSON object that has the shape, as it stands. Raises ForeignFileError."""
    found = parse_json(as_text(content))
    check_shape(found, shape)
    return dict(found)


def parse_lines(content: bytes, shape: type[Record]) -> list[dict[str, Any]]:
    """JSON objects of one shape, one a line. Raises ForeignFileError."""
    found = []
    for number, line in enumerate(as_text(content).splitlines(), 1):
        try:
            value = parse_json(line)
            check_shape(value, shape)
        except ForeignFileError as error:
            raise ForeignFileError(f"line {number}: {error}") from None
        found.append(value)
    return found


def check_shape(value: Any, shape: type[Shape]) -> Shape:
    """The value as the shape. Raises ForeignFileError, whose message names the first entry that does not fit."""
    try:
        return TypeAdapter(shape).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = repr(".".join(map(str, first["loc"]))) if first["loc"] else "the whole"
        said = "should be an object" if first["type"] == "model_type" else first["msg"].removeprefix("Input ")
        raise ForeignFileError(f"{where} {'is missing' if first['type'] == 'missing' else said}") from None
    except RecursionError:
        raise ForeignFileError("nested too deep") from None


def as_text(content: bytes) -> str:
    """UTF-8. Raises ForeignFileError."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ForeignFileError(f"not UTF-8 at byte {error.start}") from None
