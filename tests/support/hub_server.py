"""A small Hub on loopback: the file protocol of huggingface.co as `huggingface_hub` and `datasets` use it.

Two servers, as there are two in reality: one that knows repositories, and one that only has large files ("the CDN"), to
which the first redirects with the headers X-Linked-Size and X-Linked-Etag. Neither speaks Xet, since no header
announces it. Faults are asked for by path: `server.fail("model.safetensors", Cut(after=1_000_000))`.
"""

import base64
import hashlib
import json
import re
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LARGE = (".safetensors", ".parquet", ".bin")


@dataclass(frozen=True)
class Status:
    """Answer with this status instead."""

    code: int
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Cut:
    """Close the connection after so many bytes of the body."""

    after: int


@dataclass(frozen=True)
class Stall:
    """Send so many bytes of the body and then nothing; None: not even the head of the answer."""

    after: int | None = None


Fault = Status | Cut | Stall


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class Repository:
    """Branches of one repository: name -> {path -> content}; a gated one shows its files to nobody."""

    kind: str
    id: str
    branches: dict[str, dict[str, bytes]]
    gated: bool = False

    def commit(self, branch: str) -> str:
        return _sha1("\n".join(f"{path}:{_sha1(content)}" for path, content in sorted(self.branches[branch].items())))

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        for branch, files in self.branches.items():
            if revision in (branch, self.commit(branch)):
                return self.commit(branch), files
        return None


class HubServer:
    """Started by `with`; `requests` is what has been asked so far."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.requests: list[Request] = []
        self.created: list[dict[str, Any]] = []  # what new repositories were asked for
        self._faults: list[tuple[re.Pattern[str], Fault, int, str | None]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._servers = [self._listen(_Hub), self._listen(_Cdn)]
        hub, cdn = (server.server_address[1] for server in self._servers)
        self.url, self.cdn_url = f"http://127.0.0.1:{hub}", f"http://localhost:{cdn}"  # two hosts, as in the world

    def _listen(self, handler: type["_Handler"]) -> ThreadingHTTPServer:
        bound = type(handler.__name__, (handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        server.daemon_threads = True
        server.block_on_close = False
        return server

    def __enter__(self) -> "HubServer":
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def add(
        self, kind: str, repo_id: str, folder: Path | Mapping[str, bytes], *, branch: str = "main", gated: bool = False
    ) -> str:
        """Publish a folder (or path -> content) as a commit of a "model" or "dataset"; the commit's hash."""
        files = dict(folder) if isinstance(folder, Mapping) else _read(folder)
        repository = self.repositories.setdefault((kind, repo_id), Repository(kind, repo_id, {}, gated))
        repository.branches[branch] = files
        return repository.commit(branch)

    def fail(self, path: str, fault: Fault, *, times: int = 1_000_000, method: str | None = None) -> None:
        """Let the next `times` requests whose path matches (regular expression, anywhere) go wrong."""
        with self._lock:
            self._faults.append((re.compile(path), fault, times, method))

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    def fault_for(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for place, (pattern, fault, times, only) in enumerate(self._faults):
                if pattern.search(path) and only in (None, method):
                    self._faults[place : place + 1] = [(pattern, fault, times - 1, only)] if times > 1 else []
                    return fault
        return None

    def asked(self, path: str, method: str | None = None) -> list[Request]:
        """The requests whose path ends so."""
        return [r for r in self.requests if r.path.endswith(path) and method in (None, r.method)]

    def large_file(self, sha256: str) -> bytes | None:
        for repository in self.repositories.values():
            for files in repository.branches.values():
                for content in files.values():
                    if hashlib.sha256(content).hexdigest() == sha256:
                        return content
        return None

    def wait_until_closed(self) -> None:
        self._closing.wait(timeout=120)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        path = urllib.parse.urlsplit(self.path).path
        self.hub.requests.append(
            Request(self.command, path, self.headers.get("Range"), self.headers.get("Authorization"))
        )
        self.fault = self.hub.fault_for(self.command, path)
        if isinstance(self.fault, Status):
            self._send(
                self.fault.code,
                b'{"error": "as asked"}',
                {"Content-Type": "application/json", **dict(self.fault.headers)},
            )
        elif self.fault == Stall(None):
            self.hub.wait_until_closed()
            self.close_connection = True
        else:
            self.answer(path)

    def answer(self, path: str) -> None:
        raise NotImplementedError

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(self.fault, Cut | Stall) and self.fault.after is not None and self.fault.after < len(body):
            self.wfile.write(body[: self.fault.after])
            self.wfile.flush()
            if isinstance(self.fault, Stall):
                self.hub.wait_until_closed()
            self.close_connection = True
            return
        self.wfile.write(body)

    def _send_json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send_file(self, content: bytes, headers: Mapping[str, str]) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream", **headers}
        if wanted is None:
            self._send(200, content, {**headers, "Content-Length": str(len(content))})
            return
        start = int(wanted[1])
        if start >= len(content):
            self._send(416, b"", {**headers, "Content-Range": f"bytes */{len(content)}"})
            return
        rest = content[start:]
        self._send(206, rest, {**headers, "Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"})

    def _refuse(self, status: int, code: str | None, message: str, **headers: str) -> None:
        named = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
        body = json.dumps({"error": message}).encode()
        self._send(status, body, {"Content-Type": "application/json", **named, **headers})


class _Hub(_Handler):
    def answer(self, path: str) -> None:
        path = urllib.parse.unquote(path)
        if self.command == "POST" and path == "/api/repos/create":
            self._create()
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/(preupload|commit)/main", path):
            self._upload(*match.groups())
        elif path == "/api/validate-yaml":
            self._send_json({"errors": [], "warnings": []})
        elif match := re.fullmatch(r"/api/(model|dataset)s/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/(.+))?", path):
            self._api(*match.groups())
        elif match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/(refs/[^/]+/[^/]+|[^/]+)/(.+)", path):
            self._resolve("dataset" if match[1] else "model", *match.group(2, 3, 4))
        else:
            self._refuse(404, None, "Not Found")

    def _find(self, kind: str, repo_id: str, revision: str) -> tuple[Repository, str, dict[str, bytes]] | None:
        repository = self.hub.repositories.get((kind, repo_id))
        if repository is None:
            # The Hub tells a stranger nothing about which names exist.
            if self.headers.get("Authorization"):
                self._refuse(404, "RepoNotFound", "Repository not found")
            else:
                self._refuse(401, None, "Invalid username or password.")
            return None
        if (found := repository.at(revision)) is None:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repository, *found

    def _api(self, kind: str, repo_id: str, what: str | None, rest: str | None) -> None:
        revision, _, folder = ("main", "", "") if what is None else (rest or "").partition("/")
        if what == "revision" or (rest or "").startswith("refs/"):
            revision, folder = rest or "", ""
        if (found := self._find(kind, repo_id, revision)) is None:
            return
        repository, commit, files = found
        if what in (None, "revision"):
            siblings = [
                {"rfilename": path, **{k: v for k, v in _entry(path, content).items() if k in ("size", "lfs")}}
                | {"blobId": _entry(path, content)["oid"]}
                for path, content in sorted(files.items())
            ]
            info = {"_id": "0" * 24, "id": repo_id, "sha": commit, "private": False, "disabled": False, "tags": []}
            info |= {"gated": "manual" if repository.gated else False, "downloads": 0, "likes": 0, "siblings": siblings}
            self._send_json(info)
        elif what == "tree":
            inside = [path for path in sorted(files) if not folder or path.startswith(f"{folder}/")]
            if folder and not inside:
                self._refuse(404, "EntryNotFound", f"{folder} does not exist")
                return
            folders = sorted(
                {parent.as_posix() for path in inside for parent in Path(path).parents if parent != Path()}
            )
            entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": parent} for parent in folders]
            self._send_json(entries + [_entry(path, files[path]) for path in inside])
        else:
            try:
                paths = json.loads(self.body)["paths"]
            except ValueError:
                paths = urllib.parse.parse_qs(self.body.decode())["paths"]
            self._send_json([_entry(path, files[path]) for path in paths if path in files])

    def _create(self) -> None:
        """A new repository, for who brings a token."""
        wanted = json.loads(self.body)
        repo_id = f"{wanted.get('organization') or 'someone'}/{wanted['name']}"
        if not self.headers.get("Authorization"):
            self._refuse(401, None, "Invalid username or password.")
            return
        self.hub.created.append(wanted)
        self.hub.repositories.setdefault(("model", repo_id), Repository("model", repo_id, {"main": {}}))
        self._send_json({"url": f"{self.hub.url}/{repo_id}", "name": repo_id, "id": "0" * 24})

    def _upload(self, repo_id: str, what: str) -> None:
        """A commit of small files, as lines of JSON with their contents; every file counts as small here."""
        repository = self.hub.repositories["model", repo_id]
        if what == "preupload":
            asked = json.loads(self.body)["files"]
            modes = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in asked]
            self._send_json({"files": modes})
            return
        for line in map(json.loads, self.body.decode().splitlines()):
            if line["key"] == "file":
                repository.branches["main"][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        commit = repository.commit("main")
        address = f"{self.hub.url}/{repo_id}/commit/{commit}"
        self._send_json({"success": True, "commitOid": commit, "commitUrl": address, "pullRequestUrl": None})

    def _resolve(self, kind: str, repo_id: str, revision: str, path: str) -> None:
        if (found := self._find(kind, repo_id, revision)) is None:
            return
        repository, commit, files = found
        if repository.gated:
            status = 403 if self.headers.get("Authorization") else 401
            self._refuse(status, "GatedRepo", f"Access to {kind} {repo_id} is restricted.")
        elif path not in files:
            self._refuse(404, "EntryNotFound", "Entry not found", **{"X-Repo-Commit": commit})
        elif path.endswith(LARGE):
            digest = hashlib.sha256(files[path]).hexdigest()
            headers = {
                "X-Repo-Commit": commit,
                "X-Linked-Size": str(len(files[path])),
                "X-Linked-ETag": f'"{digest}"',
                "Location": f"{self.hub.cdn_url}/{digest}/{path}",
            }
            self._send(302, b"", headers)
        else:
            self._send_file(files[path], {"X-Repo-Commit": commit, "ETag": f'"{_entry(path, files[path])["oid"]}"'})


class _Cdn(_Handler):
    def answer(self, path: str) -> None:
        digest = path.split("/")[1]
        content = self.hub.large_file(digest)
        if content is None:
            self._refuse(403, None, "Forbidden")
        else:
            self._send_file(content, {"ETag": f'"{digest}"'})


def _entry(path: str, content: bytes) -> dict[str, Any]:
    oid = _sha1(b"blob %d\0" % len(content) + content)
    entry: dict[str, Any] = {"type": "file", "oid": oid, "size": len(content), "path": path}
    if path.endswith(LARGE):
        digest = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": digest, "sha256": digest, "size": len(content), "pointerSize": 134}
    return entry


def _sha1(content: bytes | str) -> str:
    return hashlib.sha1(content.encode() if isinstance(content, str) else content, usedforsecurity=False).hexdigest()


def _read(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
