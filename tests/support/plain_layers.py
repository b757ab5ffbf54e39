"""Encoder layers written plainly and differentiated by autograd, and the same numbers as fused layers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
import torch.nn.functional as F

from tensors import assert_near, random_tensor
from tunelet.kernels import (
    ROLES,
    FloatProduct,
    FusedLayers,
    Int8Product,
    Layer,
    LayerWeights,
    LowRank,
    Norm,
    Pooling,
    Product,
    reference_attention,
)

HIDDEN, HEADS, MIDDLE, RANK = 32, 2, 80, 3
LENGTHS = (5, 33, 1, 16, 70)
TARGETS = {"qv": ("query", "value"), "attention": ROLES[:4], "all-linear": ROLES, "one": ("key",)}
OF_ROLE = {"up": (MIDDLE, HIDDEN), "down": (HIDDEN, MIDDLE)}


class Adapted(Protocol):
    """A layer of any kind."""

    @property
    def weights(self) -> dict[str, torch.Tensor]: ...
    @property
    def biases(self) -> dict[str, torch.Tensor]: ...
    @property
    def adapters(self) -> dict[str, LowRank]: ...


def drawn_adapters(
    draw: Callable[..., torch.Tensor], shapes: Mapping[str, tuple[int, int]], adapted: Sequence[str]
) -> dict[str, LowRank]:
    """Adapters of some roles, each with a scale of its own."""
    return {
        role: LowRank(
            draw(RANK, shapes[role][1], spread=0.3).requires_grad_(),
            draw(shapes[role][0], RANK, spread=0.3).requires_grad_(),
            0.5 + 0.25 * i,
        )
        for i, role in enumerate(adapted)
    }


def adapted_linear(plain: Adapted, role: str, x: torch.Tensor) -> torch.Tensor:
    """One module of a layer with its adapter, by autograd."""
    y = F.linear(x, plain.weights[role], plain.biases[role])
    if role not in plain.adapters:
        return y
    adapter = plain.adapters[role]
    return y + F.linear(F.linear(x, adapter.a), adapter.b) * adapter.scale


def pooled(x: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling) -> torch.Tensor:
    """What a head reads of each text, of hidden states of all tokens."""
    firsts = x[torch.tensor(lengths).cumsum(0) - torch.tensor(lengths)]
    means = torch.stack([text.mean(dim=0) for text in x.split(list(lengths))])
    return {"first": firsts, "mean": means, "both": torch.cat([firsts, means], dim=1)}[pooling]


@dataclass(frozen=True)
class Plain:
    """The numbers of one layer, and its adapters, all float32."""

    weights: dict[str, torch.Tensor]
    biases: dict[str, torch.Tensor]
    norms: tuple[Norm, Norm]
    adapters: dict[str, LowRank]
    tanh: bool
    heads: int = HEADS


def plain_layer(seed: int, adapted: Sequence[str] = (), *, tanh: bool = False, heads: int = HEADS) -> Plain:
    shapes = {role: OF_ROLE.get(role, (HIDDEN, HIDDEN)) for role in ROLES}
    seeds = iter(range(100 * seed, 100 * seed + 100))

    def draw(*shape: int, spread: float = 1.0) -> torch.Tensor:
        return random_tensor(*shape, seed=next(seeds), spread=spread)

    return Plain(
        weights={role: draw(*shape, spread=shape[1] ** -0.5) for role, shape in shapes.items()},
        biases={role: draw(shape[0], spread=0.3) for role, shape in shapes.items()},
        norms=(
            Norm(1 + draw(HIDDEN, spread=0.3), draw(HIDDEN), 1e-12),
            Norm(1 + draw(HIDDEN, spread=0.3), draw(HIDDEN), 1e-5),
        ),
        adapters=drawn_adapters(draw, shapes, adapted),
        tanh=tanh,
        heads=heads,
    )


def reference_layer(plain: Plain, x: torch.Tensor, lengths: tuple[int, ...]) -> torch.Tensor:
    """A post-norm layer (Vaswani et al. 2017) with LoRA, all tokens, by autograd."""

    linear = partial(adapted_linear, plain)

    def norm(number: int, x: torch.Tensor) -> torch.Tensor:
        found = plain.norms[number]
        return F.layer_norm(x, (HIDDEN,), found.weight, found.bias, found.epsilon)

    query, key, value = (linear(role, x).unflatten(1, (plain.heads, -1)) for role in ROLES[:3])
    context = reference_attention(query, key, value, lengths, scale=(HIDDEN // plain.heads) ** -0.5).flatten(1)
    x = norm(0, x + linear("out", context))
    middle = F.gelu(linear("up", x), approximate="tanh" if plain.tanh else "none")
    return norm(1, x + linear("down", middle))


def kernel_layer(plain: Plain, precision: str, dtype: torch.dtype) -> Layer:
    def product(*roles: str) -> Product:
        weight = torch.cat([plain.weights[role] for role in roles])
        return Int8Product(weight, dtype) if precision == "int8" else FloatProduct(weight.to(dtype))

    joined = ("query",), ("query", "key", "value"), ("out",), ("up",), ("down",)
    weights = LayerWeights(
        products={"+".join(roles): product(*roles) for roles in joined},
        biases=plain.biases,
        unpacked={role: plain.weights[role] for role in ("key", "value")},
        attention_norm=plain.norms[0],
        output_norm=plain.norms[1],
        heads=plain.heads,
        scale=(HIDDEN // plain.heads) ** -0.5,
        tanh=plain.tanh,
    )
    return Layer(weights, plain.adapters)


def fused_layers(
    plain: Sequence[Plain],
    precision: str = "float32",
    dtype: torch.dtype = torch.float32,
    pooling: Pooling = "first",
) -> FusedLayers:
    made = {id(one): kernel_layer(one, precision, dtype) for one in plain}  # a layer that comes twice is shared
    return FusedLayers([made[id(one)] for one in plain], pooling)


def reference_vectors(
    plain: Sequence[Plain], x: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling = "first"
) -> torch.Tensor:
    for one in plain:
        x = reference_layer(one, x, lengths)
    return pooled(x, lengths, pooling)


def parameters_of(plain: Sequence[Adapted]) -> dict[str, torch.Tensor]:
    found = {}
    for number, one in enumerate(plain):
        for role, adapter in one.adapters.items():
            found |= {f"{number} {role} a": adapter.a, f"{number} {role} b": adapter.b}
    return found


def gradients_of(output: torch.Tensor, plain: Sequence[Adapted], seed: int = 9) -> dict[str, torch.Tensor]:
    parameters = parameters_of(plain)
    upstream = random_tensor(*output.shape, seed=seed).to(output.dtype)
    return dict(zip(parameters, torch.autograd.grad(output, list(parameters.values()), upstream), strict=True))


def assert_plain(
    plain: Sequence[Plain], fused: FusedLayers, x: torch.Tensor, lengths: tuple[int, ...] = LENGTHS
) -> None:
    """Values and every adapter's gradient are those of autograd."""
    assert_same(plain, fused(x, lengths), reference_vectors(plain, x, lengths, fused.pooling))


def assert_same(plain: Sequence[Adapted], found: torch.Tensor, expected: torch.Tensor) -> None:
    """Two outputs of the same adapters, and the gradients of every adapter through them."""
    assert_near(found, expected)
    ours, theirs = gradients_of(found, plain), gradients_of(expected, plain)
    largest = max(float(gradient.abs().max()) for gradient in theirs.values())
    for name, gradient in theirs.items():
        assert ours[name].shape == gradient.shape
        difference = float((ours[name] - gradient).abs().max())
        # where attention is all but certain, the gradients of query and key are small differences of large ones
        assert difference <= 2e-5 * (float(gradient.abs().max()) + 0.1 * largest), name


def assert_near_plain(plain: Sequence[Plain], fused: FusedLayers, x: torch.Tensor, fraction: float) -> None:
    """What rounding loses of values and of the gradient as a whole, of its length."""
    found = fused(x, LENGTHS)
    assert found.dtype == (x.dtype if fused.pooling == "first" else torch.float32)
    assert_rounded(plain, found, reference_vectors(plain, x.float(), LENGTHS, fused.pooling), fraction)


def assert_rounded(plain: Sequence[Adapted], found: torch.Tensor, expected: torch.Tensor, fraction: float) -> None:
    """The same of two outputs of the same adapters."""
    ours, theirs = gradients_of(found, plain), gradients_of(expected, plain)
    assert {gradient.dtype for gradient in ours.values()} == {torch.float32}
    whole, exact = (torch.cat([gradient.flatten() for gradient in each.values()]) for each in (ours, theirs))
    for rounded, wanted in ((found.detach(), expected.detach()), (whole, exact)):
        assert (rounded - wanted).norm() <= fraction * wanted.norm()
