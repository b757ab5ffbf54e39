"""Clients that send too much, too slowly, or nonsense, over bare connections."""

import contextlib
import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest

from served import Held, Running, running
from tunelet.serve import ServeSettings

BODY = b'{"texts": ["warm rye loaf"]}'
HEAD = b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def with_length(body: bytes, length: int | None = None) -> bytes:
    return HEAD + b"content-length: %d\r\n\r\n" % (len(body) if length is None else length) + body


@pytest.fixture(scope="module")
def impatient(bakery) -> Iterator[Running]:
    """A service that waits for nothing for long."""
    with running({"bakery": bakery}, ServeSettings(body_seconds=0.2, max_body=1 << 16, drain=0)) as found:
        yield found


def everything(connection: socket.socket) -> bytes:
    """What comes until the service closes the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def answer(connection: socket.socket) -> tuple[int, dict]:
    """One answer."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        assert part, head
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    (length,) = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), json.loads(body)


def send_until_cut_off(connection: socket.socket, part: bytes) -> bytes:
    """Send a part again and again until the service closes the connection; what it said before."""
    said = b""
    connection.settimeout(0.02)
    while True:
        try:
            connection.sendall(part)
            said += connection.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return said


def code(found: dict) -> str:
    return str(found["error"]["code"])


def test_ten_megabytes_are_refused_to_a_client_that_does_not_read_while_it_writes(service):
    with service.connect() as connection:
        connection.sendall(with_length(b"x" * 10_000_000))
        status, found = answer(connection)
        assert (status, code(found)) == (413, "too_large")


def test_a_body_of_unknown_length_is_refused_where_it_becomes_too_long(service):
    with service.connect() as connection:
        connection.sendall(CHUNKED)
        for _ in range(20):
            connection.sendall(b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000))
        status, found = answer(connection)
        assert (status, code(found)) == (413, "too_large")


def test_a_body_that_never_ends_is_cut_off_after_its_refusal(impatient):
    with impatient.connect() as connection:
        part = b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000)
        connection.sendall(CHUNKED + part)  # more than a body may have, and soon read on a busy machine, too
        assert b" 413 " in send_until_cut_off(connection, part)


def test_a_length_that_is_a_lie_is_waited_for_no_longer_than_a_body_may_take(impatient):
    with impatient.connect() as connection:
        connection.sendall(with_length(BODY, length=len(BODY) + 1))
        status, found = answer(connection)
        assert (status, code(found)) == (408, "too_slow")
        assert everything(connection) == b""


@pytest.mark.parametrize("sent", [b"P", HEAD, HEAD + b"x-more: y\r\n"])
def test_headers_that_do_not_end_are_waited_for_no_longer(impatient, sent):
    with impatient.connect() as connection:
        connection.sendall(sent)
        status, found = answer(connection)
        assert (status, code(found)) == (408, "too_slow")
        assert everything(connection) == b""


def test_a_client_that_sends_header_after_header_is_not_waited_for_longer(impatient):
    with impatient.connect() as connection:
        connection.sendall(HEAD)
        assert b" 408 " in send_until_cut_off(connection, b"x-more: y\r\n")


@pytest.mark.parametrize(
    ("begin", "part"),
    [(HEAD, b"x-more: y\r\n" * 10_000), (HEAD + b"x-more: ", b"x" * 100_000), (b"GET /", b"x" * 100_000)],
    ids=["many", "long", "path"],
)
def test_headers_that_are_too_long_are_refused_and_kept_no_longer(service, begin, part):
    with service.connect() as connection:
        connection.sendall(begin + part * 10)
        status, found = answer(connection)
        assert (status, code(found)) == (431, "headers_too_large")
        for _ in range(20):
            connection.sendall(part)  # still read, and thrown away
    with service.connect() as connection:
        connection.sendall(HEAD + b"x-more: " + b"y" * 30_000 + b"\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY))
        assert answer(connection)[0] == 200


def test_trailers_behind_a_body_are_not_kept_without_end(impatient):
    with impatient.connect() as connection:
        connection.sendall(CHUNKED + b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY) + b"x-more: y\r\n" * 100_000)
        assert everything(connection) == b""


def test_a_body_in_very_small_chunks_is_a_body(service):
    with service.connect() as connection:
        texts = json.dumps({"texts": "a loaf " * 10_000}).encode()
        chunks = b"".join(b"1\r\n%c\r\n" % one for one in texts)
        connection.sendall(CHUNKED + chunks + b"0\r\n\r\n")
        assert answer(connection)[0] == 200


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_connection_on_which_nothing_comes_is_closed(impatient, sent):
    with impatient.connect() as connection:
        connection.sendall(sent)
        assert everything(connection) == b""


def test_the_second_request_of_a_connection_is_not_waited_for_longer_either(impatient):
    with impatient.connect() as connection:
        connection.sendall(with_length(BODY))
        assert answer(connection)[0] == 200
        connection.sendall(HEAD)
        assert answer(connection)[0] == 408


def test_a_client_that_has_said_all_and_closed_its_side_gets_its_answer(held: Held):
    with running({"bakery": held}) as found, found.connect() as connection:
        with held.held():
            connection.sendall(with_length(BODY))
            connection.shutdown(socket.SHUT_WR)
            held.wait_until_asked()
        assert answer(connection)[0] == 200
        assert everything(connection) == b""


def test_a_client_that_closed_its_side_in_the_middle_is_left(service):
    with service.connect() as connection:
        connection.sendall(with_length(BODY, length=len(BODY) + 1))
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection) == b""


def test_a_client_that_is_gone_disturbs_nobody(held: Held, caplog):
    with running({"bakery": held}) as found:
        with held.held():
            for number in range(5):
                with found.connect() as connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset it
                    connection.sendall(with_length(BODY))
                    while found.service.batcher.waiting < number + 1:  # it is taken, and then the client goes
                        time.sleep(0.001)
            held.wait_until_asked()
        with found.client() as client:
            assert client.post("/v1/predict", json={"texts": "a loaf"}).status_code == 200
            assert client.get("/readyz").status_code == 200
        assert found.service.batcher.waiting == 0
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST /v1/predict HTTP/9\r\n\r\n", HEAD + b"content-length: x\r\n\r\n"],
)
def test_what_is_no_http_is_refused_in_the_same_form(service, sent):
    with service.connect() as connection:
        connection.sendall(sent)
        status, found = answer(connection)
        assert (status, code(found)) == (400, "bad_request")
        assert everything(connection) == b""


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked_or_refused_at_once(service):
    with service.connect() as connection:
        connection.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(BODY)
        assert answer(connection)[0] == 200
    with service.connect() as connection:
        connection.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: 10000000\r\n\r\n")
        assert answer(connection)[0] == 413


def test_requests_sent_behind_each_other_are_answered_in_their_order(service):
    with service.connect() as connection:
        connection.sendall(with_length(b'{"texts": ["a", "b"]}') + with_length(BODY))
        with connection.makefile("rb") as lines:
            found = []
            for _ in range(2):
                head = []
                while (line := lines.readline()) != b"\r\n":
                    head.append(line.lower())
                (length,) = [int(line.split(b":")[1]) for line in head if line.startswith(b"content-length")]
                found.append(len(json.loads(lines.read(length))["predictions"]))
        assert found == [2, 1]


def test_more_connections_than_are_taken_are_refused_and_the_others_answered(bakery):
    with running({"bakery": bakery}, ServeSettings(connections=3, drain=0)) as found, contextlib.ExitStack() as opened:
        taken = [opened.enter_context(found.connect()) for _ in range(3)]
        for connection in taken:
            connection.sendall(with_length(BODY))
            assert answer(connection)[0] == 200
        for _ in range(5):
            with found.connect() as connection:
                status, said = answer(connection)
                assert (status, code(said)) == (503, "unavailable")
                assert everything(connection) == b""
        for connection in taken:  # they stay
            connection.sendall(with_length(BODY))
            assert answer(connection)[0] == 200
        taken[0].close()
        while not is_answered(found):  # there is room again as soon as the service has seen it
            time.sleep(0.01)


def is_answered(found: Running) -> bool:
    """Whether one more connection is let in."""
    with found.connect() as connection:
        connection.sendall(with_length(BODY))
        status, _ = answer(connection)
        assert status in (200, 503)
        return status == 200
