"""The loop comes to what transformers' Trainer comes to: same batches, same initial weights, no dropout, float32."""

import json
from pathlib import Path

import numpy as np
import pytest
from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

from encoders import minilm_folder
from tunelet.bench._stock import adapted_model, stock_tokenizer
from tunelet.bench._subject import Subject
from tunelet.data import Tokens, training_batches
from tunelet.model import find_checkpoint, new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.run import RunFolder
from tunelet.training import Progress, TrainingData, fit

SEED, N, EPOCHS, BATCH_SIZE = 3, 80, 2, 4  # 20 steps an epoch, warm-up of 6 steps
RATES = {"learning_rate": 2e-3, "weight_decay": 0.1, "max_grad_norm": 0.5}  # each of which shows


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """MiniLM without dropout: of tunelet's, too, which keeps that before the head."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for file in minilm_folder().iterdir():
        if file.name == "config.json":
            config = json.loads(file.read_text())
            config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
            (folder / file.name).write_text(json.dumps(config))
        else:
            (folder / file.name).symlink_to(file.resolve())
    return folder


def texts(n: int, seed: int) -> tuple[Tokens, np.ndarray]:
    """Of 3 to 20 random words, labelled at random: nothing to learn but by heart."""
    random = np.random.default_rng(seed)
    pieces = [np.array([101, *random.integers(2000, 20000, random.integers(3, 20)), 102], np.int32) for _ in range(n)]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return Tokens(np.concatenate(pieces), offsets, truncated=0), random.integers(0, 2, n)


def test_losses_and_validation_are_those_of_trainer(tmp_path, checkpoint):
    train, train_labels = texts(N, 1)
    validation, validation_labels = texts(32, 2)
    classifier = new_classifier(
        find_checkpoint(str(checkpoint)),
        ("no", "yes"),
        ModelSettings(precision="float32", device="cpu"),
        AdapterSettings(),
        seed=SEED,
    )
    subject = Subject("minilm", find_checkpoint(str(checkpoint)), False, SEED, "cpu", tmp_path, tmp_path, ("no", "yes"))
    classifier.save(subject.adapter_folder)

    folder = RunFolder(tmp_path / "run")
    folder.start()
    settings = TrainingSettings(
        epochs=EPOCHS, batch_size=BATCH_SIZE, seed=SEED, warmup=0.15, head_learning_rate=RATES["learning_rate"], **RATES
    )
    fit(classifier, TrainingData(train, train_labels, validation, validation_labels), settings, folder, Progress(None))
    history = [json.loads(line) for line in folder.history.read_text().splitlines()]

    def rows(tokens: Tokens, labels: np.ndarray) -> list[dict[str, object]]:
        pieces = np.split(tokens.token_ids, tokens.offsets[1:-1])
        return [{"input_ids": ids.tolist(), "labels": int(label)} for ids, label in zip(pieces, labels, strict=True)]

    examples = rows(train, train_labels)
    order = [
        row
        for epoch in range(EPOCHS)
        for batch in training_batches(
            train.lengths, batch_size=BATCH_SIZE, seed=SEED, epoch=epoch, group_by_length=False
        )
        for row in batch
    ]
    trainer = Trainer(
        model=adapted_model(subject, attention="eager"),
        args=TrainingArguments(
            output_dir=str(tmp_path / "trainer"), max_steps=len(order) // BATCH_SIZE,
            train_sampling_strategy="sequential",
            per_device_train_batch_size=BATCH_SIZE, warmup_steps=settings.warmup, logging_steps=10,
            eval_strategy="steps", eval_steps=N // BATCH_SIZE, save_strategy="no", report_to="none",
            use_cpu=True, disable_tqdm=True, **RATES,
        ),
        train_dataset=[examples[row] for row in order],
        eval_dataset=rows(validation, validation_labels),
        data_collator=DataCollatorWithPadding(stock_tokenizer(subject)),
    )  # fmt: skip
    trainer.train()
    for ours, theirs, count in (
        ([entry["loss"] for entry in history if "loss" in entry], "loss", 4),
        ([entry["validation"]["log_loss"] for entry in history if "validation" in entry], "eval_loss", EPOCHS),
    ):
        expected = [entry[theirs] for entry in trainer.state.log_history if theirs in entry]
        assert len(expected) == count
        assert np.ptp(expected) > 1e-3  # something was learnt
        np.testing.assert_allclose(ours, expected, atol=2e-5)
