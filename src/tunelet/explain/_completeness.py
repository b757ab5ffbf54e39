"""Whether contributions add up, as those of integrated gradients do in the limit of many steps (completeness).

Sundararajan, Taly and Yan 2017, proposition 1.
"""

FIRST_STEPS, MOST_STEPS = 8, 256  # from the reference to a text: tried first, and at most
_ENOUGH = 0.01  # completeness error that is small enough
_NEGLIGIBLE = 1e-3  # log odds that nothing hangs on: where words change next to nothing, rounding is all that is left


def completeness_error(found: float, expected: float) -> float:
    """|found - expected| / |expected|; 0 where both are 0."""
    if expected == 0.0:
        return 0.0 if found == 0.0 else 1.0
    return abs(found - expected) / abs(expected)


def is_complete(found: float, expected: float) -> bool:
    """Whether a sum of contributions is close enough to what it has to be."""
    return completeness_error(found, expected) <= _ENOUGH or abs(found - expected) <= _NEGLIGIBLE
