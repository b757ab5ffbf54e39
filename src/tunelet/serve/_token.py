"""The bearer token: read once from a file that only its owner may change and strangers cannot read."""

import hashlib
import hmac
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from tunelet._foreign import ForeignFileError, open_regular
from tunelet.errors import ServeError

_LONGEST = 4096  # bytes of the file
# RFC 6750, section 2.1; shorter ones can be tried out.
_FORM = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
_MAKE = "make one: (umask 077; openssl rand -hex 32 > token)"


@dataclass(frozen=True)
class Token:
    """A bearer token (RFC 6750) that requests must show. It is kept as a digest, and its repr shows nothing."""

    digest: bytes = field(repr=False)

    def is_shown_by(self, authorization: bytes) -> bool:
        """Whether the value of an Authorization header shows it, in a time that tells nothing of the token."""
        scheme, _, given = authorization.partition(b" ")
        same = hmac.compare_digest(hashlib.sha256(given.strip(b" ")).digest(), self.digest)
        return same and scheme.lower() == b"bearer"


def read_token(path: str | Path) -> Token:
    """The token in a file of one line. Raises ServeError where there is none, or where others may read the file."""
    path = Path(path)
    try:
        with open_regular(path) as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_LONGEST + 1)
    except (ForeignFileError, OSError) as error:
        raise ServeError(f"the token file {path}: {error}", _MAKE) from None
    if os.name != "nt" and mode & (stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO):
        raise ServeError(
            f"the token file {path} is open to others: its mode is {stat.S_IMODE(mode):04o}, expected 0600 or 0640",
            f"take that away: chmod 600 {path}",
        )
    text = content.decode("ascii", "replace").strip()
    if len(content) > _LONGEST or not _FORM.fullmatch(text):
        raise ServeError(
            f"the token file {path} holds no token: expected one line of 16 or more letters, digits and -._~+/", _MAKE
        )
    return Token(hashlib.sha256(text.encode("ascii")).digest())
