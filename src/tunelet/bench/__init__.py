"""The bench room: tunelet against the stock stack, side by side, in one run, on this machine.

Every figure that the documentation shows comes from a document that it wrote; `measurements/` at the root of the
repository is written on these names.
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.bench._predict import PredictBench, bench_predict
    from tunelet.bench._train import MORE_STEPS, TrainBench, bench_train
    from tunelet.bench._tunelet_training import training_step
    from tunelet.bench.harness._coverage import (
        SHAPES,
        SIZES,
        Tally,
        difference_coverage,
        models_of,
        paired_coverage,
        score_coverage,
        share_coverage,
    )
    from tunelet.bench.harness._document import check_writable, commit, write_document
    from tunelet.bench.harness._lengths import imdb_lengths
    from tunelet.bench.harness._shape_coverage import (
        LABELLINGS,
        Labelling,
        labelling_coverage,
        labelling_pair_coverage,
    )
    from tunelet.bench.harness._sources import find_model
    from tunelet.bench.harness._subject import Subject
    from tunelet.bench.harness._tables import Table, arm_cells, missing, show_document, tables
    from tunelet.bench.harness._worker import ArmFailed, Desk, run_once
    from tunelet.bench.rivals._stock import adapted_model, rows_in_order, stock_tokenizer, without_dropout

__all__ = [
    "LABELLINGS",
    "MORE_STEPS",
    "SHAPES",
    "SIZES",
    "ArmFailed",
    "Desk",
    "Labelling",
    "PredictBench",
    "Subject",
    "Table",
    "Tally",
    "TrainBench",
    "adapted_model",
    "arm_cells",
    "bench_predict",
    "bench_train",
    "check_writable",
    "commit",
    "difference_coverage",
    "find_model",
    "imdb_lengths",
    "labelling_coverage",
    "labelling_pair_coverage",
    "missing",
    "models_of",
    "paired_coverage",
    "rows_in_order",
    "run_once",
    "score_coverage",
    "share_coverage",
    "show_document",
    "stock_tokenizer",
    "tables",
    "training_step",
    "without_dropout",
    "write_document",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_predict": (
            "PredictBench",
            "bench_predict",
        ),
        "_train": (
            "MORE_STEPS",
            "TrainBench",
            "bench_train",
        ),
        "_tunelet_training": ("training_step",),
        "harness._coverage": (
            "SHAPES",
            "SIZES",
            "Tally",
            "difference_coverage",
            "models_of",
            "paired_coverage",
            "score_coverage",
            "share_coverage",
        ),
        "harness._document": (
            "check_writable",
            "commit",
            "write_document",
        ),
        "harness._lengths": ("imdb_lengths",),
        "harness._shape_coverage": (
            "LABELLINGS",
            "Labelling",
            "labelling_coverage",
            "labelling_pair_coverage",
        ),
        "harness._sources": ("find_model",),
        "harness._subject": ("Subject",),
        "harness._tables": (
            "Table",
            "arm_cells",
            "missing",
            "show_document",
            "tables",
        ),
        "harness._worker": (
            "ArmFailed",
            "Desk",
            "Labelling",
            "run_once",
        ),
        "rivals._stock": (
            "adapted_model",
            "rows_in_order",
            "stock_tokenizer",
            "without_dropout",
        ),
    },
)
