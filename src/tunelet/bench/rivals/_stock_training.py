"""Stock training: the real `transformers.Trainer` over a PEFT model, timed from step to step.

The Trainer runs once, from its first batch to its last; a callback notes the time of each optimizer step, data loading
included, and between turns waits to be asked again. Nothing is evaluated, logged or saved.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tunelet.bench.harness._phases import Batches, Phases, grouped, shuffled
from tunelet.bench.harness._subject import Subject
from tunelet.bench.harness._worker import Desk
from tunelet.bench.rivals._settings import StockSetting
from tunelet.bench.rivals._stock import adapted_model, stock_tokenizer
from tunelet.data import Tokens
from tunelet.model import quiet_libraries


@dataclass(frozen=True)
class Turn:
    """The measurements of one turn, step by step.

    Attributes:
        seconds: wall clock of each optimizer step; on a GPU of starting it, and of the last until all are done.
        tokens: real tokens of each step, without padding.
        losses: mean loss of each step.
        choices: what tunelet chose, by name: {"value": ..., "reason": ...}; stock training chooses nothing.
    """

    seconds: tuple[float, ...]
    tokens: tuple[int, ...]
    losses: tuple[float, ...]
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Real tokens a second."""
        return sum(self.tokens) / self.total_seconds

    @property
    def total_seconds(self) -> float:
        """Seconds of all steps together."""
        return sum(self.seconds)

    def record(self) -> dict[str, Any]:
        """The turn as the JSON document has it."""
        return {"seconds": self.seconds, "tokens": self.tokens, "losses": self.losses}


def waited(device: str) -> float:
    """Wait for what a GPU has still to do, and return the seconds that took: they belong to the last step of a turn."""
    import torch

    begin = time.perf_counter()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def train_stock(
    desk: Desk, subject: Subject, setting: StockSetting, phases: Phases, chunk: int, longest: int, rate: float
) -> None:
    """A worker that trains with Trainer + PEFT; reports a `Turn` for each phase.

    Args:
        desk: asks for the phases.
        subject: the model and its texts.
        setting: how.
        phases: how many steps of each phase.
        chunk: steps that hold the sample's lengths together.
        longest: tokens to which "max_length" pads.
        rate: peak learning rate.
    """
    tokens = subject.tokens()
    if setting.grouped:
        batches = grouped(_grouped_order(tokens.lengths, phases.batch_size, subject.seed), tokens.lengths, phases)
    else:
        batches = shuffled(tokens.lengths, phases, chunk=chunk, seed=subject.seed)
    with quiet_libraries():
        _train(desk, subject, setting, batches, tokens, longest, rate)


def _grouped_order(lengths: np.ndarray, batch_size: int, seed: int) -> list[int]:
    """The order of `train_sampling_strategy="group_by_length"` over the whole sample, made by transformers itself."""
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    order: list[int] = get_length_grouped_indices(
        lengths.tolist(), batch_size, generator=torch.Generator().manual_seed(seed)
    )
    return order


def _train(
    desk: Desk, subject: Subject, setting: StockSetting, batches: Batches, tokens: Tokens, longest: int, rate: float
) -> None:
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments, default_data_collator
    from transformers.trainer_callback import PrinterCallback

    tokenizer = stock_tokenizer(subject)
    padded_to = longest if setting.padding == "max_length" else 0
    labels = subject.labels()
    examples = [
        _example(tokens, row, int(labels[row]), padded_to, tokenizer.pad_token_id)
        for phase in batches
        for rows in phase
        for row in rows
    ]
    arguments = TrainingArguments(
        output_dir=str(subject.folder / "trainer"),
        per_device_train_batch_size=len(batches[0][0]),
        max_steps=sum(len(phase) for phase in batches),
        learning_rate=rate,
        weight_decay=0.01,
        bf16=setting.precision == "bf16=True",
        torch_compile=setting.compiled,
        train_sampling_strategy="sequential",  # `examples` lie in the order that was asked for
        use_cpu=subject.device == "cpu",
        seed=subject.seed,
        disable_tqdm=True,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
    )
    model = adapted_model(
        subject,
        attention=setting.attention,
        dropout=setting.dropout,
        half=setting.precision == "bfloat16 base",
    )
    clock = _clock(desk, batches, tokens)

    class TimedTrainer(Trainer):  # type: ignore[misc]
        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            loss = super().training_step(*args, **kwargs)
            clock.loss = loss.detach()
            return loss

    trainer = TimedTrainer(
        model=model,
        args=arguments,
        train_dataset=examples,
        data_collator=default_data_collator if padded_to else DataCollatorWithPadding(tokenizer),
        callbacks=[clock],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()


def _example(tokens: Tokens, row: int, label: int, padded_to: int, pad: int) -> dict[str, Any]:
    ids = tokens.token_ids[tokens.offsets[row] : tokens.offsets[row + 1]].tolist()
    void = max(0, padded_to - len(ids))
    return {"input_ids": ids + [pad] * void, "attention_mask": [1] * len(ids) + [0] * void, "labels": label}


def _clock(desk: Desk, batches: Batches, tokens: Tokens) -> Any:
    """The callback that times steps and waits between phases."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.loss: Any = math.nan
            self.phase = 0
            self.seconds: list[float] = []
            self.losses: list[Any] = []

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = not desk.wait()
            self.begun = time.perf_counter()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.seconds.append(time.perf_counter() - self.begun)
            self.losses.append(self.loss)
            phase = batches[self.phase]
            if len(self.seconds) == len(phase):
                self.seconds[-1] += waited(args.device.type)
                counts = tuple(int(tokens.lengths[rows].sum()) for rows in phase)
                desk.report(Turn(tuple(self.seconds), counts, tuple(map(float, self.losses))))
                self.phase, self.seconds, self.losses = self.phase + 1, [], []
                if self.phase == len(batches) or not desk.wait():
                    control.should_training_stop = True
            self.begun = time.perf_counter()

    return Clock()
