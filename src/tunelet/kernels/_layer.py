"""One encoder layer with frozen weights and LoRA (Hu et al. 2022), forward and backward, over packed texts.

Post-norm layers normalise the sum after each block (Vaswani et al. 2017; BERT, DistilBERT, ALBERT, RoBERTa, ELECTRA);
pre-norm layers normalise what a block reads, and add to what was not normalised (Xiong et al. 2020; ModernBERT). A
pre-norm layer is computed up to the normalisation that the next one begins with, so that both kinds are the same
steps.

The backward pass is written out. It computes the gradients of the adapters and, where a lower layer has adapters, of
the input; the forward pass keeps only what that reads. Where the head reads each text's first token alone, the last
layer's products with weights have n rows instead of T. With so few rows, key and value are cheapest with their whole
weight W + sBA, whose gradient then yields those of A and B; but keys that are turned by their positions are computed.
"""

from collections.abc import Mapping

import torch

from tunelet.kernels._adapted import Gradients, add_update, add_updates, gradients_of
from tunelet.kernels._attention import Attended, attend, attend_backward_joined
from tunelet.kernels._finish import finish
from tunelet.kernels._first import FirstAttended, attend_first, attend_first_backward
from tunelet.kernels._gated import activate_gated, activate_gated_backward
from tunelet.kernels._gelu import Activated, activate, activate_backward
from tunelet.kernels._hidden import Hidden, HiddenGradient, Kept
from tunelet.kernels._layer_weights import LayerWeights, LowRank
from tunelet.kernels._norm import Normed, add_norm, norm_backward
from tunelet.kernels._products import Scaled
from tunelet.kernels._rotary import rotate
from tunelet.kernels._seqlens import Lengths, on_host


class Layer:
    """A frozen layer and its adapters by role; layers that share their weights may have different adapters."""

    def __init__(self, weights: LayerWeights, adapters: Mapping[str, LowRank]) -> None:
        self.weights, self.adapters = weights, adapters
        self._bytes = weights.products["out"].quantised

    def enter(self, hidden: torch.Tensor) -> Hidden:
        """What this layer reads where it is the first one that is run, of hidden states [T, hidden] before it."""
        norm = self.weights.input_norm
        return Hidden(hidden if norm is None else self._entered(hidden).out, None, hidden)

    def leave(self, hidden: torch.Tensor, gradient: HiddenGradient) -> torch.Tensor:
        """The gradient of `hidden`, the argument of `enter`, from that of its result, which is written over."""
        norm = self.weights.input_norm
        if norm is not None:
            d_hidden, _ = norm_backward(
                gradient.values, self._entered(hidden), norm, skip=gradient.skip, quantised=False
            )
            return d_hidden
        return gradient.values if gradient.skip is None else gradient.values.add_(gradient.skip)

    def _entered(self, hidden: torch.Tensor) -> Normed:
        norm = self.weights.input_norm
        assert norm is not None  # noqa: S101
        nothing = torch.zeros_like(hidden)
        return add_norm(nothing, hidden, norm, scale=None, bias=torch.zeros_like(norm.bias), quantised=False)

    def forward(
        self, x: Hidden, lengths: Lengths, firsts: torch.Tensor | None, *, keep: bool
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
        residual = x.skip if firsts is None else x.skip[firsts]
        if w.unpacked and firsts is not None:
            context, attended = self._attend_first(x, residual, lengths, low)
        else:
            context, attended = self._attend(x, lengths, low, keep=keep)
            context = context if firsts is None else context[firsts]
        out = self._adapted("out", w.products["out"].forward(context), context, low)
        middle = add_norm(
            out.values, residual, w.attention_norm, scale=out.scale, bias=w.biases["out"], quantised=self._bytes
        )
        up = self._adapted("up", w.products["up"].forward(middle.out, middle.quantised), middle.out, low)
        active = (activate_gated if w.gated else activate)(
            up.values, scale=up.scale, bias=w.biases["up"], tanh=w.tanh,
            plain=not self._bytes or "down" in self.adapters, quantised=self._bytes,
        )  # fmt: skip
        down = self._adapted("down", w.products["down"].forward(active.out, active.quantised), active.out, low)
        final = add_norm(
            down.values, middle.sum if w.pre_norm else middle.out, w.output_norm, scale=down.scale,
            bias=w.biases["down"], quantised=self._bytes,
        )  # fmt: skip
        result = Hidden(final.out, final.quantised, final.sum if w.pre_norm else final.out)
        if not keep:
            return result, None
        sources = {"query": residual, "out": context, "up": middle.out, "down": active.out}
        if isinstance(attended, Attended):
            sources |= dict.fromkeys(w.readers, x.values)
        inputs = {role: source for role, source in sources.items() if role in self.adapters and source is not None}
        lean = Activated(active.y, active.scale, active.bias, None, None)
        return result, Kept(attended, _lean(middle), lean, _lean(final), inputs, low, firsts)

    def _attend(
        self, x: Hidden, lengths: Lengths, low: dict[str, torch.Tensor], *, keep: bool
    ) -> tuple[torch.Tensor, Attended]:
        """What every token sees [T, hidden], and what the backward pass needs of it."""
        w = self.weights
        product = w.products["query+key+value"].forward(x.values, x.quantised)
        add_updates(self.adapters, w.biases, w.readers, product, x.values, low)
        if w.turns is not None:
            self._rotate(product.values, lengths)
        query, key, value = product.values.view(len(x.values), 3, w.heads, -1).unbind(1)
        context, attended = attend(query, key, value, lengths, scale=w.scale, window=w.window, backward=keep)
        return context.flatten(1), attended

    def _rotate(self, joined: torch.Tensor, lengths: Lengths, *, inverse: bool = False) -> None:
        """Turn queries and keys, which lie before the values in `joined` [T, 3 hidden], by their positions."""
        heads, turns = self.weights.heads, self.weights.turns
        assert turns is not None  # noqa: S101
        rotate(joined.view(len(joined), 3 * heads, -1)[:, : 2 * heads], turns, lengths, inverse=inverse)

    def _attend_first(
        self, x: Hidden, firsts: torch.Tensor, lengths: Lengths, low: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, FirstAttended]:
        """What each text's first token sees [n, hidden], without keys and values; `firsts` are these tokens' states."""
        w = self.weights
        product = w.products["query"].forward(firsts)
        add_updates(self.adapters, w.biases, ("query",), product, firsts, low)
        query = product.values.view(len(firsts), w.heads, -1)
        key, value = (self._effective(role) for role in ("key", "value"))
        context, attended = attend_first(query, x.values, key, value, on_host(lengths), scale=w.scale)
        return (context.flatten(1) + w.biases["value"]).to(x.values.dtype), attended

    def backward(
        self, kept: Kept, gradient: HiddenGradient, *, needs_input: bool
    ) -> tuple[HiddenGradient | None, Gradients]:
        """The gradient of the input, None unless it is needed, and those of the adapters.

        Args:
            kept: what `forward` kept.
            gradient: gradient of the output; it is written over.
            needs_input: whether a lower layer has adapters.
        """
        w = self.weights
        gradients: Gradients = {}
        d_final, d_bytes = norm_backward(
            gradient.values, kept.output_norm, w.output_norm, skip=gradient.skip, quantised=self._bytes
        )
        d_active = self._unadapted("down", w.products["down"].backward(d_final, d_bytes), d_final, kept, gradients)
        d_up, d_bytes = (activate_gated_backward if w.gated else activate_backward)(
            d_active.values, kept.activated, scale=d_active.scale, tanh=w.tanh, quantised=self._bytes
        )
        d_middle = self._unadapted("up", w.products["up"].backward(d_up, d_bytes), d_up, kept, gradients)
        past = {"skip" if w.pre_norm else "residual": d_final}
        d_sum, d_bytes = norm_backward(
            d_middle.values, kept.attention_norm, w.attention_norm, scale=d_middle.scale, quantised=self._bytes, **past
        )
        d_context = self._unadapted("out", w.products["out"].backward(d_sum, d_bytes), d_sum, kept, gradients)
        if d_context.scale is not None:
            finish(d_context.values, scale=d_context.scale)
        attention_backward = self._first_backward if isinstance(kept.attended, FirstAttended) else self._every_backward
        return attention_backward(kept, d_context.values, d_sum, gradients, needs_input=needs_input)

    def _every_backward(
        self,
        kept: Kept,
        d_context: torch.Tensor,
        d_sum: torch.Tensor,
        gradients: Gradients,
        *,
        needs_input: bool,
    ) -> tuple[HiddenGradient | None, Gradients]:
        """`backward` from the gradient of the attention's output on, where keys and values of all tokens are formed."""
        attended, w = kept.attended, self.weights
        assert isinstance(attended, Attended)  # noqa: S101
        if kept.firsts is not None:  # no other token's output was read
            d_context, d_sum = (_spread(d, kept.firsts, len(attended.query)) for d in (d_context, d_sum))
        rows, whole = len(d_context), needs_input or len(w.readers) == 1
        joined = attend_backward_joined(
            attended,
            d_context.view(rows, w.heads, -1),
            query=whole or "query" in self.adapters,
            key=whole or "key" in self.adapters,
        ).flatten(1)
        if w.turns is not None:
            self._rotate(joined, attended.lengths, inverse=True)
        lows: dict[str, torch.Tensor] = {}
        for role, d_out in zip(w.readers, joined.view(rows, len(w.readers), -1).unbind(1), strict=True):
            self._low_gradients(role, d_out, kept, gradients, lows)
        if not needs_input:
            return None, gradients
        d_x = w.products["query+key+value"].backward(joined)
        d_values = self._sum(w.readers, d_x, None if w.pre_norm else d_sum, lows)
        return HiddenGradient(d_values, d_sum if w.pre_norm else None), gradients

    def _first_backward(
        self,
        kept: Kept,
        d_context: torch.Tensor,
        d_sum: torch.Tensor,
        gradients: Gradients,
        *,
        needs_input: bool,
    ) -> tuple[HiddenGradient | None, Gradients]:
        """The same where each text's first token alone is computed, of a post-norm layer."""
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
        return HiddenGradient(d_inputs.hidden), gradients

    def _effective(self, role: str) -> torch.Tensor:
        """W + sBA of a role in a last layer that computes first tokens alone, float32 [hidden, hidden]."""
        weight = self.weights.unpacked[role]
        return self.adapters[role].merged(weight) if role in self.adapters else weight

    def _adapted(self, role: str, product: Scaled, x: torch.Tensor | None, low: dict[str, torch.Tensor]) -> Scaled:
        """A module's product with its low-rank update and row scale; unchanged where the module has no adapter."""
        if role not in self.adapters:
            return product
        assert x is not None  # noqa: S101
        updated, low[role] = add_update(self.adapters[role], product, x)
        return updated

    def _low_gradients(
        self, role: str, d_out: torch.Tensor, kept: Kept, gradients: Gradients, lows: dict[str, torch.Tensor]
    ) -> None:
        """Put the gradients of A and B, from that of the module's output, into `gradients`, and d_out B into `lows`."""
        if role in self.adapters:
            gradients[role, "a"], gradients[role, "b"], lows[role] = gradients_of(
                self.adapters[role], d_out, kept.inputs[role], kept.low[role]
            )

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


def _spread(d_firsts: torch.Tensor, firsts: torch.Tensor, rows: int) -> torch.Tensor:
    """The gradient of all tokens [T, n] from that of the first ones: zero for every other."""
    return d_firsts.new_zeros(rows, d_firsts.shape[1]).index_copy_(0, firsts, d_firsts)


def _lean(normed: Normed) -> Normed:
    """The same without bytes and result: the backward pass reads neither, and their memory is free at once."""
    return Normed(normed.sum, normed.sum, normed.mean, normed.inverse, None)
