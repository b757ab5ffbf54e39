"""Who is let in without a token: whoever calls this machine by a name that only it has."""

import pytest

from tunelet.serve._loopback import host_of, is_loopback


@pytest.mark.parametrize(
    "header", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.0.1.1", "[::1]:8000", "[::1]"]
)
def test_names_of_this_machine(header):
    assert is_loopback(host_of(header))


@pytest.mark.parametrize(
    "header",
    [
        "",
        ":8000",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::]",
        "10.0.0.1",
    ],
)
def test_other_names(header):
    assert not is_loopback(host_of(header))
