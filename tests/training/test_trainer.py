"""The loop comes to what Trainer of transformers comes to: same full batches, same weights, no dropout, float32."""

import json

import numpy as np
import pytest
import torch
from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

from encoders import minilm_folder
from tunelet.bench import Subject, training_step
from tunelet.bench.rivals._stock import adapted_model, rows_in_order, stock_tokenizer, without_dropout
from tunelet.checkpoint import find_checkpoint
from tunelet.data import Tokens, training_batches
from tunelet.model import new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.run import RunFolder
from tunelet.training import Silent, TrainingData, fit

pytestmark = pytest.mark.slow

SEED, N, EPOCHS, BATCH_SIZE = 3, 80, 2, 4
RATES = {"learning_rate": 2e-3, "weight_decay": 0.5, "max_grad_norm": 0.1}
WARMUP = 0.15  # of 40 steps
TOLERANCE = 2e-5


def texts(n: int, seed: int) -> tuple[Tokens, np.ndarray]:
    """Of 3 to 19 random words, labelled at random: nothing to learn but by heart."""
    random = np.random.default_rng(seed)
    pieces = [np.array([101, *random.integers(2000, 20000, random.integers(3, 20)), 102], np.int32) for _ in range(n)]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return Tokens(np.concatenate(pieces), offsets, truncated=0), random.integers(0, 2, n)


DATA = TrainingData(*texts(N, 1), *texts(32, 2))


@pytest.fixture(scope="module")
def subject(tmp_path_factory) -> Subject:
    folder = tmp_path_factory.mktemp("subject")
    checkpoint = find_checkpoint(str(without_dropout(find_checkpoint(str(minilm_folder())), folder / "checkpoint")))
    subject = Subject("minilm", checkpoint, False, SEED, "cpu", folder, folder, ("no", "yes"))
    _classifier(subject).save(subject.adapter_folder)
    return subject


def _classifier(subject: Subject):
    settings = ModelSettings(precision="float32", device="cpu")
    return new_classifier(subject.checkpoint, subject.label_names, settings, AdapterSettings(), seed=SEED)


@pytest.fixture(scope="module")
def trainer_log(subject) -> tuple[list[float], list[float]]:
    """Trainer's losses, in means of ten steps, and its validation loss of each epoch."""

    def rows(tokens: Tokens, labels: np.ndarray) -> list[dict[str, object]]:
        pieces = np.split(tokens.token_ids, tokens.offsets[1:-1])
        return [{"input_ids": ids.tolist(), "labels": int(label)} for ids, label in zip(pieces, labels, strict=True)]

    examples = rows(DATA.train, DATA.train_labels)
    order = rows_in_order(DATA.train.lengths, epochs=EPOCHS, batch_size=BATCH_SIZE, seed=SEED)
    trainer = Trainer(
        model=adapted_model(subject, attention="eager"),
        args=TrainingArguments(
            output_dir=str(subject.folder / "trainer"), max_steps=len(order) // BATCH_SIZE,
            train_sampling_strategy="sequential", per_device_train_batch_size=BATCH_SIZE, warmup_steps=WARMUP,
            logging_steps=10, eval_strategy="steps", eval_steps=N // BATCH_SIZE, save_strategy="no", report_to="none",
            use_cpu=True, disable_tqdm=True, **RATES,
        ),
        train_dataset=[examples[row] for row in order],
        eval_dataset=rows(DATA.validation, DATA.validation_labels),
        data_collator=DataCollatorWithPadding(stock_tokenizer(subject)),
    )  # fmt: skip
    trainer.train()
    history = trainer.state.log_history
    losses, validation = ([entry[key] for entry in history if key in entry] for key in ("loss", "eval_loss"))
    assert len(losses) == len(order) // BATCH_SIZE // 10
    assert len(validation) == EPOCHS
    return losses, validation


def tunelet_log(subject: Subject, folder: RunFolder, **changes: float) -> tuple[list[float], list[float]]:
    """The same of tunelet."""
    rates = {**RATES, "warmup": WARMUP, **changes}
    settings = TrainingSettings(
        epochs=EPOCHS, batch_size=BATCH_SIZE, seed=SEED, head_learning_rate=rates["learning_rate"], **rates
    )
    folder.start()
    fit(_classifier(subject), DATA, settings, folder, Silent())
    history = [json.loads(line) for line in folder.history.read_text().splitlines()]
    return (
        [entry["loss"] for entry in history if "loss" in entry],
        [entry["validation"]["log_loss"] for entry in history if "validation" in entry],
    )


def test_losses_and_validation_are_those_of_trainer(tmp_path, subject, trainer_log):
    for ours, theirs in zip(tunelet_log(subject, RunFolder(tmp_path / "run")), trainer_log, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize(
    "change", [{"weight_decay": 0.0}, {"max_grad_norm": 100.0}, {"warmup": 0.0}, {"learning_rate": 1e-3}], ids=str
)
def test_any_other_setting_would_show(tmp_path, subject, trainer_log, change):
    losses, validation = tunelet_log(subject, RunFolder(tmp_path / "run"), **change)
    apart = np.abs(np.subtract(losses + validation, trainer_log[0] + trainer_log[1]))
    assert apart.max() > 5 * TOLERANCE


def test_the_step_that_benchmarks_time_is_the_step_of_the_loop(tmp_path, subject):
    tokens, labels = DATA.train.take(np.arange(12)), DATA.train_labels[:12]
    step = training_step(subject, "float32", tokens, labels, rate=1e-3, batch_size=BATCH_SIZE)
    with step.objective.model.training_mode():
        for rows in training_batches(
            tokens.lengths,
            batch_size=BATCH_SIZE,
            seed=SEED,
            epoch=0,
            group_by_length=step.objective.model.packing is None,
        ):
            step([rows])
    classifier, folder = _classifier(subject), RunFolder(tmp_path / "run")
    folder.start()
    settings = TrainingSettings(epochs=1, batch_size=BATCH_SIZE, learning_rate=1e-3, head_learning_rate=1e-3, seed=SEED)
    fit(classifier, TrainingData(tokens, labels, None, None), settings, folder, Silent())
    timed = step.objective.model.trained_parameters()
    for name, parameter in classifier.trained_parameters().items():
        assert torch.equal(parameter, timed[name]), name
