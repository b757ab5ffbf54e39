"""Packages of npm come from a registry, here one on this machine: they are checked, kept, or refused."""

import base64
import hashlib
import io
import random
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tunelet.errors import ExportError
from tunelet.export._npm import Package, package_files


def tarball(files: dict[str, bytes], link: tuple[str, str] | None = None) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        if link is not None:
            entry = tarfile.TarInfo(link[0])
            entry.type, entry.linkname = tarfile.SYMTYPE, link[1]
            archive.addfile(entry)
    return made.getvalue()


def package(content: bytes, wanted: str = "dist/run.js") -> Package:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    return Package("@bakers/oven", "1.2.3", integrity, len(content), {wanted: "oven.js"})


WHOLE = tarball({"package/package.json": b"{}", "package/dist/run.js": b"export const oven = 1;"})


class Registry(ThreadingHTTPServer):
    """Gives one content under every path, and writes down what it was asked for."""

    content = WHOLE
    status = 200
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry(monkeypatch, tmp_path) -> Iterator[Registry]:
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "npm_config_registry", "NPM_CONFIG_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    with Registry(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{server.server_port}/npm/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_package_is_fetched_once_and_kept(registry):
    for _ in range(2):
        assert package_files([package(WHOLE)]) == {"oven.js": b"export const oven = 1;"}
    assert registry.asked == ["/npm/@bakers/oven/-/oven-1.2.3.tgz"]


def test_a_long_download_says_what_comes_how_large_it_is_and_from_where(registry, capsys):
    package_files([package(WHOLE)])
    assert capsys.readouterr() == ("", "")  # it is there before anybody has read that
    registry.content = tarball({"package/dist/run.js": random.Random(0).randbytes(2_000_000)})
    large = package(registry.content)
    package_files([large])
    out, err = capsys.readouterr()
    assert out == ""
    assert "@bakers/oven 1.2.3 (1.91 MiB) from 127.0.0.1" in err
    package_files([large])
    assert capsys.readouterr().err == ""  # it is in the cache


def test_what_was_damaged_in_the_cache_is_fetched_again(registry, tmp_path):
    package_files([package(WHOLE)])
    (kept,) = (tmp_path / "cache" / "npm").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert package_files([package(WHOLE)])
    assert len(registry.asked) == 2


def test_the_registry_of_the_users_npmrc_is_asked(registry, monkeypatch, tmp_path):
    monkeypatch.delenv("NPM_CONFIG_REGISTRY")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".npmrc").write_text(
        f"fund=false\nregistry = http://127.0.0.1:{registry.server_port}/\n", encoding="utf-8"
    )
    package_files([package(WHOLE)])
    assert registry.asked == ["/@bakers/oven/-/oven-1.2.3.tgz"]


@pytest.mark.parametrize(
    "content",
    [tarball({"package/dist/run.js": b"export const oven = 2;"}), WHOLE + b"more", b"", b"<html>"],
    ids=["another tarball", "more behind it", "nothing", "a page"],
)
def test_another_content_is_refused_and_not_kept(registry, content, tmp_path):
    registry.content = content
    with pytest.raises(ExportError, match="@bakers/oven") as refused:
        package_files([package(WHOLE)])
    assert "npm pack @bakers/oven@1.2.3" in refused.value.hint
    assert "runtime='FOLDER'" in refused.value.hint
    assert not list(tmp_path.rglob("*.tgz"))


def test_a_registry_that_does_not_have_it_is_named_with_what_to_type(registry):
    registry.status = 404
    with pytest.raises(ExportError, match=r"127\.0\.0\.1 \(HTTP 404\)") as refused:
        package_files([package(WHOLE)])
    assert "npm pack" in refused.value.hint


def test_an_unreachable_registry_is_named_with_what_to_type(registry, monkeypatch):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:1")
    with pytest.raises(ExportError, match="refused") as refused:
        package_files([package(WHOLE)])
    assert "npm pack" in refused.value.hint


@pytest.mark.parametrize("address", ["file:///etc", "mirror", "ftp://x/", "https://me:secret@registry.example/"])
def test_what_is_no_plain_address_of_the_web_is_refused_and_not_shown(registry, monkeypatch, address):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", address)
    with pytest.raises(ExportError, match="NPM_CONFIG_REGISTRY") as refused:
        package_files([package(WHOLE)])
    assert address not in str(refused.value)
    assert registry.asked == []


@pytest.mark.parametrize(
    "hostile",
    [
        tarball({"package/../../evil.js": b"", "package/dist/run.js": b""}),
        tarball({"/etc/evil.js": b"", "package/dist/run.js": b""}),
        tarball({"package/dist/run.js": b""}, link=("package/dist/out", "/etc")),
        tarball({}, link=("package/dist/run.js", "../../../etc/passwd")),
    ],
    ids=["above", "absolute", "a folder's link", "the file's link"],
)
def test_a_tarball_that_leads_out_of_itself_is_refused(registry, hostile):
    registry.content = hostile
    with pytest.raises(ExportError, match="leads out of it"):
        package_files([package(hostile)])


@pytest.mark.parametrize(
    "content",
    [tarball({"package/other.js": b""}), b"no archive", WHOLE[:60]],
    ids=["another file", "no archive", "cut"],
)
def test_a_tarball_without_the_file_is_refused(registry, content):
    registry.content = content
    with pytest.raises(ExportError, match=r"does not hold|cannot be unpacked"):
        package_files([package(content)])


def test_a_folder_serves_in_the_place_of_a_registry(registry, tmp_path):
    place = tmp_path / "packages"
    place.mkdir()
    with pytest.raises(ExportError, match=r"bakers-oven-1\.2\.3\.tgz") as refused:
        package_files([package(WHOLE)], place)
    assert "npm pack @bakers/oven@1.2.3" in refused.value.hint
    (place / "bakers-oven-1.2.3.tgz").write_bytes(tarball({"package/dist/run.js": b"other"}))
    with pytest.raises(ExportError, match="another checksum"):
        package_files([package(WHOLE)], place)
    (place / "bakers-oven-1.2.3.tgz").write_bytes(WHOLE)
    assert package_files([package(WHOLE)], place) == {"oven.js": b"export const oven = 1;"}
    assert registry.asked == []
