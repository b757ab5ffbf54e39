"""Texts that are cleaned and wait for the model: who gathers batches needs to know their lengths beforehand."""

from dataclasses import dataclass

from tunelet.data import Tokens


@dataclass(frozen=True)
class EncodedText:
    """One text as a classifier's model reads it.

    Attributes:
        text: the cleaned text; "" where there is nothing to read.
        length: tokens that the model has to go through for it, exact or estimated.
        tokens: its token ids; None where there is nothing to read, or where the model tokenises by itself.
    """

    text: str
    length: int
    tokens: Tokens | None = None
