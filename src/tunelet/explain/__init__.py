"""The explain room: how much each word of a text speaks for a label, by integrated gradients and exactly for TF-IDF.

It stands below the classifiers and the main job, which both explain their models, and knows neither.
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports
from tunelet.explain._completeness import FIRST_STEPS, MOST_STEPS
from tunelet.explain._deletion import DELETIONS, deletion_curves
from tunelet.explain._html import (
    account,
    check_page,
    explanation_styles,
    explanations_page,
    html_fragment,
    html_page,
)
from tunelet.explain._pieces import Piece, pieces, strongest
from tunelet.explain._quantity import Quantity, quantity_of
from tunelet.explain._tfidf import explain_tfidf
from tunelet.run import Explanation, LabelsExplanation, NumberExplanation, RatingExplanation, Word

if TYPE_CHECKING:
    from tunelet.explain._encoder import ExplainedModel, explain_text

__all__ = [
    "DELETIONS",
    "FIRST_STEPS",
    "MOST_STEPS",
    "ExplainedModel",
    "Explanation",
    "LabelsExplanation",
    "NumberExplanation",
    "Piece",
    "Quantity",
    "RatingExplanation",
    "Word",
    "account",
    "check_page",
    "deletion_curves",
    "explain_text",
    "explain_tfidf",
    "explanation_styles",
    "explanations_page",
    "html_fragment",
    "html_page",
    "pieces",
    "quantity_of",
    "strongest",
]

__getattr__ = lazy_exports(__name__, {"_encoder": ("ExplainedModel", "explain_text")})
