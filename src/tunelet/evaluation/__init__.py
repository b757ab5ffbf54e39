"""The evaluation room: predictions become metrics, with an interval for each that says how far to trust it.

Everything here is computed from true labels and probabilities alone; nothing knows a model, a file or a figure.
"""

from tunelet.evaluation._bootstrap import LEVEL, resampled_metrics
from tunelet.evaluation._calibration import expected_calibration_error
from tunelet.evaluation._metrics import METRIC_NAMES, ClassMetrics, Metrics, measure
from tunelet.evaluation._predictions import Predictions, positive_label

__all__ = [
    "LEVEL",
    "METRIC_NAMES",
    "ClassMetrics",
    "Metrics",
    "Predictions",
    "expected_calibration_error",
    "measure",
    "positive_label",
    "resampled_metrics",
]
