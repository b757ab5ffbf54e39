"""What follows a product, in one pass, against the same as a sum written out."""

import itertools

import pytest
import torch

from tensors import assert_near, random_tensor
from tunelet.kernels._finish import finish, reference_finish

DTYPES = [torch.float32, torch.bfloat16]
PARTS = ("scale", "bias", "residual", "low")


def parts_of(names: tuple[str, ...], rows: int, n: int, rank: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    every = {
        "scale": random_tensor(rows, seed=1).abs(),
        "bias": random_tensor(n, seed=2),
        "residual": random_tensor(rows, n, dtype=dtype, seed=3),
        "low": random_tensor(rows, rank, seed=4),
        "high": random_tensor(rank, n, seed=5),
    }
    names = (*names, "high") if "low" in names else names
    return {name: every[name] for name in names}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("names", [c for k in range(5) for c in itertools.combinations(PARTS, k)], ids="+".join)
def test_every_choice_of_parts_is_the_sum_of_them(way, names, dtype):
    y = random_tensor(13, 37, dtype=dtype)
    parts = parts_of(names, 13, 37, 5, dtype)
    expected = y.double()
    if "scale" in parts:
        expected = expected * parts["scale"].double()[:, None]
    for name in {"bias", "residual"} & parts.keys():
        expected = expected + parts[name].double()
    if "low" in parts:
        expected = expected + parts["low"].double() @ parts["high"].double()
    assert_near(reference_finish(y, **parts), expected)
    assert_near(finish(y, **parts), expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("rows", "n", "rank"), [(1, 1, 1), (1, 384, 8), (512, 384, 16), (3, 3072, 24)])
def test_every_size_is_that_of_the_definition(way, rows, n, rank, dtype):
    y, parts = random_tensor(rows, n, dtype=dtype), parts_of(PARTS, rows, n, rank, dtype)
    expected = reference_finish(y.clone(), **parts)
    assert_near(finish(y, **parts), expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_some_columns_are_written_in_place_and_no_others(way, dtype):
    joined = random_tensor(9, 3, 32, dtype=dtype)
    before = joined.clone()
    lows = random_tensor(9, 11).split([3, 8], dim=1)
    parts = parts_of(("scale", "bias"), 9, 32, 8, dtype) | {"low": lows[1], "high": random_tensor(8, 32, seed=5)}
    expected = reference_finish(before[:, 1].contiguous(), **parts)
    result = finish(joined[:, 1], **parts)
    assert result.data_ptr() == joined[:, 1].data_ptr()
    assert_near(joined[:, 1], expected)
    assert torch.equal(joined[:, ::2], before[:, ::2])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_nan_in_any_part_is_seen_in_its_row_or_column(way, dtype):
    for name in ("y", *PARTS):
        every = {"y": random_tensor(6, 20, dtype=dtype), **parts_of(PARTS, 6, 20, 3, dtype)}
        every[name].view(-1)[0] = torch.nan
        assert finish(every.pop("y"), **every).isnan().any(), name


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(library, dtype):
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results.append(finish(random_tensor(50, 384, dtype=dtype), **parts_of(PARTS, 50, 384, 8, dtype)))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*results)
