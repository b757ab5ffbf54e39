"""The least floating-point operations that the work takes: what the fraction of the ceiling is a fraction of.

Only products of matrices are counted, a multiply-add as two. Nothing is counted that a good implementation avoids:
padding, weight gradients of frozen weights, gradients below the lowest adapter, the last layer for tokens that the head
does not read, their keys and values included (`tunelet.kernels._first` says how). Embeddings are looked up; norms,
activations, softmax, head and optimizer are below a hundredth.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

ADAPTABLE = ("query", "key", "value")


@dataclass(frozen=True)
class EncoderShape:
    """An encoder of `layers` post-norm layers (Vaswani et al. 2017): four hidden x hidden products, attention, FFN.

    Attributes:
        layers: how often a layer is applied.
        hidden: width D.
        ffn: inner width F of the feed-forward part (with a gated one, 1.5 times its inner width).
        heads: of the attention.
    """

    layers: int
    hidden: int
    ffn: int
    heads: int


@dataclass(frozen=True)
class Work:
    """Floating-point operations, by what is multiplied.

    frozen: products with frozen weights, which may run in the precision of the weights.
    attention: scores and weighted values, and their gradients.
    adapter: the products of LoRA.
    """

    frozen: float
    attention: float
    adapter: float

    @property
    def total(self) -> float:
        """Operations of all three kinds together."""
        return self.frozen + self.attention + self.adapter

    def __add__(self, other: "Work") -> "Work":
        return Work(self.frozen + other.frozen, self.attention + other.attention, self.adapter + other.adapter)


def prediction_work(shape: EncoderShape, lengths: Iterable[int]) -> Work:
    """The forward pass over texts of these lengths, the adapter merged into the weights."""
    return _sum(
        _forward(shape, length, last=layer == shape.layers - 1, adapted=(), rank=0)
        for length in lengths
        for layer in range(shape.layers)
    )


def training_work(
    shape: EncoderShape,
    lengths: Iterable[int],
    *,
    adapted: Collection[str] = ("query", "value"),
    rank: int = 8,
    lowest: int = 0,
) -> Work:
    """One forward and backward pass over texts of these lengths with LoRA on some of query, key and value.

    For a text of L tokens, with t = 1 in the last layer, of which the head reads the first token alone, and t = L in
    the others, a layer takes

    - forward, frozen: 2DD for each of t tokens of query, key, value and output, 4DF for each of t;
    - forward, attention: scores and weighted values, 2LLD each; in the last layer 2LD for each head, for there a query
      is as wide as a hidden state;
    - forward, adapter: 4rD for each of t tokens of each adapted projection (the last layer's key and value counted as
      with one head: of n tokens, it is next to nothing);
    - backward, frozen: the input gradient of each of these products costs what the product costs, and there is no
      weight gradient;
    - backward, attention: two products for each product;
    - backward, adapter: gradients of A and B and of both products' inputs, 8rD.

    The lowest adapted layer passes nothing further down: no input gradient of query, key and value, none through A, and
    of the attention only what its adapters ask for (dV for value; dP, and dQ or dK, for query or key). In the last
    layer value asks for nothing, the gradient of the scores comes through value's weights and adapter, and that of the
    query through key's. Layers below the lowest run forward only.

    Args:
        shape: of the encoder.
        lengths: tokens of each text.
        adapted: which of "query", "key", "value" have LoRA, in every layer from `lowest` on.
        rank: r of LoRA.
        lowest: the lowest layer with adapters, from 0.

    Raises:
        ValueError: `adapted` is empty or names something else, or there is no layer `lowest`.
    """
    if not adapted or not set(adapted) <= set(ADAPTABLE) or not 0 <= lowest < shape.layers:
        raise ValueError(f"cannot count LoRA on {adapted} from layer {lowest} of {shape.layers}")
    total = Work(0.0, 0.0, 0.0)
    for length in lengths:
        for layer in range(shape.layers):
            last = layer == shape.layers - 1
            total += _forward(shape, length, last=last, adapted=adapted if layer >= lowest else (), rank=rank)
            if layer > lowest:
                total += _backward(shape, length, last=last, adapted=adapted, rank=rank)
            elif layer == lowest:
                total += _lowest_backward(shape, length, last=last, adapted=adapted, rank=rank)
    return total


def _forward(shape: EncoderShape, length: int, *, last: bool, adapted: Collection[str], rank: int) -> Work:
    read, wide = (1, shape.hidden * shape.heads) if last else (length, shape.hidden)
    return Work(
        frozen=(8 * shape.hidden**2 + 4 * shape.hidden * shape.ffn) * read,
        attention=2 * 2 * read * length * wide,
        adapter=4 * rank * shape.hidden * len(adapted) * read,
    )


def _backward(shape: EncoderShape, length: int, *, last: bool, adapted: Collection[str], rank: int) -> Work:
    forward = _forward(shape, length, last=last, adapted=adapted, rank=rank)
    return Work(forward.frozen, 2 * forward.attention, 2 * forward.adapter)


def _lowest_backward(shape: EncoderShape, length: int, *, last: bool, adapted: Collection[str], rank: int) -> Work:
    query, key, value = (name in adapted for name in ADAPTABLE)
    scores = query or key
    square, wide, narrow = 2 * shape.hidden**2, 4 * shape.hidden * shape.ffn, rank * shape.hidden
    if last:
        return Work(
            frozen=square * (1 + scores + query) + wide,
            attention=2 * 2 * scores * length * shape.hidden * shape.heads,
            adapter=narrow * (6 * len(adapted) + 2 * (scores and value) + 2 * (query and key)),
        )
    products = value + (query + key + 1 if scores else 0)
    return Work(
        frozen=(square + wide) * length,
        attention=2 * products * length**2 * shape.hidden,
        adapter=narrow * 6 * len(adapted) * length,
    )


def _sum(parts: Iterable[Work]) -> Work:
    return sum(parts, Work(0.0, 0.0, 0.0))
