"""Who may ask: tokens and the files that hold them."""

from pathlib import Path

import pytest

from served import running
from tunelet import TuneletError
from tunelet.serve._token import read_token

SECRET = "correct-horse-battery.staple_1"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_a_file_that_its_owner_or_group_may_read_will_do(token_file, mode):
    token_file.chmod(mode)
    token = read_token(token_file)
    assert token.is_shown_by(f"Bearer {SECRET}".encode())
    assert token.is_shown_by(f"bearer  {SECRET}".encode())
    assert SECRET not in repr(token)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o602, 0o777])
def test_a_file_that_strangers_may_read_or_others_write_is_refused(token_file, mode):
    token_file.chmod(mode)
    with pytest.raises(TuneletError, match="chmod 600"):
        read_token(token_file)


@pytest.mark.parametrize(
    "content", [b"", b"short", b"two lines of a\ntoken that is long", b"\xff" * 30, b"x" * 5000, b"a b" * 9]
)
def test_what_is_no_token_is_refused(token_file, content):
    token_file.write_bytes(content)
    with pytest.raises(TuneletError, match="openssl rand") as caught:
        read_token(token_file)
    assert "long" not in caught.value.message


def test_no_file_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(TuneletError, match="openssl rand"):
            read_token(path)


@pytest.mark.parametrize(
    "shown",
    [b"", SECRET.encode(), b"Bearer", b"Bearer " + SECRET[:-1].encode(), b"Bearer " + SECRET.encode() + b"2",
     b"Basic " + SECRET.encode(), b"Bearer " + SECRET.upper().encode(), b"Bearer \xff"],
)  # fmt: skip
def test_a_wrong_token_is_none(token_file, shown):
    assert not read_token(token_file).is_shown_by(shown)


def test_everything_but_what_watches_asks_for_the_token(bakery, token_file):
    with running({"bakery": bakery}, token=read_token(token_file)) as found, found.client() as client:
        for path in ("/v1/models", "/metrics", "/openapi.json", "/v1/about", "/page/other.js"):
            for headers in ({}, {"authorization": "Bearer wrong"}):
                answer = client.get(path, headers=headers)
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
                assert answer.headers["www-authenticate"].startswith("Bearer")
        assert client.post("/v1/predict", content=b"{").status_code == 401
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        client.headers["authorization"] = f"Bearer {SECRET}"
        client.headers["host"] = "classify.example"
        assert client.post("/v1/predict", json={"texts": "a loaf"}).status_code == 200
        assert client.get("/metrics").status_code == 200
        described = client.get("/openapi.json").json()
    assert described["paths"]["/v1/predict"]["post"]["security"] == [{"token": []}]
    assert described["paths"]["/healthz"]["get"]["security"] == []
