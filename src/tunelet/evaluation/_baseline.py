"""The baseline that keeps us honest: TF-IDF of words and of characters, and logistic regression, by scikit-learn.

It needs seconds, and on many tasks it is hard to beat (Wang and Manning 2012). Its one setting, the strength of the
regularisation, is chosen on the validation texts by log loss, as an encoder's best epoch is.
"""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_STRENGTHS = (1.0, 10.0, 100.0)  # C of scikit-learn, larger is freer
_WORD = r"(?u)\b\w+\b"
_FEATURES = 100_000  # of each kind at most: the commonest


@dataclass(frozen=True, eq=False)
class Baseline:
    """A trained baseline.

    Attributes:
        features: words, pairs of words and runs of characters that it knows.
        strength: the C that was chosen.
        seconds: of training, the choice included.
        model: scikit-learn's.
        vectoriser: scikit-learn's.
    """

    features: int
    strength: float
    seconds: float
    model: Any
    vectoriser: Any

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Probability of each class for each text, float64 [n, classes]."""
        found: np.ndarray = self.model.predict_proba(self.vectoriser.transform(texts))
        return found


def train_baseline(
    texts: Sequence[str],
    labels: np.ndarray,
    validation_texts: Sequence[str],
    validation_labels: np.ndarray,
    classes: int,
) -> Baseline:
    """Train on the texts that the encoder is trained on.

    Args:
        texts: [n].
        labels: int64 [n]; every class from 0 to `classes` - 1 occurs.
        validation_texts, validation_labels: to choose the regularisation on.
        classes: how many.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    begin = time.perf_counter()
    vectoriser = _fitted(texts)
    known, held_out = vectoriser.transform(texts), vectoriser.transform(validation_texts)
    best, least = None, np.inf
    for strength in _STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
        with warnings.catch_warnings():  # where it stops short of the optimum it is a baseline all the same
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(known, labels)
        loss = log_loss(validation_labels, model.predict_proba(held_out), labels=np.arange(classes))
        if loss < least:
            best, least = model, loss
    assert best is not None  # noqa: S101
    return Baseline(known.shape[1], float(best.C), time.perf_counter() - begin, best, vectoriser)


def _fitted(texts: Sequence[str]) -> Any:
    """Words, word pairs and runs of characters; characters alone where no text has a word."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    rare = 2 if len(texts) >= 200 else 1  # in so few texts everything is rare
    shared: dict[str, Any] = {"sublinear_tf": True, "min_df": rare, "max_features": _FEATURES, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=_WORD, **shared)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), **shared)
    try:
        return FeatureUnion([("words", words), ("characters", characters)]).fit(texts)
    except ValueError:  # an empty vocabulary
        return TfidfVectorizer(analyzer="char", ngram_range=(1, 2), dtype=np.float32).fit(texts)
