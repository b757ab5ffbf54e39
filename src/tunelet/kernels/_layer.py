"""One post-norm encoder layer (Vaswani et al. 2017; BERT, DistilBERT, ALBERT, RoBERTa, ELECTRA) with frozen weights and
LoRA (Hu et al. 2022), forward and backward, over packed texts.

The backward pass is written out: only the gradients of the adapters and, where a lower layer has adapters, of the input
are computed; nothing is kept that is not read again. In a last layer whose output is read at each text's first token
alone, every product with a weight is of n rows instead of T. That is so few that the gradient of a whole weight, the
W + sBA of key and of value, is the cheap way to those of A and B.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from tunelet.kernels._attention import Attended, attend, attend_backward
from tunelet.kernels._finish import finish
from tunelet.kernels._first import FirstAttended, attend_first, attend_first_backward
from tunelet.kernels._gelu import Activated, activate, activate_backward
from tunelet.kernels._norm import Norm, Normed, add_norm, norm_backward
from tunelet.kernels._products import Product, Scaled
from tunelet.kernels._quantise import Quantised

# The linear modules of a layer, `up` and `down` its feed-forward.
ROLES = ("query", "key", "value", "out", "up", "down")


@dataclass(frozen=True)
class LowRank:
    """LoRA on one linear module: its output gains scale * x A^T B^T. A is [r, n_in], B [n_out, r], float32."""

    a: torch.Tensor
    b: torch.Tensor
    scale: float

    def merged(self, weight: torch.Tensor) -> torch.Tensor:
        """W + scale * BA of a float32 weight [n_out, n_in]."""
        return torch.addmm(weight, self.b.detach(), self.a.detach(), alpha=self.scale)


@dataclass(frozen=True)
class Weights:
    """The frozen part of a layer; biases are float32.

    products: "query+key+value", in the last layer "query" alone; "out", "up", "down".
    biases: of each role.
    unpacked: the weights of "key" and "value" in the last layer, float32 [hidden, hidden]; empty in the others.
    """

    products: Mapping[str, Product]
    biases: Mapping[str, torch.Tensor]
    unpacked: Mapping[str, torch.Tensor]
    attention_norm: Norm
    output_norm: Norm
    heads: int
    scale: float
    tanh: bool


@dataclass(frozen=True)
class Hidden:
    """Hidden states [T, n], and the same as bytes where products take those."""

    values: torch.Tensor
    quantised: Quantised | None


@dataclass
class Kept:
    """What a layer's backward pass reads.

    `inputs` and `low` hold the input and x A^T of each adapted role, but for key and value in the last layer.
    """

    attended: Attended | FirstAttended
    attention_norm: Normed
    activated: Activated
    output_norm: Normed
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    low: dict[str, torch.Tensor] = field(default_factory=dict)
    firsts: torch.Tensor | None = None  # row numbers of the first tokens, in the last layer


Gradients = dict[tuple[str, str], torch.Tensor]  # (role, "a" or "b") -> float32


class Layer:
    """A frozen layer and its adapters (role -> LowRank), which may differ between applications of shared weights."""

    def __init__(self, weights: Weights, adapters: Mapping[str, LowRank]) -> None:
        self.weights, self.adapters = weights, adapters
        self._bytes = weights.products["out"].quantised

    def forward(
        self, x: Hidden, lengths: tuple[int, ...], firsts: torch.Tensor | None, *, keep: bool
    ) -> tuple[Hidden, Kept | None]:
        """Hidden states of all tokens; where `firsts` (rows of the first tokens) is given, of those alone."""
        w = self.weights
        low: dict[str, torch.Tensor] = {}
        attended: Attended | FirstAttended
        if firsts is None:
            projected = w.products["query+key+value"].forward(x.values, x.quantised)
            query, key, value = self._project(("query", "key", "value"), projected, x.values, low)
            context, attended = attend(query, key, value, lengths, scale=w.scale, backward=keep)
            stays = x.values
        else:
            stays = x.values[firsts]
            (query,) = self._project(("query",), w.products["query"].forward(stays), stays, low)
            key, value = (self._effective(role) for role in ("key", "value"))
            context, attended = attend_first(query, x.values, key, value, lengths, scale=w.scale)
            context = (context + w.biases["value"].view(1, w.heads, -1)).to(x.values.dtype)
        context = context.flatten(1)
        out = self._adapted("out", w.products["out"].forward(context), context, low)
        first = add_norm(out[0], stays, w.attention_norm, scale=out[1], bias=w.biases["out"], quantised=self._bytes)
        up = self._adapted("up", w.products["up"].forward(first.out, first.quantised), first.out, low)
        plain = not self._bytes or "down" in self.adapters
        middle = activate(up[0], scale=up[1], bias=w.biases["up"], tanh=w.tanh, plain=plain, quantised=self._bytes)
        down = w.products["down"].forward(middle.out, middle.quantised)
        down = self._adapted("down", down, middle.out, low)
        second = add_norm(
            down[0], first.out, w.output_norm, scale=down[1], bias=w.biases["down"], quantised=self._bytes
        )
        result = Hidden(second.out, second.quantised)
        if not keep:
            return result, None
        sources = {"query": stays, "out": context, "up": first.out}
        if firsts is None:
            sources |= {"key": x.values, "value": x.values}
        inputs = {role: source for role, source in sources.items() if role in self.adapters}
        if "down" in self.adapters and middle.out is not None:
            inputs["down"] = middle.out
        lean = Activated(middle.y, middle.scale, middle.bias, None, None)
        return result, Kept(attended, _lean(first), lean, _lean(second), inputs, low, firsts)

    def backward(
        self, kept: Kept, gradient: torch.Tensor, *, needs_input: bool
    ) -> tuple[torch.Tensor | None, Gradients]:
        """From the gradient of the output (written over) to that of the input [T, n], None unless needed."""
        w = self.weights
        gradients: Gradients = {}
        d_second, d_bytes = norm_backward(gradient, kept.output_norm, w.output_norm, quantised=self._bytes)
        d_middle = self._unadapted("down", w.products["down"].backward(d_second, d_bytes), d_second, kept, gradients)
        d_up, d_bytes = activate_backward(
            d_middle[0], kept.activated, scale=d_middle[1], tanh=w.tanh, quantised=self._bytes
        )
        d_first = self._unadapted("up", w.products["up"].backward(d_up, d_bytes), d_up, kept, gradients)
        d_sum, d_bytes = norm_backward(
            d_first[0], kept.attention_norm, w.attention_norm, scale=d_first[1], residual=d_second,
            quantised=self._bytes,
        )  # fmt: skip
        d_context = self._unadapted("out", w.products["out"].backward(d_sum, d_bytes), d_sum, kept, gradients)
        if d_context[1] is not None:
            finish(d_context[0], scale=d_context[1])
        if kept.firsts is None:
            return self._attention_backward(kept, d_context[0], d_sum, gradients, needs_input=needs_input)
        return self._first_backward(kept, d_context[0], d_sum, gradients, needs_input=needs_input)

    def _attention_backward(
        self,
        kept: Kept,
        d_context: torch.Tensor,
        d_sum: torch.Tensor,
        gradients: Gradients,
        *,
        needs_input: bool,
    ) -> tuple[torch.Tensor | None, Gradients]:
        attended, heads = kept.attended, self.weights.heads
        assert isinstance(attended, Attended)  # noqa: S101
        rows, n = d_context.shape
        joined = d_context.new_empty(rows, 3 * n)
        parts = dict(zip(("query", "key", "value"), joined.view(rows, 3, heads, -1).unbind(1), strict=True))
        wanted = {role for role in parts if needs_input or role in self.adapters}
        attend_backward(
            attended,
            d_context.view(rows, heads, -1),
            parts["query"] if "query" in wanted else None,
            parts["key"] if "key" in wanted else None,
            parts["value"],
        )
        lows: dict[str, torch.Tensor] = {}
        for role, part in parts.items():
            self._low_gradients(role, part, kept, gradients, lows)
        if not needs_input:
            return None, gradients
        d_x, scale = self.weights.products["query+key+value"].backward(joined)
        return self._sum(("query", "key", "value"), d_x, scale, d_sum, lows), gradients

    def _first_backward(
        self,
        kept: Kept,
        d_context: torch.Tensor,
        d_sum: torch.Tensor,
        gradients: Gradients,
        *,
        needs_input: bool,
    ) -> tuple[torch.Tensor | None, Gradients]:
        attended, heads = kept.attended, self.weights.heads
        assert isinstance(attended, FirstAttended)  # noqa: S101
        wanted = {*self.adapters, *(("query", "hidden") if needs_input else ())}
        found = attend_first_backward(attended, d_context.view(len(d_context), heads, -1), wanted)
        for role, d_weight in (("key", found.key), ("value", found.value)):
            if d_weight is not None:
                adapter = self.adapters[role]
                gradients[role, "a"] = torch.mm(adapter.b.t(), d_weight) * adapter.scale
                gradients[role, "b"] = torch.mm(d_weight, adapter.a.t()) * adapter.scale
        if found.query is None:
            return None, gradients
        d_query = found.query.flatten(1).to(d_context.dtype)
        lows: dict[str, torch.Tensor] = {}
        self._low_gradients("query", d_query, kept, gradients, lows)
        if found.hidden is None:
            return None, gradients
        assert kept.firsts is not None  # noqa: S101
        d_firsts, scale = self.weights.products["query"].backward(d_query)
        found.hidden[kept.firsts] += self._sum(("query",), d_firsts, scale, d_sum, lows)
        return found.hidden, gradients

    def _effective(self, role: str) -> torch.Tensor:
        """A whole weight of the last layer with its adapter in it."""
        weight = self.weights.unpacked[role]
        return self.adapters[role].merged(weight) if role in self.adapters else weight

    def _project(
        self, roles: tuple[str, ...], product: Scaled, x: torch.Tensor, low: dict[str, torch.Tensor]
    ) -> list[torch.Tensor]:
        """Finish a joint product of several roles; views [T, heads, head_dim] of each."""
        values, scale = product
        rows, heads = len(values), self.weights.heads
        adapted = [role for role in roles if role in self.adapters]
        if adapted:  # one product for all that read the same input
            joint = torch.cat([self.adapters[role].a for role in adapted]).to(x.dtype)
            lows = torch.mm(x, joint.t()).float().split([len(self.adapters[role].a) for role in adapted], dim=1)
            low.update(zip(adapted, lows, strict=True))
        parts = values.view(rows, len(roles), -1).unbind(1)
        for role, part in zip(roles, parts, strict=True):
            high = _high(self.adapters[role]) if role in self.adapters else None
            finish(part, scale=scale, bias=self.weights.biases[role], low=low.get(role), high=high)
        return [part.view(rows, heads, -1) for part in parts]

    def _adapted(self, role: str, product: Scaled, x: torch.Tensor | None, low: dict[str, torch.Tensor]) -> Scaled:
        """A product with its low-rank update; its row scale is applied then."""
        if role not in self.adapters:
            return product
        assert x is not None  # noqa: S101
        adapter = self.adapters[role]
        low[role] = torch.mm(x, adapter.a.t().to(x.dtype)).float()
        return finish(product[0], scale=product[1], low=low[role], high=_high(adapter)), None

    def _low_gradients(
        self, role: str, d_out: torch.Tensor, kept: Kept, gradients: Gradients, lows: dict[str, torch.Tensor]
    ) -> None:
        """Gradients of A and B from that of the module's output, never through a gradient of the whole weight."""
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
        return finish(product[0], scale=product[1], low=lows[role], high=self.adapters[role].a.contiguous()), None

    def _sum(
        self,
        roles: tuple[str, ...],
        d_x: torch.Tensor,
        scale: torch.Tensor | None,
        residual: torch.Tensor | None,
        lows: dict[str, torch.Tensor],
    ) -> torch.Tensor:
        """The gradient of what several roles read."""
        adapted = [role for role in roles if role in self.adapters]
        low = torch.cat([lows[role] for role in adapted], dim=1) if adapted else None
        high = torch.cat([self.adapters[role].a for role in adapted]) if adapted else None
        return finish(d_x, scale=scale, residual=residual, low=low, high=high)


def _high(adapter: LowRank) -> torch.Tensor:
    """scale * B^T, [r, n_out] contiguous."""
    return (adapter.b.t() * adapter.scale).contiguous()


def _lean(normed: Normed) -> Normed:
    """Without the bytes, and the result, which the backward pass does not read."""
    return Normed(normed.sum, normed.sum, normed.mean, normed.inverse, None)
