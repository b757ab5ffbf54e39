"""Whatever goes wrong between here and the Hugging Face Hub, as one line that says what to type.

`huggingface_hub` speaks HTTP through `httpx` or `httpx2`, depending on its version, and wraps failures in errors of
its own; they are told apart by status code and by the names of their classes, so that neither HTTP library is imported
here.
"""

import errno
import re
from collections.abc import Iterator
from typing import Literal

from tunelet._words import first_line
from tunelet.errors import DataError, ModelError, TuneletError
from tunelet.hub._stall import StalledError

Kind = Literal["model", "dataset"]

LOCAL_DATA_HINT = "without the Hub these work: a local file or folder, or `sample`"


def endpoint() -> str:
    """The address of the Hub in use (HF_ENDPOINT), for the screen."""
    from huggingface_hub import constants

    return without_credentials(constants.ENDPOINT)


def without_credentials(text: str) -> str:
    """A text in which the addresses name neither user nor password."""
    return re.sub(r"(\w+://)[^/\s'\"]*@", r"\1", text)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _names(error: BaseException) -> set[str]:
    return {base.__name__ for base in type(error).__mro__}


def _status(error: BaseException) -> int | None:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def out_of_reach(error: BaseException) -> str | None:
    """Why the Hub cannot be used at all just now, as a clause; None when `error` is about the repository."""
    for link in _chain(error):
        names, status = _names(link), _status(link)
        if "OfflineModeIsEnabled" in names:
            return "HF_HUB_OFFLINE is set"
        if status is not None:
            return f"{endpoint()} answered {status}" if status == 429 or status >= 500 else None
        if isinstance(link, StalledError):
            return f"no answer from {endpoint()} for {link.seconds:g} s"
        if names & {"TimeoutException", "TimeoutError"}:
            return f"no answer from {endpoint()} in time"
        if "ProxyError" in names:
            return f"the proxy lets nothing through to {endpoint()}"
        if "TransportError" in names or isinstance(link, ConnectionError):
            return f"no connection to {endpoint()}"
        if names & {"FileMetadataError", "JSONDecodeError"}:
            return f"{endpoint()} does not answer like a Hugging Face Hub"
    return None


def explain(error: BaseException, repo_id: str, kind: Kind, *, offline_hint: str) -> TuneletError:
    """The one line for `error`, met while asking for the repository `repo_id`.

    Args:
        error: what `huggingface_hub`, its HTTP library or the file system raised.
        repo_id: the repository, as the user would type it.
        kind: decides between ModelError and DataError, and the words.
        offline_hint: what would work without the Hub, a sentence without a final full stop.
    """
    family = ModelError if kind == "model" else DataError
    noun = "model" if kind == "model" else "data set"
    page = f"{endpoint()}/{'datasets/' if kind == 'dataset' else ''}{repo_id.partition('@')[0]}"

    for link in _chain(error):
        names, status = _names(link), _status(link)
        if "GatedRepoError" in names:
            return family(
                f"the {noun} {repo_id!r} is gated: the Hub answered {status} for its files",
                f"ask for access at {page}, then type `hf auth login`",
            )
        if "RevisionNotFoundError" in names:
            return family(
                f"the {noun} {repo_id!r} has no such revision on the Hub", f"its branches are listed at {page}"
            )
        if "EntryNotFoundError" in names and status is not None:
            return family(
                f"a file of the {noun} {repo_id!r} is missing on the Hub ({status})", f"look at {page}/tree/main"
            )
        if status == 401:
            return family(
                f"the Hub answered 401 for {noun} {repo_id!r}: there is none, or it is private, or the token wrong",
                "check the spelling of OWNER/NAME, or type `hf auth login`",
            )
        if status == 403:
            return family(f"the Hub refuses the {noun} {repo_id!r} to this token (403)", f"look at {page}")
        if status == 404:
            return family(f"there is no {noun} {repo_id!r} on the Hub (404)", "check the spelling of OWNER/NAME")
        if "HFValidationError" in names:
            return family(f"{repo_id!r} is not the id of a {noun}, which is OWNER/NAME", "check the spelling")
        if isinstance(link, OSError) and link.errno == errno.ENOSPC:
            return family(
                f"no space left on the disk for the {noun} {repo_id!r}", "set HF_HOME to a folder on a larger disk"
            )
        if isinstance(link, PermissionError):
            return family(f"cannot write {link.filename!r} in the Hub's cache", "set HF_HOME to a folder of your own")

    if (reason := out_of_reach(error)) is not None:
        return family(f"cannot get the {noun} {repo_id!r}: {reason}", offline_hint)
    reason = without_credentials(first_line(error, without="no message"))
    return family(f"cannot get the {noun} {repo_id!r} from the Hub: {type(error).__name__}: {reason}", offline_hint)
