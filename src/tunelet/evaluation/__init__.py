"""The evaluation room: predictions become metrics, with an interval for each that says how far to trust it.

Everything here is computed from true labels and probabilities alone (the baseline: from texts; the probe: from an
encoder's features); nothing knows an encoder, a file or a figure.
"""

from tunelet.evaluation._baseline import (
    Baseline,
    OutOfFold,
    baseline_out_of_fold,
    baselines_by_fold,
    cross_validated_baseline,
    train_baseline,
)
from tunelet.evaluation._blend import Blend, Gain, cross_fitted, fit_blend, fit_weights
from tunelet.evaluation._bootstrap import Draws, resampled_metrics
from tunelet.evaluation._by_character import intercepts, logits_by_character
from tunelet.evaluation._calibration import (
    ReliabilityBin,
    calibration_noise,
    cross_fitted_temperature,
    expected_calibration_error,
    fit_temperature,
    log_probabilities,
    reliability,
    scaled_probabilities,
    with_temperature,
)
from tunelet.evaluation._confusions import confusions
from tunelet.evaluation._curves import (
    Curve,
    CurveKind,
    DrawnCurve,
    LabelCurves,
    curve_records,
    macro_roc_curve,
    precision_recall_curve,
    roc_curve,
)
from tunelet.evaluation._deletion import DeletionPoint, Faithfulness, faithfulness
from tunelet.evaluation._intervals import CONFIDENCE, difference_interval, share_interval
from tunelet.evaluation._kept import STUDENT, Kept, KeptName, KeptRecord, choose_kept
from tunelet.evaluation._linear import log_losses
from tunelet.evaluation._measure import measure
from tunelet.evaluation._metrics import METRIC_NAMES, ClassMetrics, Confusion, Measured, Metrics, metric_words
from tunelet.evaluation._ngrams import Ngrams
from tunelet.evaluation._paired import (
    McNemar,
    Pair,
    compare_draws,
    compare_predictions,
    holm,
    mcnemar,
)
from tunelet.evaluation._predictions import Predictions, positive_index, positive_label
from tunelet.evaluation._probe import Probe, probe_losses, probe_out_of_fold, train_probe
from tunelet.evaluation._seeds import SeedDraws, SeedMetrics, draw_models, measure_seeds, summarise
from tunelet.evaluation._select import Candidate, Selection, cross_fitted_selection, select
from tunelet.evaluation._slices import LengthSlice, by_length, confident_errors
from tunelet.evaluation._temperature import Temperature, TemperatureRecord, choose_temperature, temperature_record
from tunelet.evaluation._threshold import (
    Operation,
    Threshold,
    ThresholdRecord,
    aim_in_words,
    check_aim,
    choose_threshold,
    operate,
    threshold_record,
)
from tunelet.evaluation._uncertainty import Shares, split_bounds
from tunelet.evaluation._verdict import against_baseline, p_value, verdict
from tunelet.evaluation._warnings import (
    Commonest,
    FigureWarning,
    commonest,
    label_warnings,
    seen_warning,
    training_warnings,
)

__all__ = [
    "CONFIDENCE",
    "METRIC_NAMES",
    "STUDENT",
    "Baseline",
    "Blend",
    "Candidate",
    "ClassMetrics",
    "Commonest",
    "Confusion",
    "Curve",
    "CurveKind",
    "DeletionPoint",
    "DrawnCurve",
    "Draws",
    "Faithfulness",
    "FigureWarning",
    "Gain",
    "Kept",
    "KeptName",
    "KeptRecord",
    "LabelCurves",
    "LengthSlice",
    "McNemar",
    "Measured",
    "Metrics",
    "Ngrams",
    "Operation",
    "OutOfFold",
    "Pair",
    "Predictions",
    "Probe",
    "ReliabilityBin",
    "SeedDraws",
    "SeedMetrics",
    "Selection",
    "Shares",
    "Temperature",
    "TemperatureRecord",
    "Threshold",
    "ThresholdRecord",
    "against_baseline",
    "aim_in_words",
    "baseline_out_of_fold",
    "baselines_by_fold",
    "by_length",
    "calibration_noise",
    "check_aim",
    "choose_kept",
    "choose_temperature",
    "choose_threshold",
    "commonest",
    "compare_draws",
    "compare_predictions",
    "confident_errors",
    "confusions",
    "cross_fitted",
    "cross_fitted_selection",
    "cross_fitted_temperature",
    "cross_validated_baseline",
    "curve_records",
    "difference_interval",
    "draw_models",
    "expected_calibration_error",
    "faithfulness",
    "fit_blend",
    "fit_temperature",
    "fit_weights",
    "holm",
    "intercepts",
    "label_warnings",
    "log_losses",
    "log_probabilities",
    "logits_by_character",
    "macro_roc_curve",
    "mcnemar",
    "measure",
    "measure_seeds",
    "metric_words",
    "operate",
    "p_value",
    "positive_index",
    "positive_label",
    "precision_recall_curve",
    "probe_losses",
    "probe_out_of_fold",
    "reliability",
    "resampled_metrics",
    "roc_curve",
    "scaled_probabilities",
    "seen_warning",
    "select",
    "share_interval",
    "split_bounds",
    "summarise",
    "temperature_record",
    "threshold_record",
    "train_baseline",
    "train_probe",
    "training_warnings",
    "verdict",
    "with_temperature",
]
