"""Numbers, sizes and values as a sentence for a reader has them."""

from collections.abc import Sequence


def interval(bounds: Sequence[float] | None, *, signed: bool = False) -> str:
    """An interval as "0.8000 to 0.9000"; an empty text where it is undefined."""
    if bounds is None:
        return ""
    low, high = (fixed(bound, 4, signed=signed) for bound in bounds)
    return f"{low} to {high}"


def fixed(value: float, decimals: int, *, signed: bool = False) -> str:
    """A number in so many decimals; one that rounds to 0 has no sign, neither - nor +."""
    text = f"{value:{'+' if signed else ''}.{decimals}f}"
    return text if text.strip("+-0.") else text.lstrip("+-")


def number(value: float | None, form: str = ".4f") -> str:
    """A number in a format of Python; None is written "undefined"."""
    return "undefined" if value is None else f"{value:{form}}"


def points(share: float, decimals: int = 1) -> str:
    """A share as a percentage: 56.3 %."""
    return f"{100 * share:.{decimals}f} %"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 0.4 s, 48 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def counted(count: int, noun: str) -> str:
    """A number with its noun: 1 epoch, 2 epochs, 3 classes."""
    several = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else several}"


def bytes_in_words(count: float) -> str:
    """KiB, MiB or GiB, in three figures."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= size:
            value = count / size
            return (
                f"{value:.0f} {unit}"
                if value >= 100
                else f"{value:.1f} {unit}"
                if value >= 10
                else f"{value:.2f} {unit}"
            )
    return f"{count / 1024:.0f} KiB"


def first_line(error: BaseException, without: str = "") -> str:
    """The first line of what an error says, for the middle of a sentence.

    Args:
        error: of any library; its message may have many lines, or none.
        without: stands for a message that is empty; by default the name of the error's class.
    """
    return next(iter(str(error).strip().splitlines()), "") or without or type(error).__name__


def shown(value: object, width: int = 60) -> str:
    """Any value for the middle of a sentence: in quotes where it is text, printable, and never longer than a line."""
    if isinstance(value, str):
        return repr(value if len(value) <= width else f"{value[:width]}...")
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):  # beyond some thousand digits Python refuses to write an integer out
        return repr(value) if abs(value) < 10**width else f"an integer of more than {width} digits"
    try:
        text = repr(value)
    except Exception:  # a foreign object may refuse to be described, or be nested too deep
        text = type(value).__name__
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[:width]}... ({type(value).__name__})"
