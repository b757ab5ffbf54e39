"""The bench room: tunelet against the stock stack, side by side, in one run, on this machine.

Every figure that the documentation shows comes from a document that it wrote.
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.bench._document import check_writable, write_document
    from tunelet.bench._predict import PredictBench, bench_predict
    from tunelet.bench._train import TrainBench, bench_train

__all__ = ["PredictBench", "TrainBench", "bench_predict", "bench_train", "check_writable", "write_document"]

__getattr__ = lazy_exports(
    __name__,
    {
        "_document": ("check_writable", "write_document"),
        "_predict": ("PredictBench", "bench_predict"),
        "_train": ("TrainBench", "bench_train"),
    },
)
