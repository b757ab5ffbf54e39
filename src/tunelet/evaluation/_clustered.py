"""95 % interval of a share whose single decisions go together: all labels of a text, a text's error of several steps.

A share of decisions is not binomial where the decisions of a text depend on each other, nor is the mean of figures
between 0 and 1. As in surveys, where people of one house are asked (Rao and Scott 1992; Korn and Graubard 1998), the
design effect says how much more than a binomial share it varies; the interval is Wilson's for as many decisions as
there are, divided by that effect, and by what Student's quantile is larger than the normal one: the effect is
estimated.
"""

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._intervals import CONFIDENCE, Z, share_interval

Floats = NDArray[np.float64]


def effective_size(hits: NDArray[np.number], sizes: NDArray[np.number]) -> float:
    """As many independent decisions as tell as much about the share `hits.sum() / sizes.sum()`; 0.0 without decisions.

    Args:
        hits: of each text, between 0 and its size, [n].
        sizes: decisions of each text, 0 or more, [n].
    """
    from scipy.stats import t as student_t

    decisions = float(sizes.sum())
    texts = int((sizes > 0).sum())
    if not texts:
        return 0.0
    share = float(hits.sum()) / decisions
    smooth = (float(hits.sum()) + 0.5) / (decisions + 1)
    doubt = smooth * (1 - smooth)
    rests = hits - share * sizes
    # One decision more, whose text has the mean number of them, stands for what the data do not show: where all are
    # right, each text counts once.
    together = decisions / texts
    effect = (float((rests**2).sum()) + together * doubt) / (decisions * share * (1 - share) + doubt)
    student = float(student_t.ppf((1 + CONFIDENCE) / 2, max(texts - 1, 1)))
    return decisions / effect * (Z / student) ** 2


def clustered_interval(hits: NDArray[np.number], sizes: NDArray[np.number]) -> tuple[float, float] | None:
    """95 % interval of `hits.sum() / sizes.sum()`, where texts are independent and their decisions are not.

    Args:
        hits, sizes: as `effective_size` has them.

    Returns:
        Low and high; None where there is no decision.
    """
    worth = effective_size(hits, sizes)
    if not worth:
        return None
    return share_interval(float(hits.sum()) / float(sizes.sum()) * worth, worth)
