"""Products with frozen weights: in floating point the plain product, in int8 near it."""

import pytest
import torch

from tensors import assert_near, random_tensor
from tunelet.kernels import FloatProduct, Int8Product, int8_products, native
from tunelet.kernels._int8 import CompiledWeight
from tunelet.kernels._quantise import Quantised, quantise

DTYPES = [torch.float32, torch.bfloat16]
SIZES = [(1, 32, 32), (7, 33, 65), (512, 96, 384), (40, 768, 384)]  # rows, n_in, n_out
BYTES = 0.02  # what int8 loses of a product of random numbers, as a part of its largest value


def scaled(product: tuple[torch.Tensor, torch.Tensor | None]) -> torch.Tensor:
    values, scale = product
    return values if scale is None else values.float() * scale[:, None]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_float_products_are_the_plain_ones(size, dtype):
    rows, n_in, n_out = size
    weight, x = random_tensor(n_out, n_in, dtype=dtype), random_tensor(rows, n_in, dtype=dtype, seed=1)
    gradient = random_tensor(rows, n_out, dtype=dtype, seed=2)
    product = FloatProduct(weight)
    for (values, scale), expected in (
        (product.forward(x), x.double() @ weight.double().t()),
        (product.backward(gradient), gradient.double() @ weight.double()),
    ):
        assert scale is None
        assert values.dtype == dtype
        assert_near(values, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_float_products_of_strided_weights_and_inputs_are_the_plain_ones(dtype):
    joined, wide = random_tensor(40, 3 * 24, dtype=dtype), random_tensor(24, 3, 40, dtype=dtype, seed=1)
    x, gradient = random_tensor(7, 2, 40, dtype=dtype, seed=2)[:, 1], random_tensor(24, 7, dtype=dtype, seed=3).t()
    for weight in (joined[:, 24:48].t(), wide[:, 1], random_tensor(48, 80, dtype=dtype)[::2, ::2]):
        product = FloatProduct(weight)
        assert_near(scaled(product.forward(x)), x.double() @ weight.double().t())
        assert_near(scaled(product.backward(gradient)), gradient.double() @ weight.double())


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_product_keeps_the_weight_that_it_was_given(dtype):
    weight, x = random_tensor(24, 40, dtype=dtype), random_tensor(7, 40, dtype=dtype, seed=1)
    given = weight.clone()
    product = FloatProduct(weight, backward=False)
    product.forward(x)
    assert torch.equal(weight, given)
    assert_near(scaled(product.forward(x)), x.double() @ given.double().t())
    with pytest.raises(AssertionError):
        product.backward(random_tensor(7, 24, dtype=dtype))


@pytest.mark.usefixtures("int8")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_int8_products_are_within_what_rounding_loses(way, size, dtype):
    rows, n_in, n_out = size
    weight, x = random_tensor(n_out, n_in), random_tensor(rows, n_in, dtype=dtype, seed=1)
    gradient = random_tensor(rows, n_out, dtype=dtype, seed=2)
    product = Int8Product(weight, dtype)
    values, scale = product.forward(x)
    assert values.dtype == dtype
    assert scale is not None
    assert_near(scaled((values, scale)), x.double() @ weight.double().t(), BYTES)
    assert_near(scaled(product.backward(gradient)), gradient.double() @ weight.double(), BYTES)


@pytest.mark.usefixtures("int8")
def test_int8_products_are_exact_sums_of_what_was_rounded(way):
    """All that is lost is lost in rounding weights and activations: the sums of bytes are exact."""
    weight, x = random_tensor(96, 384), random_tensor(20, 384, seed=1)
    library = native().value
    bits = library.byte_weight_bits if library is not None and int8_products().value == "compiled" else 8
    levels = weight.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
    rounded = (weight / levels).round() * levels
    x_bytes = quantise(x)
    found = scaled(Int8Product(weight, torch.float32).forward(None, x_bytes))
    assert_near(found, x_bytes.dequantise().double() @ rounded.double().t(), 1e-5)


@pytest.mark.usefixtures("int8")
@pytest.mark.parametrize("weights", ["strided", "bfloat16", "a row of zeros"])
def test_int8_takes_any_weights(way, weights):
    weight = random_tensor(64, 2, 40)[:, 1] if weights == "strided" else random_tensor(64, 40)
    if weights == "bfloat16":
        weight = weight.bfloat16()
    if weights == "a row of zeros":
        weight[5] = 0
    x, gradient = random_tensor(9, 40, seed=1), random_tensor(9, 64, seed=2)
    product = Int8Product(weight, torch.float32)
    assert_near(scaled(product.forward(x)), x @ weight.float().t(), BYTES)
    assert_near(scaled(product.backward(gradient)), gradient @ weight.float(), BYTES)


@pytest.mark.usefixtures("int8")
def test_an_outlying_weight_takes_the_levels_of_its_own_channel_alone(way):
    weight, x, gradient = random_tensor(64, 40), random_tensor(9, 40, seed=1), random_tensor(9, 64, seed=2)
    before = Int8Product(weight, torch.float32)
    weight[5, 7] = 100.0
    after = Int8Product(weight, torch.float32)
    changed = (scaled(before.forward(x)) != scaled(after.forward(x))).any(dim=0)
    assert changed.nonzero().flatten().tolist() == [5]
    changed = (scaled(before.backward(gradient)) != scaled(after.backward(gradient))).any(dim=0)
    assert changed.nonzero().flatten().tolist() == [7]


@pytest.mark.usefixtures("int8")
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_not_finite_is_seen_in_its_row_of_an_int8_product_and_no_other(way, bad):
    x = random_tensor(3, 40, seed=1)
    x[1, 7] = bad
    found = scaled(Int8Product(random_tensor(24, 40), torch.float32).forward(x))
    assert not found[1].isfinite().any()
    assert found[::2].isfinite().all()


@pytest.mark.usefixtures("int8")
def test_int8_for_the_forward_pass_alone_gives_the_same_values(way):
    weight, x = random_tensor(24, 40), random_tensor(7, 40, seed=1)
    whole, half = (Int8Product(weight, torch.float32, backward=backward) for backward in (True, False))
    assert torch.equal(scaled(whole.forward(x)), scaled(half.forward(x)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", [*SIZES, (3, 5, 17), (6, 384, 40)], ids=str)
def test_the_compiled_product_of_bytes_is_exact_at_the_ends_of_their_range(library, size, dtype):
    if not library.has("multiply_bytes", dtype):
        pytest.skip("no compiled product of bytes on this processor")
    rows, n_in, n_out = size
    weight = torch.sign(random_tensor(n_out, n_in)).add(0.25).sign()  # every weight is the largest of its channel
    x = Quantised(torch.full((rows, n_in), 255, dtype=torch.uint8), torch.ones(rows))
    x.bytes[::2] = 0
    exact = (x.bytes.double() - 128) @ weight.double().t()
    assert_near(CompiledWeight(weight).multiply(x, dtype), exact, 1e-2 if dtype == torch.bfloat16 else 1e-6)


def test_the_compiled_product_of_bytes_gives_the_same_bits_whatever_the_number_of_threads(library):
    if not library.has("multiply_bytes", torch.float32):
        pytest.skip("no compiled product of bytes on this processor")
    weight, x = CompiledWeight(random_tensor(100, 384)), quantise(random_tensor(50, 384, seed=1))
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(weight.multiply(x, torch.float32))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(results[0], other) for other in results)


@pytest.mark.usefixtures("int8")
def test_int8_products_give_the_same_bits_again(way):
    product, x = Int8Product(random_tensor(96, 384), torch.bfloat16), random_tensor(20, 384, seed=1).bfloat16()
    assert torch.equal(scaled(product.forward(x)), scaled(product.forward(x)))
