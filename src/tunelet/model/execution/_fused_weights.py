"""The weights of a model's layers as the kernels read them, and the fused layers that are made of them."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from tunelet.kernels import JOINT, FloatProduct, FusedLayers, Int8Product, Layer, LayerWeights, Norm, Pooling, Product
from tunelet.model._lora_layer import LoraLinear
from tunelet.model.execution._layer_parts import LayerParts, base_linear, weight_of


class FusedWeights:
    """Makes `FusedLayers` of a model's layers; each frozen weight is packed, or quantised, once for all of them."""

    def __init__(
        self,
        layers: Sequence[LayerParts],
        pooling: Pooling | None,
        *,
        heads: int,
        tanh: bool,
        turns: Mapping[str, torch.Tensor],
        precision: str,
        compute_dtype: torch.dtype,
    ) -> None:
        """Pack nothing yet: prediction needs other weights than training.

        Args:
            layers: in the order of their application.
            pooling: what the head reads of a text; None: its tokens.
            heads: of the attention.
            tanh: whether GELU is the approximation with tanh.
            turns: of rotary positions, by the layers' kind; empty where there are none.
            precision: of the frozen weights, "float32", "bfloat16" or "int8".
            compute_dtype: of the activations.
        """
        self._layers, self._pooling, self._heads, self._tanh = layers, pooling, heads, tanh
        self._device = base_linear(layers[0]["out"]).weight.device
        self._turns, self._precision, self._compute_dtype = turns, precision, compute_dtype
        self._products: dict[tuple[int, int, bool], Product] = {}

    def fused_layers(self, *, merged: bool, backward: bool) -> FusedLayers:
        """The layers as a training, a prediction or an explanation needs them.

        Args:
            merged: whether W + sBA stands in the place of each adapted weight, and no adapter is left.
            backward: whether a backward pass follows.
        """
        layers: list[Layer] = []
        made: dict[tuple[int, bool], Layer] = {}
        for number, parts in enumerate(self._layers):
            # Such a last layer computes first tokens alone, from other weights.
            first_alone = self._pooling == "first" and number == len(self._layers) - 1
            key = (id(parts["out"]), first_alone)  # a layer that is applied several times is made once
            if key not in made:
                adapters = {} if merged else parts.adapters()
                made[key] = Layer(
                    self._layer_weights(parts, first_alone=first_alone, merged=merged, backward=backward), adapters
                )
            layers.append(made[key])
        return FusedLayers(layers, self._pooling)

    def _layer_weights(self, parts: LayerParts, *, first_alone: bool, merged: bool, backward: bool) -> LayerWeights:
        linears = parts.linears()
        readers = tuple(role for role in linears if role not in ("out", "up", "down"))
        turns = self._turns.get(parts.attention_type or "")
        # Keys are not formed then; on a GPU many small products take longer than a large one.
        absorbs = first_alone and turns is None and JOINT not in linears and self._device.type == "cpu"
        joined, name = (("query",), "query") if absorbs else (readers, JOINT)
        products = {name: self._product([linears[role] for role in joined], merged, backward)}
        products |= {role: self._product([linears[role]], merged, backward) for role in ("out", "up", "down")}
        out, up, down = (base_linear(linears[role]) for role in ("out", "up", "down"))
        enters_through = parts["input_norm"] if parts.pre_norm else None
        return LayerWeights(
            products=products,
            biases={role: _bias(base_linear(module)) for role, module in linears.items()},
            unpacked={
                role: weight_of(linears[role], merged=merged).float() for role in (("key", "value") if absorbs else ())
            },
            attention_norm=_norm(parts["attention_norm"]),
            output_norm=_norm(parts["output_norm"]),
            heads=self._heads,
            scale=(out.in_features // self._heads) ** -0.5,
            tanh=self._tanh,
            pre_norm=parts.pre_norm,
            input_norm=_norm(enters_through) if isinstance(enters_through, nn.LayerNorm) else None,
            gated=up.out_features == 2 * down.in_features,
            turns=turns,
            window=parts.window,
        )

    def _product(self, modules: list[nn.Module], merged: bool, backward: bool) -> Product:
        """The product of modules that read the same input.

        Where merging changes no weight, the product is made once, and one without a backward pass is not made beside
        one with it.
        """
        changed = merged and any(isinstance(module, LoraLinear) for module in modules)
        key = (id(modules[0]), len(modules))
        if not changed:
            for known in (True,) if backward else (True, False):
                if (*key, known) in self._products:
                    return self._products[*key, known]
        weights = [weight_of(module, merged=merged) for module in modules]
        weight = torch.cat(weights) if len(weights) > 1 else weights[0]
        product: Product
        if self._precision == "int8":
            product = Int8Product(weight, self._compute_dtype, backward=backward)
        else:
            product = FloatProduct(weight.to(self._compute_dtype), backward=backward)
        if not changed:
            self._products[*key, backward] = product
        return product


def _bias(module: nn.Linear) -> torch.Tensor:
    bias: torch.Tensor | None = module.bias
    if bias is None:
        return torch.zeros(module.out_features, device=module.weight.device)
    return bias.detach().float()


def _norm(module: nn.Module) -> Norm:
    assert isinstance(module, nn.LayerNorm)  # noqa: S101
    weight = module.weight.detach().float()
    bias = torch.zeros_like(weight) if module.bias is None else module.bias.detach().float()
    return Norm(weight, bias, module.eps)
