"""The 2k recipe by transformers' Trainer with PEFT: the same split, initial weights, rates and epochs as tunelet's."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measured import environment_and_commit


def train(data: Path, seed: int, *, same_order: bool) -> dict[str, Any]:
    """Train; validation metrics after each epoch and the losses on the way.

    Args:
        data: folder with kaggle_2000.csv.
        seed: of split, initial weights and order.
        same_order: in tunelet's batches, in float32, without any dropout; otherwise in the fastest setting that keeps
            the config's dropout for DistilBERT: `bf16=True`, grouped by length, eager attention.
    """
    import numpy as np
    import torch
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    from tunelet.bench import Subject, adapted_model, rows_in_order, stock_tokenizer
    from tunelet.checkpoint import find_checkpoint
    from tunelet.data import prepare, read
    from tunelet.model import new_classifier, quiet_libraries
    from tunelet.recipe import resolve_recipe, with_settings

    begin = time.monotonic()
    recipe = with_settings(resolve_recipe("distilbert-imdb-2k"), {"model.name": "minilm", "training.seed": seed})
    settings, rates = recipe.data, recipe.training
    reading = read(str(data / "kaggle_2000.csv"), clean_markup=settings.clean_markup, label_names=settings.label_names)
    prepared = prepare(
        reading, None, limit=settings.limit, balanced=settings.balanced, validation_size=settings.validation_size,
        drop_duplicates=settings.drop_duplicates, seed=seed,
    )  # fmt: skip
    checkpoint, names = find_checkpoint("minilm"), prepared.label_names
    with TemporaryDirectory() as folder, quiet_libraries():
        subject = Subject("minilm", checkpoint, False, seed, "cpu", Path(folder), Path(folder), names)
        new_classifier(checkpoint, names, recipe.model, recipe.adapter, seed=seed).save(subject.adapter_folder)
        tokenizer = stock_tokenizer(subject)

        def rows(part: Any) -> list[dict[str, Any]]:
            encoded = tokenizer(list(part.texts), truncation=True, max_length=settings.max_length)["input_ids"]
            return [
                {"input_ids": ids, "labels": names.index(label), "length": len(ids)}
                for ids, label in zip(encoded, part.labels, strict=True)
            ]

        examples = rows(prepared.train)
        steps = -(-len(examples) // rates.batch_size)  # of an epoch
        if same_order:
            lengths = np.array([row["length"] for row in examples])
            order = rows_in_order(lengths, epochs=rates.epochs, batch_size=rates.batch_size, seed=seed)
            examples = [examples[row] for row in order]
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=rates.batch_size,
            per_device_eval_batch_size=8,
            max_steps=steps * rates.epochs,
            learning_rate=rates.learning_rate,
            weight_decay=rates.weight_decay,
            warmup_steps=rates.warmup,
            max_grad_norm=rates.max_grad_norm,
            lr_scheduler_type="linear",
            bf16=not same_order,
            train_sampling_strategy="sequential" if same_order else "group_by_length",
            eval_strategy="steps",
            eval_steps=steps,
            save_strategy="no",
            logging_steps=10,  # as often as tunelet's history
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
            seed=seed,
        )
        torch.manual_seed(seed)
        trainer = Trainer(
            model=adapted_model(subject, attention="sdpa" if same_order else "eager", dropout=not same_order),
            args=arguments,
            train_dataset=examples,
            eval_dataset=sorted(rows(prepared.validation), key=lambda row: row["length"]),  # less padding
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=lambda found: {"accuracy": float((found[0].argmax(-1) == found[1]).mean())},
        )
        trainer.train()
        history = trainer.state.log_history
        epochs = [
            {"accuracy": entry["eval_accuracy"], "log_loss": entry["eval_loss"]}
            for entry in history
            if "eval_loss" in entry
        ]
    return {
        "seed": seed,
        "seconds": time.monotonic() - begin,
        "result": min(epochs, key=lambda epoch: epoch["log_loss"]),  # as tunelet picks it
        "epochs": epochs,
        "losses": [entry["loss"] for entry in history if "loss" in entry],
        **environment_and_commit(),
    }
