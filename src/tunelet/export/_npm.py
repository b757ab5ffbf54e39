"""Files of packages of npm: fetched once, checked against a fixed checksum, and kept in the cache.

No npm is needed for it. A package is a tarball at a known address of a registry; which registry is read from where npm
reads it. A tarball of another checksum is not opened, wherever it came from.
"""

import base64
import hashlib
import http.client
import io
import os
import re
import sys
import tarfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from tunelet._cache import cache_folder
from tunelet._foreign import ForeignFileError, read_bytes
from tunelet._words import bytes_in_words, shown
from tunelet.errors import DiskError, ExportError
from tunelet.run import write_atomically

_REGISTRY = "https://registry.npmjs.org"
_SECONDS = 30  # without a byte
_PIECE = 2**20  # bytes
_LONG = 10**6  # bytes, which take a while


@dataclass(frozen=True)
class Package:
    """A version of a package.

    Attributes:
        name: with its scope: "@huggingface/tokenizers".
        version: the one whose checksum this is.
        integrity: of its tarball, as npm's lock files have it: "sha512-" and the digest in base64.
        size: bytes of its tarball.
        files: path in the package -> name of the copy.
    """

    name: str
    version: str
    integrity: str
    size: int
    files: Mapping[str, str]

    @property
    def tarball(self) -> str:
        """What `npm pack` calls the file."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    @property
    def path(self) -> str:
        """Where a registry has it."""
        return f"{self.name}/-/{self.name.rpartition('/')[2]}-{self.version}.tgz"

    def is_whole(self, content: bytes) -> bool:
        """Whether these are the bytes of its tarball."""
        return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}" == self.integrity


def package_files(packages: Sequence[Package], place: Path | None = None) -> dict[str, bytes]:
    """The wanted files of all packages: name of the copy -> content.

    Args:
        packages: which ones.
        place: a folder with their tarballs, for a machine that reaches no registry; None: the cache, or the registry.

    Raises:
        ExportError: a tarball cannot be had, is another one, or holds what none should.
    """
    files: dict[str, bytes] = {}
    for package in packages:
        content = _fetched(package, packages) if place is None else _given(package, packages, place)
        files |= _unpacked(package, content)
    return files


def _given(package: Package, packages: Sequence[Package], place: Path) -> bytes:
    path = place / package.tarball
    try:
        content = read_bytes(path, package.size)
    except ForeignFileError as error:
        raise ExportError(f"{path}: {error}", _by_hand(packages)) from None
    if not package.is_whole(content):
        raise ExportError(
            f"{path} is not {package.name} {package.version}: it has another checksum", _by_hand(packages)
        )
    return content


def _fetched(package: Package, packages: Sequence[Package]) -> bytes:
    kept = cache_folder() / "npm" / package.tarball
    with suppress(ForeignFileError):
        content = read_bytes(kept, package.size)
        if package.is_whole(content):
            return content
    registry = _registry()
    host = urlsplit(registry).hostname
    if package.size >= _LONG:
        said = f"downloading {package.name} {package.version} ({bytes_in_words(package.size)}) from {host}, once"
        print(said, file=sys.stderr)
    try:
        content = _downloaded(f"{registry}/{package.path}", package.size)
    except (
        OSError,
        http.client.HTTPException,
        ValueError,
    ) as error:  # what an address, a name server, TLS or HTTP may be in the way of
        raise ExportError(
            f"{package.name} {package.version}, which runs the model in a browser, cannot be had from {host} "
            f"({_reason(error)})",
            _by_hand(packages),
        ) from None
    if not package.is_whole(content):
        raise ExportError(
            f"{host} gives another file for {package.name} {package.version}: its checksum is not that of npm",
            _by_hand(packages),
        )
    _keep(kept, content)
    return content


def _downloaded(address: str, most: int) -> bytes:
    request = urllib.request.Request(address, headers={"User-Agent": "tunelet"})  # noqa: S310  (http or https: _registry)
    content = io.BytesIO()
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        while piece := answer.read(_PIECE):
            content.write(piece)
            if content.tell() > most:
                raise ValueError(f"the answer is longer than {bytes_in_words(most)}")
    return content.getvalue()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # it is the answer, too
        return f"HTTP {error.code}"
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return str(reason) or type(error).__name__


def _registry() -> str:
    """The address that the environment or ~/.npmrc gives to npm, or npm's own."""
    named = next((value for name, value in os.environ.items() if name.lower() == "npm_config_registry" and value), None)
    where = "NPM_CONFIG_REGISTRY"
    if named is None:
        with suppress(RuntimeError, ForeignFileError):  # no home; no such file
            content = read_bytes(Path.home() / ".npmrc", 2**20).decode("utf-8", "replace")
            lines = re.findall(r"(?m)^[ \t]*registry[ \t]*=[ \t]*(\S+)[ \t]*$", content)
            named, where = (lines[-1].strip("'\""), "registry= in ~/.npmrc") if lines else (None, where)
    if named is None:
        return _REGISTRY
    parts = urlsplit(named)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ExportError(  # whose value may hold a password, and is not shown
            f"{where}: expected the address of a registry, without a password in it", f"write for example {_REGISTRY}"
        )
    return named.rstrip("/")


def _by_hand(packages: Sequence[Package]) -> str:
    names = " ".join(f"{package.name}@{package.version}" for package in packages)
    return f"on a machine with a network, npm pack {names}; then pass runtime='FOLDER' with these files in it"


def _keep(path: Path, content: bytes) -> None:
    """Put a file into the cache, whole; where that cannot be written, it is fetched again."""
    with suppress(DiskError):
        write_atomically(path, lambda part: part.write_bytes(content))


def _unpacked(package: Package, content: bytes) -> dict[str, bytes]:
    """The wanted files of a tarball. Nothing is written here, and names in it are never used as paths."""
    what = f"the tarball of {package.name} {package.version}"
    hint = "fetch it anew with npm pack"
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                parts = PurePosixPath(member.name).parts
                if member.name.startswith("/") or ".." in parts or not (member.isreg() or member.isdir()):
                    raise ExportError(f"{what} holds {shown(member.name)}, which leads out of it", hint)
                name = "/".join(parts[1:])
                if name in package.files and (file := archive.extractfile(member)) is not None:
                    found[package.files[name]] = file.read()
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise ExportError(f"{what} cannot be unpacked ({error})", hint) from None
    if missing := [name for name, copy in package.files.items() if copy not in found]:
        raise ExportError(f"{what} does not hold {missing[0]}", hint)
    return found
