"""The environment variables that tunelet and its libraries read, looked at before a library is.

A library converts them while it is imported and fails in words of its own (`invalid literal for int()`), or says
something on stderr and goes on with another value. Here they are named, with what they take.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from tunelet._cache import own_temporary
from tunelet._words import shown
from tunelet.errors import TuneletError


@dataclass(frozen=True)
class _Form:
    """What a variable takes: a pattern for the whole of it, in words, and an example."""

    pattern: re.Pattern[str]
    words: str
    example: str
    secret: bool = False  # the value may hold a password


_COUNT = _Form(re.compile(r"0*[1-9]\d{0,5}"), "a whole number from 1 on", "4")
_SECONDS = _Form(re.compile(r"0*[1-9]\d{0,5}"), "a whole number of seconds from 1 on", "10")
_WHOLE = _Form(re.compile(r"-?\d{1,18}"), "a whole number", "0")
_PLACES = _Form(re.compile(r"\d{1,6}"), "a whole number", "80")
_NUMBER = _Form(re.compile(r"\d{1,6}(\.\d{0,6})?"), "a number", "1")
_FORMS = {
    "OMP_NUM_THREADS": _Form(re.compile(r"0*[1-9]\d{0,5}(,\d{1,6})*"), "a whole number from 1 on", "4"),
    # Anything else makes the OpenMP library wait for ever as torch is imported.
    "GOMP_CPU_AFFINITY": _Form(
        re.compile(r"\d{1,6}(-\d{1,6}(:\d{1,6})?)?([ ,]+\d{1,6}(-\d{1,6}(:\d{1,6})?)?)*"), "numbers of cores", "0-3"
    ),
    "MKL_NUM_THREADS": _COUNT,
    "OPENBLAS_NUM_THREADS": _COUNT,
    "RAYON_NUM_THREADS": _COUNT,
    "LOKY_MAX_CPU_COUNT": _COUNT,
    "HF_HUB_DOWNLOAD_TIMEOUT": _SECONDS,
    "HF_HUB_ETAG_TIMEOUT": _SECONDS,
    "HF_ENDPOINT": _Form(re.compile(r"https?://[^\s/]\S*"), "an address", "https://huggingface.co", secret=True),
    "HF_DATASETS_IN_MEMORY_MAX_SIZE": _Form(re.compile(r"\d{1,15}(\.\d*)?"), "a number of bytes", "0"),
    "JOBLIB_MULTIPROCESSING": _WHOLE,
    "SKLEARN_WORKING_MEMORY": _WHOLE,
    "SOURCE_DATE_EPOCH": _Form(re.compile(r"\d{1,10}"), "a number of seconds", "0"),
    "LOCAL_RANK": _WHOLE,
    "WORLD_SIZE": _WHOLE,
    # tqdm converts its own as it is imported.
    **dict.fromkeys(("TQDM_INITIAL", "TQDM_NCOLS", "TQDM_NROWS", "TQDM_POSITION"), _PLACES),
    **dict.fromkeys(
        ("TQDM_DELAY", "TQDM_MAXINTERVAL", "TQDM_MININTERVAL", "TQDM_MINITERS", "TQDM_SMOOTHING", "TQDM_TOTAL"), _NUMBER
    ),
    "TQDM_UNIT_DIVISOR": _COUNT,
    "TUNELET_NATIVE": _Form(re.compile(r"[01]"), "0 or 1", "0"),
}


def check_variables() -> None:
    """Raise TuneletError where a variable is set to what it does not take; give a user without a home a place.

    An empty variable counts as none, and is taken away: libraries differ in what they make of it.
    """
    if sys.flags.optimize > 1:
        raise TuneletError(
            "Python was started with -OO or PYTHONOPTIMIZE=2, and transformers reads docstrings, which that removes",
            "use -O or PYTHONOPTIMIZE=1, or neither",
        )
    for name, form in _FORMS.items():
        value = os.environ.get(name, "").strip()
        if not value:
            os.environ.pop(name, None)
        elif not form.pattern.fullmatch(value):
            written = "something else" if form.secret else shown(value)
            raise TuneletError(
                f"the environment variable {name} takes {form.words}, found {written}",
                f"for example {name}={form.example}, or unset {name}",
            )
    try:
        Path.home()
    except RuntimeError:  # libraries would make a folder called "~" in the working directory
        os.environ.setdefault("HF_HOME", str(own_temporary() / "huggingface"))
        os.environ.setdefault("MPLCONFIGDIR", str(own_temporary() / "matplotlib"))
