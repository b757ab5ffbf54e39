"""SetFit by its maintained library (Tunstall et al. 2022), at its documented defaults, with a bound on the steps.

By default it trains for one epoch on every pair of texts, the rarer kind of pair repeated: steps grow with the square
of the texts. Here they end at `MAX_STEPS` (16 pairs each), which is drawn from the same pairs. It keeps all pairs in
memory, so beyond `MAX_TEXTS` a stratified part of the texts is taken.
"""

import tempfile
import time
from typing import Any

import numpy as np
from accuracy_data import Task
from accuracy_methods import MAX_LENGTH, Outcome

MAX_STEPS, MAX_TEXTS, BATCH = 500, 8_000, 16


def setfit(task: Task) -> Outcome:
    """The body fine-tuned on pairs, then a logistic regression on its embeddings."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    begin = time.perf_counter()
    rows = np.arange(len(task.texts))
    if len(rows) > MAX_TEXTS:
        rows, _ = train_test_split(rows, train_size=MAX_TEXTS, stratify=task.labels, random_state=task.seed)
    steps = min(default_steps(task.labels[rows]), MAX_STEPS)
    model = SetFitModel(model_body=_body(task), model_head=LogisticRegression(), labels=list(task.label_names))
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder, max_steps=steps, seed=task.seed, report_to="none", save_strategy="no",
                show_progress_bar=False,
            ),
            train_dataset=Dataset.from_dict({"text": [task.texts[row] for row in rows], "label": task.labels[rows]}),
        )  # fmt: skip
        trainer.train()
    trained = time.perf_counter()
    found = np.asarray(model.predict_proba(list(task.test_texts), batch_size=32), dtype=np.float64)
    return Outcome(
        found, trained - begin, time.perf_counter() - trained, {"steps": steps, "texts": len(rows), "batch": BATCH}
    )


def default_steps(labels: np.ndarray) -> int:
    """Steps of one epoch over the pairs that the library makes by default ("oversampling")."""
    counts = np.bincount(labels)
    same = int((counts * (counts + 1) // 2).sum())  # a text is a pair with itself, too
    every = len(labels) * (len(labels) + 1) // 2
    return -(-2 * max(same, every - same) // BATCH)


def _body(task: Task) -> Any:
    """The checkpoint as Sentence Transformers reads it: the mean of the tokens, each embedding of length 1."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    encoder = Transformer(str(task.checkpoint), max_seq_length=MAX_LENGTH)
    pooling = Pooling(encoder.get_embedding_dimension(), pooling_mode="mean")
    return SentenceTransformer(modules=[encoder, pooling, Normalize()], device="cpu")
