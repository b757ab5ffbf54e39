"""Texts that a tokenizer cannot read: another script, emoji, or all alike in what is kept of them."""

from tunelet._words import counted, points
from tunelet.data._tokens import Tokens

_SOME, _MOST = 0.05, 0.5  # shares of unknown tokens that are worth a word, and that leave little to learn from
_EXAMINED = 100_000  # texts of which sequences are compared


def unreadable(tokens: Tokens, model: str) -> tuple[str, ...]:
    """Warnings about the training texts as their model reads them, each with what to type; none where all is well.

    Args:
        tokens: of the training texts.
        model: its name.
    """
    share = tokens.unknown / max(1, tokens.content)
    texts = min(len(tokens), _EXAMINED)
    ends = tokens.offsets
    sequences = len({tokens.token_ids[ends[row] : ends[row + 1]].tobytes() for row in range(texts)})
    alike = (
        f"{counted(texts, 'training text')} {'is' if texts == 1 else 'are'} "
        f"{counted(sequences, 'sequence')} of tokens to the model"
        if 2 * sequences <= texts
        else ""
    )
    other = "--model with a tokenizer that knows these characters, such as xlm-roberta-base"
    if share >= _SOME:
        what = f"{points(share, 0)} of the tokens are unknown to the tokenizer of {model}"
        hopeless = "which can learn next to nothing from them" if share >= _MOST else ""
        clauses = ", ".join(filter(None, (what, hopeless)))
        return (f"texts: {'; '.join(filter(None, (clauses, alike)))}; pass {other}",)
    if alike:
        return (f"texts: {alike}: many look the same; raise data.max_length, set data.truncation, or pass {other}",)
    return ()
