"""95 % interval of a correlation, or of an agreement between -1 and 1, by Fisher's z (1921).

The variance on the scale of z = artanh(r) is that of the draws, so ties and tails are allowed for. It is taken to be at
least a quarter of what normal numbers would have, (1 + r^2 / 2) / (n - 3) (Bonett and Wright 2000): of few texts the
draws may hardly vary.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._intervals import CONFIDENCE
from tunelet.evaluation._uncertainty import UNDEFINED, Bounds

FEWEST = 10  # texts
_PERFECT = 1 - 1e-9


def correlation_bounds(value: float, draws: NDArray[np.float64], n: int) -> Bounds:
    """The interval, or why there is none.

    Args:
        value: between -1 and 1; NaN where undefined.
        draws: of it on resamples, [draws]; NaN where undefined.
        n: texts.
    """
    from scipy.stats import t as student_t

    if math.isnan(value):
        return UNDEFINED
    if n < FEWEST:
        return f"fewer than {FEWEST} texts"
    if abs(value) > _PERFECT:
        return "all texts agree perfectly: how far others would not is unknown"
    drawn = np.arctanh(np.clip(draws[~np.isnan(draws)], -_PERFECT, _PERFECT))
    plain = (1 + value**2 / 2) / (n - 3)
    variance = max(float(np.var(drawn)) if len(drawn) > 1 else 0.0, plain / 4)
    reach = float(student_t.ppf((1 + CONFIDENCE) / 2, n - 2)) * variance**0.5
    middle = math.atanh(value)
    return math.tanh(middle - reach), math.tanh(middle + reach)
