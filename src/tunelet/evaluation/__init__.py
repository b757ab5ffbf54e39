"""The evaluation room: predictions become metrics, with an interval for each that says how far to trust it.

Everything here is computed from true labels and probabilities alone (the baseline: from texts; the probe: from an
encoder's features); nothing knows an encoder, a file or a figure. One class a text is the matter of this folder's own
files; several labels, ratings and numbers have a folder each, and what is done alike for all of them asks `_shapes`.
"""

from tunelet.evaluation._baseline import (
    Baseline,
    OutOfFold,
    baseline_out_of_fold,
    baselines_by_fold,
    cross_validated_baseline,
    train_baseline,
)
from tunelet.evaluation._blend import Gain, cross_fitted, fit_blend, fit_weights
from tunelet.evaluation._bootstrap import resampled_metrics
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
from tunelet.evaluation._conformal import (
    Conformal,
    ConformalRecord,
    cross_fitted_value_intervals,
    rating_record,
    rating_scores,
    rating_sets,
    value_intervals,
    value_record,
    value_scores,
)
from tunelet.evaluation._confusions import confusions
from tunelet.evaluation._curves import (
    CurveKind,
    DrawnCurve,
    LabelCurves,
    curve_records,
    macro_roc_curve,
    precision_recall_curve,
    roc_curve,
)
from tunelet.evaluation._decision_blend import blended_decisions, fit_decision_blend
from tunelet.evaluation._deletion import Faithfulness, faithfulness
from tunelet.evaluation._details import AnyDetails, details_of
from tunelet.evaluation._figure_slices import FigureSlice, figures_by_length
from tunelet.evaluation._for_task import ShapedPredictions, predictions_for, scores_of, task_of
from tunelet.evaluation._head import head_costs, head_out_of_fold, train_head
from tunelet.evaluation._intervals import difference_interval, share_interval
from tunelet.evaluation._kept import STUDENT, Kept, KeptName, KeptRecord, choose_kept
from tunelet.evaluation._linear import log_losses
from tunelet.evaluation._mcnemar import McNemar, mcnemar
from tunelet.evaluation._metrics import (
    LOWER_IS_BETTER,
    METRIC_NAMES,
    ClassMetrics,
    Confusion,
    Measured,
    Metrics,
    metric_words,
)
from tunelet.evaluation._ngrams import Ngrams
from tunelet.evaluation._paired import Pair, compare_draws, compare_predictions, holm
from tunelet.evaluation._paired_figures import FigurePair, compare_figure_draws, compare_figures
from tunelet.evaluation._predictions import Predictions, positive_index, positive_label
from tunelet.evaluation._probe import Probe, probe_losses, probe_out_of_fold, train_probe
from tunelet.evaluation._seed_records import AnySeedMetrics, SeedMeasured, SeedMetrics, seed_record
from tunelet.evaluation._seeds import SeedDraws, draw_models, measure_seeds, summarised
from tunelet.evaluation._select import cross_fitted_selection, select
from tunelet.evaluation._shapes import AnyPredictions, measure
from tunelet.evaluation._shares import SharesRecord, share_losses, shares_record
from tunelet.evaluation._side_by_side import (
    AnyPair,
    baseline_verdict,
    compare_models,
    curves_of,
    exactly_right,
    pair_differs,
    pair_verdict,
    reliability_of,
    tested,
)
from tunelet.evaluation._slices import LengthSlice, by_length, confident_errors
from tunelet.evaluation._soft_linear import ShareSolver
from tunelet.evaluation._solver import Solver
from tunelet.evaluation._temperature import Temperature, TemperatureRecord, choose_temperature
from tunelet.evaluation._temperature_for import (
    scaled_for,
    temperature_for,
    temperature_record,
    with_temperature_for,
)
from tunelet.evaluation._threshold import (
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
from tunelet.evaluation._verdict_figures import figure_against_baseline, figure_differs, figure_verdict
from tunelet.evaluation._warnings import (
    Commonest,
    FigureWarning,
    commonest,
    label_warnings,
    seen_warning,
    training_warnings,
)
from tunelet.evaluation._words_baseline import WordsBaseline, cross_validated_words, train_words, words_by_fold
from tunelet.evaluation.multilabel._baseline import (
    cross_validated_multilabel_baseline,
    train_multilabel_baseline,
)
from tunelet.evaluation.multilabel._calibration import (
    choose_scaling,
    decision_reliability,
    scaling_record,
)
from tunelet.evaluation.multilabel._curves import label_curves
from tunelet.evaluation.multilabel._details import InsteadRow, MultilabelDetails, Together
from tunelet.evaluation.multilabel._linear import LabelSolver
from tunelet.evaluation.multilabel._metrics import LabelMetrics, MultilabelMetrics
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.multilabel._thresholds import (
    Thresholds,
    ThresholdsRecord,
    choose_thresholds,
    cross_fitted_thresholds,
    thresholds_record,
)
from tunelet.evaluation.ordinal._cumulative import (
    cross_fitted_rating_temperature,
    cumulative_logits,
    fit_rating_temperature,
    rating_probabilities,
    with_rating_temperature,
)
from tunelet.evaluation.ordinal._details import RatingDetails
from tunelet.evaluation.ordinal._linear import RatingSolver
from tunelet.evaluation.ordinal._metrics import OrdinalMetrics
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.ordinal._temperature import choose_rating_temperature
from tunelet.evaluation.regression._details import ErrorBar, ValueDetails, ValuePoint
from tunelet.evaluation.regression._metrics import ValueMetrics
from tunelet.evaluation.regression._predictions import ValuePredictions
from tunelet.evaluation.regression._ridge import RidgeSolver

__all__ = [
    "LOWER_IS_BETTER", "METRIC_NAMES", "STUDENT", "AnyDetails", "AnyPair", "AnyPredictions", "AnySeedMetrics",
    "Baseline", "ClassMetrics", "Commonest", "Conformal", "ConformalRecord", "Confusion", "CurveKind", "DrawnCurve",
    "ErrorBar", "Faithfulness", "FigurePair", "FigureSlice", "FigureWarning", "Gain", "InsteadRow", "Kept", "KeptName",
    "KeptRecord", "LabelCurves", "LabelMetrics", "LabelSolver", "LengthSlice", "McNemar", "Measured", "Metrics",
    "MultilabelDetails", "MultilabelMetrics", "MultilabelPredictions", "Ngrams", "OrdinalMetrics", "OrdinalPredictions",
    "OutOfFold", "Pair", "Predictions", "Probe", "RatingDetails", "RatingSolver", "ReliabilityBin", "RidgeSolver",
    "SeedDraws", "SeedMeasured", "SeedMetrics", "ShapedPredictions", "ShareSolver", "Shares", "SharesRecord", "Solver",
    "Temperature", "TemperatureRecord", "Threshold", "ThresholdRecord", "Thresholds", "ThresholdsRecord", "Together",
    "ValueDetails", "ValueMetrics", "ValuePoint", "ValuePredictions", "WordsBaseline", "against_baseline",
    "aim_in_words", "baseline_out_of_fold", "baseline_verdict", "baselines_by_fold", "blended_decisions", "by_length",
    "calibration_noise", "check_aim", "choose_kept", "choose_rating_temperature", "choose_scaling",
    "choose_temperature", "choose_threshold", "choose_thresholds", "commonest", "compare_draws", "compare_figure_draws",
    "compare_figures", "compare_models", "compare_predictions", "confident_errors", "confusions", "cross_fitted",
    "cross_fitted_rating_temperature", "cross_fitted_selection", "cross_fitted_temperature", "cross_fitted_thresholds",
    "cross_fitted_value_intervals", "cross_validated_baseline", "cross_validated_multilabel_baseline",
    "cross_validated_words", "cumulative_logits", "curve_records", "curves_of", "decision_reliability", "details_of",
    "difference_interval", "draw_models", "exactly_right", "expected_calibration_error", "faithfulness",
    "figure_against_baseline", "figure_differs", "figure_verdict", "figures_by_length", "fit_blend",
    "fit_decision_blend", "fit_rating_temperature", "fit_temperature", "fit_weights", "head_costs", "head_out_of_fold",
    "holm", "intercepts", "label_curves", "label_warnings", "log_losses", "log_probabilities", "logits_by_character",
    "macro_roc_curve", "mcnemar", "measure", "measure_seeds", "metric_words", "operate", "p_value", "pair_differs",
    "pair_verdict", "positive_index", "positive_label", "precision_recall_curve", "predictions_for", "probe_losses",
    "probe_out_of_fold", "rating_probabilities", "rating_record", "rating_scores", "rating_sets", "reliability",
    "reliability_of", "resampled_metrics", "roc_curve", "scaled_for", "scaled_probabilities", "scaling_record",
    "scores_of", "seed_record", "seen_warning", "select", "share_interval", "share_losses", "shares_record",
    "split_bounds", "summarised", "task_of", "temperature_for", "temperature_record",
    "tested", "threshold_record", "thresholds_record", "train_baseline", "train_head", "train_multilabel_baseline",
    "train_probe", "train_words", "training_warnings", "value_intervals", "value_record", "value_scores", "verdict",
    "with_rating_temperature", "with_temperature", "with_temperature_for", "words_by_fold",
]  # fmt: skip
