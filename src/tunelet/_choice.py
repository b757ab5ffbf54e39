"""Every automatic choice is a value with its reason; screens, `doctor` and the run folder show both."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# What people type for a thing that is called otherwise here, where the letters are no help.
_OTHER_NAMES = {
    "gpu": "cuda",
    "nvidia": "cuda",
    "metal": "mps",
    "fp32": "float32",
    "bf16": "bfloat16",
}


@dataclass(frozen=True)
class Choice(Generic[T]):
    """What was chosen, and why, as the end of the sentence "VALUE: ..."."""

    value: T
    reason: str


def nearest(typed: str, valid: Iterable[str], section: str = "") -> str:
    """The hint that follows a wrong name: the nearest valid one, with its section, or all when none is near."""
    names = sorted(valid)
    other = _OTHER_NAMES.get(typed.lower())
    # The cost of a match grows with the length squared.
    close = [other] if other in names else difflib.get_close_matches(typed[:100], names, n=1, cutoff=0.6)
    return f"did you mean {f'{section}.{close[0]}'.lstrip('.')!r}?" if close else f"valid: {', '.join(names)}"
