"""The stock stack at its best setting: transformers' Trainer, with PEFT's LoRA or on all weights.

A small grid is searched on a held-out fifth of the training texts (of 2,000 of them, where there are more) by accuracy,
then by log loss: LoRA's targets and rate, or the rate of full fine-tuning; with the best, a third of the epochs. Then
the best setting is trained on all training texts.
"""

import tempfile
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from accuracy_data import Task
from accuracy_methods import MAX_LENGTH, Outcome, by_length

SEARCHED = 2_000  # training texts at most that a setting is chosen on
_FEW = 500  # texts below which batches are small, for the sake of steps


@dataclass(frozen=True)
class Setting:
    """What the grid varies.

    Attributes:
        targets: modules that get LoRA; None: every weight is trained.
        rate: peak learning rate.
        epochs: how many.
    """

    targets: tuple[str, ...] | None
    rate: float
    epochs: int


_ATTENTION, _EVERY = ("query", "value"), ("query", "key", "value", "dense")
LORA = [(targets, rate) for targets in (_ATTENTION, _EVERY) for rate in (5e-4, 2e-3)]
FULL = [(None, rate) for rate in (3e-5, 1e-4, 3e-4)]


def stock(task: Task) -> Outcome:
    """Trainer + PEFT: LoRA of rank 16."""
    return _best(task, LORA)


def full(task: Task) -> Outcome:
    """Trainer on all weights."""
    return _best(task, FULL)


def longest(texts: int) -> int:
    """Epochs at most: 32 for the fewest texts (200 steps and more), falling to 3 for the most."""
    if texts > 4_000:
        return 3
    return int(np.clip(round(1_600 / texts), 5, 32))


def batch_size(texts: int) -> int:
    """8 for few texts, else 16."""
    return 8 if texts < _FEW else 16


def _best(task: Task, grid: Any) -> Outcome:
    from sklearn.metrics import log_loss
    from sklearn.model_selection import train_test_split

    begin = time.perf_counter()
    rows = np.arange(len(task.texts))
    if len(rows) > SEARCHED:
        rows, _ = train_test_split(rows, train_size=SEARCHED, stratify=task.labels, random_state=task.seed)
    known, held_out = train_test_split(
        rows, test_size=max(0.2, len(task.label_names) / len(rows)), stratify=task.labels[rows], random_state=task.seed
    )
    trials = []

    def tried(setting: Setting) -> tuple[float, float]:
        probabilities = _predict(_train(task, known, setting), _texts(task, held_out))
        right = float((probabilities.argmax(1) == task.labels[held_out]).mean())
        loss = float(log_loss(task.labels[held_out], probabilities, labels=np.arange(len(task.label_names))))
        trials.append(asdict(setting) | {"accuracy": right, "log_loss": loss})
        return -right, loss

    settings = [Setting(targets, rate, longest(len(rows))) for targets, rate in grid]
    scores = {setting: tried(setting) for setting in settings}
    best = min(settings, key=scores.__getitem__)
    shorter = replace(best, epochs=-(-best.epochs // 3))
    if tried(shorter) < scores[best]:
        best = shorter
    final = replace(best, epochs=min(best.epochs, longest(len(task.texts))))
    trained = _train(task, np.arange(len(task.texts)), final)
    done = time.perf_counter()
    found = _predict(trained, task.test_texts)
    chosen = asdict(final) | {"tried": trials, "known": len(known), "held_out": len(held_out)}
    return Outcome(found, done - begin, time.perf_counter() - done, chosen)


def _texts(task: Task, rows: np.ndarray) -> tuple[str, ...]:
    return tuple(task.texts[row] for row in rows)


def _train(task: Task, rows: np.ndarray, setting: Setting) -> tuple[Any, Any]:
    """Model and tokenizer after training on these rows."""
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    torch.manual_seed(task.seed)
    tokenizer = AutoTokenizer.from_pretrained(task.checkpoint)
    model = AutoModelForSequenceClassification.from_pretrained(
        task.checkpoint, num_labels=len(task.label_names), problem_type="single_label_classification"
    )
    if setting.targets is not None:
        from peft import LoraConfig, TaskType, get_peft_model

        model = get_peft_model(
            model,
            LoraConfig(
                task_type=TaskType.SEQ_CLS, r=16, lora_alpha=32, lora_dropout=0.1, target_modules=list(setting.targets)
            ),
        )
    encoded = tokenizer(list(_texts(task, rows)), truncation=True, max_length=MAX_LENGTH)["input_ids"]
    examples = [
        {"input_ids": ids, "labels": int(task.labels[row]), "length": len(ids)}
        for ids, row in zip(encoded, rows, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=batch_size(len(rows)),
                num_train_epochs=setting.epochs,
                learning_rate=setting.rate,
                weight_decay=0.01,
                warmup_steps=0.1,  # of all steps
                bf16=_has_bfloat16(),
                train_sampling_strategy="group_by_length",
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                use_cpu=True,
                dataloader_pin_memory=False,
                disable_tqdm=True,
                seed=task.seed,
            ),
            train_dataset=examples,
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        trainer.train()
    return model, tokenizer


def _has_bfloat16() -> bool:
    """Whether mixed precision is the faster setting here, as docs/performance.md measures it."""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _predict(trained: tuple[Any, Any], texts: tuple[str, ...]) -> np.ndarray:
    """Probabilities, float64 [n, classes]."""
    from scipy.special import softmax

    model, tokenizer = trained
    logits = by_length(model, tokenizer, texts, lambda batch: model(**batch).logits)
    found: np.ndarray = softmax(logits.astype(np.float64), axis=1)
    return found
