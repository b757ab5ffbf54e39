"""One post-norm encoder layer (Vaswani et al. 2017; BERT, DistilBERT, ALBERT, RoBERTa, ELECTRA) with frozen weights and
LoRA (Hu et al. 2022), forward and backward, over packed texts.

The backward pass is written out. It computes the gradients of the adapters and, where a lower layer has adapters, of
the input; the forward pass keeps only what that reads. Where the head reads each text's first token alone, the last
layer's products with weights have n rows instead of T. With so few rows, key and value are cheapest with their whole
weight W + sBA, whose gradient then yields those of A and B.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from tunelet.kernels._attention import Attended, attend, attend_backward
from tunelet.kernels._finish import finish
from tunelet.kernels._first import FirstAttended, attend_first, attend_first_backward
from tunelet.kernels._gelu import Activated, activate, activate_backward
from tunelet.kernels._layer_weights import LayerWeights, LowRank
from tunelet.kernels._norm import Normed, add_norm, norm_backward
from tunelet.kernels._products import Scaled
from tunelet.kernels._quantise import Quantised


@dataclass(frozen=True)
class Hidden:
    """Hidden states [T, hidden], and the same as bytes where the products multiply bytes."""

    values: torch.Tensor
    quantised: Quantised | None


@dataclass
class Kept:
    """What a layer's backward pass reads.

    attended: of the attention.
    attention_norm, activated, output_norm: of the steps with these names.
    inputs: input x of each adapted role, but for key and value in a layer that computes first tokens alone.
    low: x A^T of the same roles.
    firsts: row of each text's first token, int64 [n], in a layer that computes those alone; None in others.
    """

    attended: Attended | FirstAttended
    attention_norm: Normed
    activated: Activated
    output_norm: Normed
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    low: dict[str, torch.Tensor] = field(default_factory=dict)
    firsts: torch.Tensor | None = None


Gradients = dict[tuple[str, str], torch.Tensor]  # (role, "a" or "b") -> gradient of that matrix, float32


class Layer:
    """A frozen layer and its adapters by role; layers that share their weights may have different adapters."""

    def __init__(self, weights: LayerWeights, adapters: Mapping[str, LowRank]) -> None:
        self.weights, self.adapters = weights, adapters
        self._bytes = weights.products["out"].quantised

    def forward(
        self, x: Hidden, lengths: tuple[int, ...], firsts: torch.Tensor | None, *, keep: bool
    ) -> tuple[Hidden, Kept | None]:
        """The layer's output, and where `keep` is set what its backward pass reads.

        Args:
            x: the input, of all T tokens.
            lengths: tokens of each of the n texts.
            firsts: row of each text's first token, int64 [n]: these n tokens alone are computed. None: all T are.
            keep: whether a backward pass is to follow.
        """
        w = self.weights
        low: dict[str, torch.Tensor] = {}
        attended: Attended | FirstAttended
        if firsts is None:
            projected = w.products["query+key+value"].forward(x.values, x.quantised)
            query, key, value = self._project(("query", "key", "value"), projected, x.values, low)
            context, attended = attend(query, key, value, lengths, scale=w.scale, backward=keep)
            residual = x.values
        else:
            residual = x.values[firsts]
            (query,) = self._project(("query",), w.products["query"].forward(residual), residual, low)
            key, value = (self._effective(role) for role in ("key", "value"))
            context, attended = attend_first(query, x.values, key, value, lengths, scale=w.scale)
            context = (context + w.biases["value"].view(1, w.heads, -1)).to(x.values.dtype)
        context = context.flatten(1)
        out = self._adapted("out", w.products["out"].forward(context), context, low)
        middle = add_norm(
            out.values, residual, w.attention_norm, scale=out.scale, bias=w.biases["out"], quantised=self._bytes
        )
        up = self._adapted("up", w.products["up"].forward(middle.out, middle.quantised), middle.out, low)
        plain = not self._bytes or "down" in self.adapters
        active = activate(
            up.values, scale=up.scale, bias=w.biases["up"], tanh=w.tanh, plain=plain, quantised=self._bytes
        )
        down = self._adapted("down", w.products["down"].forward(active.out, active.quantised), active.out, low)
        final = add_norm(
            down.values, middle.out, w.output_norm, scale=down.scale, bias=w.biases["down"], quantised=self._bytes
        )
        result = Hidden(final.out, final.quantised)
        if not keep:
            return result, None
        sources = {"query": residual, "out": context, "up": middle.out}
        if firsts is None:
            sources |= {"key": x.values, "value": x.values}
        inputs = {role: source for role, source in sources.items() if role in self.adapters}
        if "down" in self.adapters and active.out is not None:
            inputs["down"] = active.out
        lean = Activated(active.y, active.scale, active.bias, None, None)
        return result, Kept(attended, _lean(middle), lean, _lean(final), inputs, low, firsts)

    def backward(
        self, kept: Kept, gradient: torch.Tensor, *, needs_input: bool
    ) -> tuple[torch.Tensor | None, Gradients]:
        """The gradient of the input [T, hidden], None unless it is needed, and those of the adapters.

        Args:
            kept: what `forward` kept.
            gradient: gradient of the output; it is written over.
            needs_input: whether a lower layer has adapters.
        """
        w = self.weights
        gradients: Gradients = {}
        d_final, d_bytes = norm_backward(gradient, kept.output_norm, w.output_norm, quantised=self._bytes)
        d_active = self._unadapted("down", w.products["down"].backward(d_final, d_bytes), d_final, kept, gradients)
        d_up, d_bytes = activate_backward(
            d_active.values, kept.activated, scale=d_active.scale, tanh=w.tanh, quantised=self._bytes
        )
        d_middle = self._unadapted("up", w.products["up"].backward(d_up, d_bytes), d_up, kept, gradients)
        d_sum, d_bytes = norm_backward(
            d_middle.values, kept.attention_norm, w.attention_norm, scale=d_middle.scale, residual=d_final,
            quantised=self._bytes,
        )  # fmt: skip
        d_context = self._unadapted("out", w.products["out"].backward(d_sum, d_bytes), d_sum, kept, gradients)
        if d_context.scale is not None:
            finish(d_context.values, scale=d_context.scale)
        attention_backward = self._attention_backward if kept.firsts is None else self._first_backward
        return attention_backward(kept, d_context.values, d_sum, gradients, needs_input=needs_input)

    def _attention_backward(
        self,
        kept: Kept,
        d_context: torch.Tensor,
        d_sum: torch.Tensor,
        gradients: Gradients,
        *,
        needs_input: bool,
    ) -> tuple[torch.Tensor | None, Gradients]:
        """`backward` from the gradient of the attention's output on, where all tokens are computed."""
        attended, heads = kept.attended, self.weights.heads
        assert isinstance(attended, Attended)  # noqa: S101
        rows, n = d_context.shape
        joined = d_context.new_empty(rows, 3 * n)
        d_outs = dict(zip(("query", "key", "value"), joined.view(rows, 3, heads, -1).unbind(1), strict=True))
        wanted = {role for role in d_outs if needs_input or role in self.adapters}
        attend_backward(
            attended,
            d_context.view(rows, heads, -1),
            d_outs["query"] if "query" in wanted else None,
            d_outs["key"] if "key" in wanted else None,
            d_outs["value"],
        )
        lows: dict[str, torch.Tensor] = {}
        for role, d_out in d_outs.items():
            self._low_gradients(role, d_out, kept, gradients, lows)
        if not needs_input:
            return None, gradients
        d_x = self.weights.products["query+key+value"].backward(joined)
        return self._sum(("query", "key", "value"), d_x, d_sum, lows), gradients

    def _first_backward(
        self,
        kept: Kept,
        d_context: torch.Tensor,
        d_sum: torch.Tensor,
        gradients: Gradients,
        *,
        needs_input: bool,
    ) -> tuple[torch.Tensor | None, Gradients]:
        """The same where each text's first token alone is computed."""
        attended, heads = kept.attended, self.weights.heads
        assert isinstance(attended, FirstAttended)  # noqa: S101
        wanted = {*self.adapters, *(("query", "hidden") if needs_input else ())}
        d_inputs = attend_first_backward(attended, d_context.view(len(d_context), heads, -1), wanted)
        for role, d_weight in (("key", d_inputs.key), ("value", d_inputs.value)):
            if d_weight is not None:
                adapter = self.adapters[role]
                gradients[role, "a"] = torch.mm(adapter.b.t(), d_weight) * adapter.scale
                gradients[role, "b"] = torch.mm(d_weight, adapter.a.t()) * adapter.scale
        if d_inputs.query is None:
            return None, gradients
        d_query = d_inputs.query.flatten(1).to(d_context.dtype)
        lows: dict[str, torch.Tensor] = {}
        self._low_gradients("query", d_query, kept, gradients, lows)
        if d_inputs.hidden is None:
            return None, gradients
        assert kept.firsts is not None  # noqa: S101
        d_firsts = self.weights.products["query"].backward(d_query)
        d_inputs.hidden[kept.firsts] += self._sum(("query",), d_firsts, d_sum, lows)
        return d_inputs.hidden, gradients

    def _effective(self, role: str) -> torch.Tensor:
        """W + sBA of a role in a last layer that computes first tokens alone, float32 [hidden, hidden]."""
        weight = self.weights.unpacked[role]
        return self.adapters[role].merged(weight) if role in self.adapters else weight

    def _project(
        self, roles: tuple[str, ...], product: Scaled, x: torch.Tensor, low: dict[str, torch.Tensor]
    ) -> list[torch.Tensor]:
        """Add biases and low-rank updates to the joint product of several roles; a view [T, heads, head_dim] of each.

        Args:
            roles: the roles in their order in the product.
            product: [T, roles * heads * head_dim].
            x: the input [T, hidden].
            low: x A^T of each adapted role is put there.
        """
        rows, heads = len(product.values), self.weights.heads
        adapted = [role for role in roles if role in self.adapters]
        if adapted:  # one product for all that read the same input
            joint = torch.cat([self.adapters[role].a for role in adapted]).to(x.dtype)
            lows = torch.mm(x, joint.t()).float().split([len(self.adapters[role].a) for role in adapted], dim=1)
            low.update(zip(adapted, lows, strict=True))
        outs = product.values.view(rows, len(roles), -1).unbind(1)
        for role, out in zip(roles, outs, strict=True):
            high = _high(self.adapters[role]) if role in self.adapters else None
            finish(out, scale=product.scale, bias=self.weights.biases[role], low=low.get(role), high=high)
        return [out.view(rows, heads, -1) for out in outs]

    def _adapted(self, role: str, product: Scaled, x: torch.Tensor | None, low: dict[str, torch.Tensor]) -> Scaled:
        """A module's product with its low-rank update and row scale; unchanged where the module has no adapter."""
        if role not in self.adapters:
            return product
        assert x is not None  # noqa: S101
        adapter = self.adapters[role]
        low[role] = torch.mm(x, adapter.a.t().to(x.dtype)).float()
        return Scaled(finish(product.values, scale=product.scale, low=low[role], high=_high(adapter)), None)

    def _low_gradients(
        self, role: str, d_out: torch.Tensor, kept: Kept, gradients: Gradients, lows: dict[str, torch.Tensor]
    ) -> None:
        """Put the gradients of A and B, from that of the module's output, into `gradients`, and d_out B into `lows`.

        The gradient of the whole weight, [n_out, n_in], is never formed.
        """
        if role not in self.adapters:
            return
        adapter = self.adapters[role]
        d_out = d_out.flatten(1) if d_out.dim() == 3 else d_out
        d_low = torch.mm(d_out, (adapter.b * adapter.scale).to(d_out.dtype))
        gradients[role, "b"] = torch.mm(kept.low[role].to(d_out.dtype).t(), d_out).t().float() * adapter.scale
        gradients[role, "a"] = torch.mm(d_low.t(), kept.inputs[role]).float()
        lows[role] = d_low.float()

    def _unadapted(self, role: str, product: Scaled, d_out: torch.Tensor, kept: Kept, gradients: Gradients) -> Scaled:
        """The gradient of a module's input, through the frozen weight and through its adapter."""
        if role not in self.adapters:
            return product
        lows: dict[str, torch.Tensor] = {}
        self._low_gradients(role, d_out, kept, gradients, lows)
        high = self.adapters[role].a.contiguous()
        return Scaled(finish(product.values, scale=product.scale, low=lows[role], high=high), None)

    def _sum(
        self,
        roles: tuple[str, ...],
        d_x: Scaled,
        residual: torch.Tensor | None,
        lows: dict[str, torch.Tensor],
    ) -> torch.Tensor:
        """The gradient of the input that several roles share: through their weights, adapters and the residual."""
        adapted = [role for role in roles if role in self.adapters]
        low = torch.cat([lows[role] for role in adapted], dim=1) if adapted else None
        high = torch.cat([self.adapters[role].a for role in adapted]) if adapted else None
        return finish(d_x.values, scale=d_x.scale, residual=residual, low=low, high=high)


def _high(adapter: LowRank) -> torch.Tensor:
    """scale * B^T, [r, n_out] contiguous."""
    return (adapter.b.t() * adapter.scale).contiguous()


def _lean(normed: Normed) -> Normed:
    """The same without bytes and result: the backward pass reads neither, and their memory is free at once."""
    return Normed(normed.sum, normed.sum, normed.mean, normed.inverse, None)
