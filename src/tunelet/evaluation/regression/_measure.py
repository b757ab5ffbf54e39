"""How good predicted numbers are: point estimates and their intervals.

| figure | 95 % interval |
| --- | --- |
| mean absolute error, RMSE, mean width | Student's on the scale of logarithms |
| R squared | Student's of log(1 - R^2), by the delta method |
| correlations | Fisher's z with the variance of the draws |
| coverage | Wilson's |

Student's degrees of freedom are those that the spread itself is worth: it is the less known the heavier the tails of
the errors are. Squared errors of heavy tails are made by a few texts, of which a sample may have none: then RMSE, R
squared and Pearson's correlation are still in too few of their intervals (docs/evaluation.md has figures), and the mean
absolute error decides.
"""

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import Drawn
from tunelet.evaluation._correlations import FEWEST, correlation_bounds
from tunelet.evaluation._intervals import CONFIDENCE, share_interval
from tunelet.evaluation._ranks import LEAST_SPREAD
from tunelet.evaluation._uncertainty import UNDEFINED, Bounds, split_bounds
from tunelet.evaluation.regression._draws import Resampled
from tunelet.evaluation.regression._metrics import VALUE_NAMES, ValueMetrics
from tunelet.evaluation.regression._predictions import ValuePredictions

Floats = NDArray[np.float64]
_SQUARES = 30  # texts, for what squared errors decide
_NO_ERROR = "no text has an error: how large others are is unknown"


def estimate(predictions: ValuePredictions) -> ValueMetrics:
    """Every metric of the predictions, at least one, without intervals."""
    values = Resampled(predictions).metrics(np.ones((1, len(predictions))))
    return ValueMetrics.model_validate(
        {**{name: float(values[name][0]) for name in VALUE_NAMES}, "n": len(predictions)}
    )


def with_intervals(metrics: ValueMetrics, predictions: ValuePredictions, draws: Drawn) -> ValueMetrics:
    """The metrics of these predictions with their intervals, computed from existing draws."""
    n, errors = len(predictions), predictions.values - predictions.targets
    squares = errors**2
    bounds: dict[str, Bounds] = {
        "mae": log_interval(metrics.mae, np.abs(errors)),
        "rmse": log_interval(metrics.rmse, squares, power=0.5, fewest=_SQUARES),
        "r2": _explained(metrics, squares, predictions.targets),
        "coverage": UNDEFINED,
        "width": UNDEFINED,
    }
    if predictions.covered is not None and predictions.widths is not None:
        bounds["coverage"] = share_interval(int(predictions.covered.sum()), n)
        if metrics.width is not None:
            bounds["width"] = log_interval(metrics.width, predictions.widths)
    for name in ("pearson", "spearman"):
        bounds[name] = correlation_bounds(metrics.values[name], draws.values[name], n)
    return metrics.with_intervals(*split_bounds({name: bounds[name] for name in VALUE_NAMES}))


def log_interval(value: float, terms: Floats, power: float = 1.0, fewest: int = FEWEST) -> Bounds:
    """Student's interval of `terms.mean() ** power` on the scale of logarithms, or why there is none.

    Args:
        value: that figure.
        terms: of each text, not negative, [n].
        power: of the mean.
        fewest: texts that there must be.
    """
    if len(terms) < fewest:
        return f"fewer than {fewest} texts"
    mean = float(terms.mean())
    if mean <= 0.0:
        return _NO_ERROR
    spread = float(terms.std(ddof=1))
    if spread <= LEAST_SPREAD * mean:
        return "all texts have the same: how others vary is unknown"
    reach = _student(terms) * power * spread / mean / len(terms) ** 0.5
    return value * float(np.exp(-reach)), value * float(np.exp(reach))


def _explained(metrics: ValueMetrics, squares: Floats, targets: Floats) -> Bounds:
    """1 - R^2 is a ratio of two means, of squared errors and of squared distances from the mean of the targets."""
    n = len(squares)
    if metrics.r2 is None:
        return UNDEFINED
    if n < _SQUARES:
        return f"fewer than {_SQUARES} texts"
    left = 1 - metrics.r2
    if left <= 0.0:
        return _NO_ERROR
    apart = (targets - targets.mean()) ** 2
    influence = squares / squares.mean() - apart / apart.mean()
    reach = float(np.exp(_student(influence) * float(influence.std(ddof=1)) / n**0.5))
    return 1 - left * reach, 1 - left / reach


def _student(terms: Floats) -> float:
    """Student's quantile for the mean of terms [n], not all alike, whose spread is estimated from them.

    The variance of their variance is, for a large n, (kurtosis - 1) / n times its square; that of chi squared is 2 over
    its degrees of freedom. So many are taken: about n of normal terms, down to 2 where one term makes all the spread.
    """
    from scipy.stats import t as student_t

    n, apart = len(terms), terms - terms.mean()
    kurtosis = float((apart**4).mean()) / float((apart**2).mean()) ** 2
    freedom = min(n - 1.0, 2 * n / max(kurtosis - 1, 1e-9))
    return float(student_t.ppf((1 + CONFIDENCE) / 2, freedom))
