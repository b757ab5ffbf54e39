"""A linear module with LoRA as one step of autograd."""

import pytest
import torch

from tensors import assert_near, random_tensor
from tunelet.kernels import lora_linear, reference_lora_linear

DTYPES = [torch.float32, torch.bfloat16]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("shape", [(32,), (1, 32), (512, 32), (3, 7, 32), (2, 1, 5, 32)], ids=str)
def test_values_and_gradients_are_those_of_the_definition(shape, biased, dtype):
    x = random_tensor(*shape, dtype=dtype).requires_grad_()
    weight = random_tensor(48, 32, dtype=dtype, seed=1)
    bias = random_tensor(48, dtype=dtype, seed=2) if biased else None
    a, b = random_tensor(5, 32, seed=3).requires_grad_(), random_tensor(48, 5, seed=4).requires_grad_()
    upstream = random_tensor(*shape[:-1], 48, dtype=dtype, seed=5)
    results = []
    for function in (lora_linear, reference_lora_linear):
        output = function(x, weight, bias, a, b, 0.7)
        results.append((output, *torch.autograd.grad(output, (x, a, b), upstream)))
    for found, expected in zip(*results, strict=True):
        assert found.dtype == expected.dtype
        assert_near(found, expected, 2e-2 if dtype == torch.bfloat16 else 1e-5)


def test_gradients_hold_by_finite_differences():
    x, weight, a, b = (random_tensor(*shape, dtype=torch.float64) for shape in ((2, 3, 4), (5, 4), (2, 4), (5, 2)))
    bias = random_tensor(5, dtype=torch.float64)
    inputs = [tensor.requires_grad_() for tensor in (x, a, b)]
    assert torch.autograd.gradcheck(lambda x, a, b: lora_linear(x, weight, bias, a, b, 0.7), inputs)


def test_inputs_and_gradients_of_any_layout_are_taken():
    x = random_tensor(7, 3, 32).transpose(0, 1).requires_grad_()
    weight, a, b = random_tensor(48, 32), random_tensor(5, 32).requires_grad_(), random_tensor(48, 5).requires_grad_()
    results = []
    for function in (lora_linear, reference_lora_linear):
        output = function(x, weight, None, a, b, 0.7)
        results.append(torch.autograd.grad((output.transpose(0, 2) ** 2).sum(), (x, a, b)))
    for found, expected in zip(*results, strict=True):
        assert_near(found, expected)
