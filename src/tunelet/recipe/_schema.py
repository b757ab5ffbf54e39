"""What an experiment may say. A field's description is its documentation everywhere: in TOML comments and in the docs.

No field is optional: "nothing" is spelled `0`, `""` or `"auto"`, for TOML has no null and a resolved recipe names all.
Every number has a lower and an upper bound, so that no library is given one that it cannot hold; `examples` are what
errors suggest where the default would say nothing.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from tunelet.recipe._adapter import AdapterSettings
from tunelet.recipe._evaluation import EvaluationSettings
from tunelet.recipe._model import ModelSettings
from tunelet.recipe._section import Section

# What pandas, spreadsheets and databases write where there is nothing: never what somebody calls a class.
MISSING_LABELS = (
    "nan", "<NA>", "NaT", "null", "(null)", "N/A", "#N/A", "#NA", "\\N",
    "#NULL!", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!",
)  # fmt: skip

_SHORTEST = 8  # tokens of a text, special ones included

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class DataSettings(Section):
    """Which rows are trained on, and how they become tokens."""

    text_column: str | list[str] = Field(
        "",
        description="column of the texts, or a list of columns that are read together; empty: recognised",
        examples=["review"],
    )
    label_column: str = Field("", description="column of the labels; empty: recognised", examples=["stars"])
    task: Literal["auto", "multiclass", "multilabel", "ordinal", "regression"] = Field(
        "auto",
        description="shape of the labels. multiclass: one label a text, of two or more; multilabel: any number of "
        "labels a text, also none, as a list or with a separator between them; ordinal: one rating a text, a number "
        "whose distance to others counts; regression: any number; auto: one of the first two, recognised",
    )
    label_separator: str = Field(
        "",
        max_length=20,
        description="what stands between several labels of a text; empty: recognised",
        examples=[";"],
    )
    group_column: str = Field(
        "",
        description="column of what no split divides, such as the author of each text; empty: none",
        examples=["author"],
    )
    time_column: str = Field(
        "",
        description="column of dates or numbers, by which the newest texts validate; empty: time does not decide",
        examples=["date"],
    )
    split_column: str = Field(
        "",
        description="column that says of each row whether it is for train, validation or test; empty: none",
        examples=["split"],
    )
    split_from: str = Field(
        "",
        description="folder of a run whose split is made again: its texts are on the side where they were there; "
        "empty: none",
        examples=["runs/first"],
    )
    label_names: dict[str, str] = Field(
        default_factory=dict,
        description="names for label values, such as {0 = 'negative', 1 = 'positive'}",
        examples=[{"0": "negative", "1": "positive"}],
    )
    join_labels: bool = Field(
        False,
        description="whether labels that look alike (case, spaces, hyphens) become one, spelt as most of them are",
    )
    missing_labels: list[str] = Field(
        default_factory=lambda: list(MISSING_LABELS), description="words that stand for no label, in any case"
    )
    min_texts_per_label: int = Field(
        0,
        ge=0,
        le=10**9,
        description="fewest texts of a label; labels with fewer are left out; 0: none is, one text is an error",
    )
    encoding: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_.:-]*$",
        description="encoding of text files that are not UTF-8, such as cp1252; empty: they are refused",
    )
    delimiter: Literal["auto", "comma", "semicolon", "tab", "bar"] = Field(
        "auto", description="what separates the fields of CSV, TSV and TXT files; auto: recognised by their first rows"
    )
    max_bytes: int = Field(
        4 * 2**30, ge=1024, le=2**62, description="most bytes of a file once decompressed; a cell counts 64 or more"
    )
    max_cell: int = Field(1_000_000, ge=1, le=2**31 - 1, description="most characters of one cell")
    clean_markup: bool = Field(
        True, description="whether <br /> becomes a line break, HTML entities become characters, and tags go"
    )
    drop_duplicates: bool = Field(
        True, description="whether of a repeated text one copy is kept, and none where its labels disagree"
    )
    audit: bool = Field(True, description="whether the data is looked through, as `tunelet audit` does")
    limit: int = Field(
        0, ge=0, le=10**12, description="rows drawn at random before the split, label shares kept; 0: all"
    )
    balanced: bool = Field(False, description="whether equally many rows of each label are drawn")
    validation: Literal["auto", "held-out", "cross-validation"] = Field(
        "auto",
        description="how validation texts are chosen. held-out: some rows are not trained on; cross-validation: every "
        "row is predicted by a model that did not see it, then one is trained on all; auto: cross-validation for fewer "
        "than 2,000 texts that are short enough",
    )
    validation_size: float = Field(0.2, gt=0.0, lt=1.0, description="share of the rows that are held out")
    folds: int = Field(
        5, ge=2, le=100, description="folds of a cross-validation; never more than there are distinct texts"
    )
    fold_tokens: int = Field(
        400_000,
        ge=0,
        le=10**12,
        description="most tokens that all folds together train on, where validation is auto; beyond them there are "
        "fewer folds, or rows are held out once",
    )
    split_seed: int = Field(
        -1, ge=-1, lt=2**32, description="random seed of drawing and splitting rows; -1: training.seed"
    )
    unlabelled_tokens: int = Field(
        1_000_000,
        ge=1_000,
        le=10**12,
        description="most tokens of unlabelled texts (--unlabelled) that are learnt from; the texts are drawn "
        "at random",
    )
    max_length: int = Field(
        512,
        ge=0,
        le=10**6,
        description="most tokens kept of a text, or in a window of it, at most what the model can read; 0: as many as "
        "it can read, else 8 or more",
    )
    truncation: Literal["head", "tail", "head+tail", "windows"] = Field(
        "head+tail",
        description="what is read of a long text: its head, its tail, head+tail (a quarter at the start, the rest at "
        "the end), or windows: all of it, part by part",
    )
    window_overlap: float = Field(
        0.125,
        ge=0.0,
        le=10**6,
        description="what two neighbouring windows have in common, where truncation is windows: below 1 a share of a "
        "window, else tokens; half a window at most",
    )
    max_windows: int = Field(
        8, ge=1, le=10_000, description="most windows of a text, where truncation is windows; what lies beyond is cut"
    )

    @field_validator("max_length")
    @classmethod
    def _has_room_for_special_tokens(cls, value: int) -> int:
        if 0 < value < _SHORTEST:
            raise PydanticCustomError("max_length", f"should be 0, or {_SHORTEST} or more")
        return value

    def longest(self, model: int) -> int:
        """Most tokens of a text, or of a window of it, for a model that can read so many at once."""
        return min(self.max_length or model, model)

    def most_tokens(self, model: int = 10**6) -> int:
        """Most tokens that a text comes to, in all its windows, for a model that can read so many at once."""
        return self.longest(model) * (self.max_windows if self.truncation == "windows" else 1)


class TrainingSettings(Section):
    """How it is trained."""

    probe: bool = Field(
        True,
        description="whether the head begins as a logistic regression on the frozen encoder (Kumar et al. 2022)",
    )
    epochs: int = Field(3, ge=1, le=1000, description="passes over the training rows")
    min_steps: int = Field(
        0, ge=0, le=10**7, description="fewest optimizer steps, reached by more epochs; 0: no lower bound"
    )
    max_steps: int = Field(
        0, ge=0, le=10**9, description="most optimizer steps, kept by fewer epochs; 0: no upper bound"
    )
    max_tokens: int = Field(
        0, ge=0, le=10**12, description="most tokens that are trained on, all epochs together; 0: no upper bound"
    )
    batch_size: int = Field(16, ge=1, le=10**6, description="texts of a batch")
    gradient_accumulation: int = Field(1, ge=1, le=10**6, description="batches of an optimizer step")
    learning_rate: float = Field(1e-3, gt=0.0, le=1.0, description="peak learning rate of the adapter")
    full_learning_rate: float = Field(
        5e-5, gt=0.0, le=1.0, description="peak learning rate of all weights, where adapter.method is full"
    )
    head_learning_rate: float = Field(
        1e-3, gt=0.0, le=1.0, description="peak learning rate of the head, where the backbone is frozen"
    )
    rate_batch: int = Field(
        0,
        ge=0,
        le=10**6,
        description="texts of the optimizer step that the learning rates are meant for; for a step of other size they "
        "are scaled by the square root of the ratio; 0: they are not scaled",
    )
    weight_decay: float = Field(0.01, ge=0.0, lt=1.0, description="weight decay of AdamW, on matrices only")
    warmup: Fraction = Field(
        0.06, description="share of the steps in which the learning rate rises from 0; then it falls to 0 linearly"
    )
    max_grad_norm: float = Field(1.0, gt=0.0, le=1e9, description="norm that gradients are clipped to")
    label_smoothing: float = Field(0.0, ge=0.0, lt=1.0, description="share of the target spread over all labels")
    loss: Literal["cross-entropy", "focal"] = Field(
        "cross-entropy",
        description="loss that is lowered. focal: answers that are right already count less (Lin et al. 2017)",
    )
    focal_gamma: float = Field(
        2.0, ge=0.0, le=10.0, description="how much less they count, where training.loss is focal; 0: no less"
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none", description="weights of the labels in the loss; balanced: rare labels weigh more"
    )
    sampling: Literal["all", "balanced"] = Field(
        "all",
        description="texts of an epoch. all: each once; balanced: as many, drawn so that every label has as many",
    )
    best_metric: Literal[
        "accuracy", "f1", "f1_macro", "f1_micro", "f1_samples", "f1_weighted", "roc_auc", "average_precision", "mae",
        "rmse", "r2", "quadratic_kappa", "spearman", "log_loss",
    ] = Field(
        "log_loss",
        description="metric of the validation texts that decides which epoch is kept, one that the labels' shape has; "
        "of numbers log_loss is rmse",
    )  # fmt: skip
    early_stopping: int = Field(
        0,
        ge=0,
        le=1000,
        description="evaluations without a better best_metric after which training stops; 0: it never does",
    )
    activations_gib: float = Field(
        8.0,
        ge=0.0,
        le=1e6,
        description="most GiB on disk for hidden states below the lowest adapter, kept between epochs",
    )
    seed: int = Field(
        1, ge=0, lt=2**32, description="random seed of the head, the order of the texts, dropout and the split"
    )
    track: list[Literal["tensorboard", "mlflow", "wandb", "trackio"]] = Field(
        default_factory=list,
        description="live views, through Accelerate's trackers; pip install 'tunelet[track]'",
        examples=[["tensorboard"]],
    )
    checkpoint_seconds: float = Field(
        60.0, gt=0.0, le=1e9, description="longest time between two checkpoints, in seconds"
    )


class Recipe(Section):
    """One experiment: data, model, adapter, training, evaluation. Frozen; `with_settings` makes a changed copy.

    >>> from tunelet.recipe import resolve_recipe, with_settings
    >>> recipe = with_settings(resolve_recipe("quickstart"), {"training.epochs": 5})
    >>> recipe.name, recipe.training.epochs
    ('quickstart', 5)
    """

    name: str = Field(
        "custom",
        min_length=1,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="name of the recipe, which run folders begin with",
    )
    description: str = Field("", description="one line about it for `tunelet recipes`")
    data: DataSettings = Field(default_factory=lambda: DataSettings())
    model: ModelSettings = Field(default_factory=lambda: ModelSettings())
    adapter: AdapterSettings = Field(default_factory=lambda: AdapterSettings())
    training: TrainingSettings = Field(default_factory=lambda: TrainingSettings())
    evaluation: EvaluationSettings = Field(default_factory=lambda: EvaluationSettings())
