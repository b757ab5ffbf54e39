"""The arms of `tunelet bench predict`: from texts to probabilities, tokenisation included, as a user has it."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tunelet.bench.harness._subject import Subject
from tunelet.bench.harness._worker import Desk
from tunelet.bench.rivals._predict_settings import Classified, PredictSetting

Classify = Callable[[list[str]], np.ndarray]  # n texts -> probabilities [n, classes]
Engine = tuple[Classify, dict[str, Any]]  # what classifies, and what it chose, by name


def classify_job(
    desk: Desk, subject: Subject, setting: PredictSetting, phases: Sequence[Sequence[int]], longest: int
) -> None:
    """A worker that classifies; reports a `Classified` for each phase.

    Args:
        desk: asks for the phases.
        subject: the model and its texts.
        setting: how.
        phases: the rows of the sample that each phase is of.
        longest: tokens kept of a text.
    """
    texts, lengths = subject.words(), subject.tokens().lengths
    make = {"pipeline": _pipeline, "transformers": _transformers, "onnx": _onnx, "tunelet": _tunelet}[setting.engine]
    classify, chosen = make(subject, setting, longest)
    for rows in phases:
        if not desk.wait():
            return
        turn_texts = [texts[row] for row in rows]
        begin = time.perf_counter()
        probabilities = classify(turn_texts)
        seconds = time.perf_counter() - begin
        desk.report(Classified(seconds, int(lengths[list(rows)].sum()), probabilities, chosen))


def _pipeline(subject: Subject, setting: PredictSetting, longest: int) -> Engine:
    """What the model cards say: `pipeline("text-classification", model)(texts)`, with long texts cut."""
    from transformers import pipeline

    from tunelet.bench.rivals._stock import merged_model, stock_tokenizer
    from tunelet.model import quiet_libraries

    model = merged_model(subject, attention=None)
    with quiet_libraries():
        run = pipeline("text-classification", model=model, tokenizer=stock_tokenizer(subject), device=subject.device)

    def classify(texts: list[str]) -> np.ndarray:
        with quiet_libraries():
            results = run(texts, truncation=True, max_length=longest, top_k=None)
        scores = [{entry["label"]: entry["score"] for entry in text} for text in results]
        return np.array([[text[name] for name in subject.label_names] for text in scores], dtype=np.float64)

    return classify, {}


def _transformers(subject: Subject, setting: PredictSetting, longest: int) -> Engine:
    import torch

    from tunelet.bench.rivals._stock import merged_model

    model = merged_model(subject, attention=setting.variant, half=setting.precision == "bfloat16")

    def forward(inputs: dict[str, np.ndarray]) -> np.ndarray:
        with torch.inference_mode():
            tensors = {name: torch.from_numpy(value).to(subject.device) for name, value in inputs.items()}
            return np.asarray(model(**tensors).logits.float().cpu().numpy())

    return _batched(subject, setting.batch_size, longest, ("input_ids", "attention_mask"), forward)


def _onnx(subject: Subject, setting: PredictSetting, longest: int) -> Engine:
    import onnxruntime

    from tunelet.bench.rivals._onnx import graph_path

    path = str(graph_path(subject, setting.precision, setting.variant))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = tuple(str(argument.name) for argument in session.get_inputs())
    return _batched(
        subject, setting.batch_size, longest, names, lambda inputs: np.asarray(session.run(None, inputs)[0])
    )


def _batched(
    subject: Subject,
    batch_size: int,
    longest: int,
    names: Sequence[str],
    forward: Callable[[dict[str, np.ndarray]], np.ndarray],
) -> Engine:
    """Texts sorted by length, in batches padded to their longest; what a careful user writes around a model."""
    from tunelet.bench.rivals._stock import stock_tokenizer
    from tunelet.model import quiet_libraries

    tokenizer = stock_tokenizer(subject)

    def classify(texts: list[str]) -> np.ndarray:
        with quiet_libraries():
            ids = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
            order = sorted(range(len(texts)), key=lambda row: -len(ids[row]))
            result = np.empty((len(texts), len(subject.label_names)), dtype=np.float64)
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                padded = tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="np")
                logits = forward({name: np.asarray(padded[name], dtype=np.int64) for name in names}).astype(np.float64)
                powers = np.exp(logits - logits.max(axis=1, keepdims=True))
                result[rows] = powers / powers.sum(axis=1, keepdims=True)
        return result

    return classify, {}


def _tunelet(subject: Subject, setting: PredictSetting, longest: int) -> Engine:
    from tunelet.bench._tunelet_training import choices
    from tunelet.data import tokenise
    from tunelet.errors import ModelError
    from tunelet.model import load_tokenizer, probabilities, saved_classifier
    from tunelet.recipe import ModelSettings

    settings = ModelSettings.model_validate(
        {"precision": setting.precision, "device": subject.device, "random_weights": subject.random_weights}
    )
    classifier = saved_classifier(
        subject.checkpoint, subject.adapter_folder, subject.label_names, settings, "lora", seed=subject.seed
    )
    chosen = classifier.execution.precision
    if chosen.value != setting.precision:
        raise ModelError(f"runs in {chosen.value} instead: {chosen.reason}", "`tunelet doctor` shows what runs here")
    tokenizer = load_tokenizer(subject.checkpoint.path)

    def classify(texts: list[str]) -> np.ndarray:
        return probabilities(classifier, tokenise(texts, tokenizer, max_length=longest, truncation="head"))

    return classify, choices(classifier)
