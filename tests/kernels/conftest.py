"""Both ways in which a kernel runs."""

from collections.abc import Iterator

import pytest
import torch

from tunelet.errors import ModelError
from tunelet.kernels import Library, native, without_native
from tunelet.model import choose_precision


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
def int8() -> None:
    """A processor that multiplies bytes."""
    try:
        choose_precision("int8", torch.device("cpu"), frozen=True)
    except ModelError as reason:
        pytest.skip(str(reason))
