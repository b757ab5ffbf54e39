"""The one family of errors that a user may meet: each says what was expected, what was found and what to type."""

_LONGEST = 400  # characters of a word; a name in a folder has 255 at most


class TuneletError(Exception):
    """The user's input is at fault; the command line prints one line and ends with exit status 2.

    >>> try:
    ...     tunelet.Run.load("runs/absent")
    ... except tunelet.TuneletError as error:
    ...     print(error)
    runs/absent: no such run folder; tunelet train prints the folder of each run

    Args:
        message: what was expected and what is there instead, one sentence without a final full stop.
        hint: what to type or change, one sentence without a final full stop. There is always something: an error that
            leaves its reader without a next step is unfinished. It names arguments as they are passed (`text='COL'`,
            `out=...` for any value); the command line turns them into its options (`--text COL`, `--out`).
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type["TuneletError"], tuple[str, str]]:
        return type(self), (self.message, self.hint)  # processes hand errors to each other

    def __str__(self) -> str:
        return " ".join(map(_shortened, f"{self.message}; {self.hint}".split()))


def _shortened(word: str) -> str:
    """A word of a line; of one that is longer than any name that a file can have, its ends."""
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST // 2]}...{word[-_LONGEST // 2 :]}"


class RecipeError(TuneletError):
    """A recipe, or a setting given for it, cannot be used."""


class DataError(TuneletError):
    """A data source cannot be read, or what it holds cannot be trained on."""


class ModelError(TuneletError):
    """A checkpoint cannot be found, trusted or adapted."""


class RunError(TuneletError):
    """A run folder is missing, incomplete, in the way, or belongs to another recipe."""


class BenchError(TuneletError):
    """A measurement was asked for that cannot be made."""


class ServeError(TuneletError):
    """A service cannot be started as it was asked for."""


class DiskError(RunError):
    """The disk refuses to be written: it is full, or not ours."""


class ExportError(RunError):
    """A run cannot be exported so, or the export does not give what the run gives."""
