"""Pre-norm layers with rotary positions, gated GELU and windows, written plainly, and the same as fused layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F

from plain_layers import LENGTHS, adapted_linear, drawn_adapters, pooled
from tensors import random_tensor
from tunelet.kernels import (
    JOINT,
    FloatProduct,
    FusedLayers,
    Int8Product,
    Layer,
    LayerWeights,
    LowRank,
    Norm,
    Pooling,
    reference_attention,
)
from tunelet.kernels._rotary import reference_rotate

HIDDEN, HEADS, MIDDLE = 32, 2, 48
SHAPES = {JOINT: (3 * HIDDEN, HIDDEN), "out": (HIDDEN, HIDDEN), "up": (2 * MIDDLE, HIDDEN), "down": (HIDDEN, MIDDLE)}


@dataclass(frozen=True)
class PreNorm:
    """The numbers of one layer, and its adapters, all float32; `input_norm` is None in the first layer."""

    weights: dict[str, torch.Tensor]
    biases: dict[str, torch.Tensor]
    input_norm: Norm | None
    attention_norm: Norm
    adapters: dict[str, LowRank]
    window: int | None
    turns: torch.Tensor


def norm_of(seed: int) -> Norm:
    return Norm(1 + random_tensor(HIDDEN, seed=seed, spread=0.3), random_tensor(HIDDEN, seed=seed + 1), 1e-5)


def turns_of(positions: int, head_dim: int) -> torch.Tensor:
    angles = torch.arange(positions)[:, None] * 100.0 ** -(torch.arange(head_dim // 2) / (head_dim // 2))
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def pre_norm_layer(number: int, adapted: Sequence[str] = (), *, window: int | None = None) -> PreNorm:
    seeds = iter(range(100 * number, 100 * number + 100))

    def draw(*shape: int, spread: float) -> torch.Tensor:
        return random_tensor(*shape, seed=next(seeds), spread=spread)

    return PreNorm(
        weights={role: draw(*shape, spread=shape[1] ** -0.5) for role, shape in SHAPES.items()},
        biases={role: draw(shape[0], spread=0.3) for role, shape in SHAPES.items()},
        input_norm=norm_of(100 * number + 90) if number else None,
        attention_norm=norm_of(100 * number + 92),
        adapters=drawn_adapters(draw, SHAPES, adapted),
        window=window,
        turns=turns_of(max(LENGTHS), HIDDEN // HEADS),
    )


def reference_layer(plain: PreNorm, x: torch.Tensor, lengths: tuple[int, ...]) -> torch.Tensor:
    """x + attention(norm(x)), and then x + feed-forward(norm(x)), by autograd."""
    linear = partial(adapted_linear, plain)
    joint = linear(JOINT, x if plain.input_norm is None else _normed(plain.input_norm, x))
    query, key, value = joint.unflatten(1, (3, HEADS, -1)).unbind(1)
    query, key = (reference_rotate(each, plain.turns, lengths) for each in (query, key))
    scale = (HIDDEN // HEADS) ** -0.5
    context = reference_attention(query, key, value, lengths, scale=scale, window=plain.window)
    x = x + linear("out", context.flatten(1))
    middle, gate = linear("up", _normed(plain.attention_norm, x)).chunk(2, dim=1)
    return x + linear("down", F.gelu(middle) * gate)


def reference_vectors(
    plain: Sequence[PreNorm], final: Norm, x: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling
) -> torch.Tensor:
    for one in plain:
        x = reference_layer(one, x, lengths)
    x = _normed(final, x)
    return pooled(x, lengths, pooling)


def _normed(norm: Norm, x: torch.Tensor) -> torch.Tensor:
    return F.layer_norm(x, (HIDDEN,), norm.weight, norm.bias, norm.epsilon)


def fused_layers(
    plain: Sequence[PreNorm],
    final: Norm,
    pooling: Pooling,
    precision: str = "float32",
    dtype: torch.dtype = torch.float32,
) -> FusedLayers:
    following = [*(one.input_norm for one in plain[1:]), final]
    layers = []
    for one, after in zip(plain, following, strict=True):
        assert after is not None
        products = {
            role: Int8Product(weight, dtype) if precision == "int8" else FloatProduct(weight.to(dtype))
            for role, weight in one.weights.items()
        }
        weights = LayerWeights(
            products=products, biases=one.biases, unpacked={}, attention_norm=one.attention_norm, output_norm=after,
            heads=HEADS, scale=(HIDDEN // HEADS) ** -0.5, tanh=False, pre_norm=True, input_norm=one.input_norm,
            gated=True, turns=one.turns, window=one.window,
        )  # fmt: skip
        layers.append(Layer(weights, one.adapters))
    return FusedLayers(layers, pooling)
