"""Both ways in which a kernel runs."""

from collections.abc import Iterator

import pytest

from tunelet.kernels import Library, int8_products, native, without_native


@pytest.fixture
def library() -> Library:
    """The compiled kernels."""
    found = native()
    if found.value is None:
        pytest.skip(f"no compiled kernels here: {found.reason}")
    return found.value


@pytest.fixture(params=["native", "pytorch"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a test with the compiled kernels, and without them."""
    if request.param == "native":
        request.getfixturevalue("library")
        yield "native"
        return
    with without_native():
        yield "pytorch"


@pytest.fixture
def int8(request: pytest.FixtureRequest) -> None:
    """A processor that multiplies bytes, in the way that the test asks for."""
    if "way" in request.fixturenames:
        request.getfixturevalue("way")
    found = int8_products()
    if found.value is None:
        pytest.skip(found.reason)
