"""The kernels room: what makes training fast, each a leaf with a plain definition. No policy lives here."""

from tunelet.kernels._attention import packed_attention, reference_attention

__all__ = ["packed_attention", "reference_attention"]
