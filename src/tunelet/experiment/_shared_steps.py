"""One training by several workers: each computes the gradients of its share of a batch, and this process does the rest.

A worker holds the frozen model and nothing else: with every step come the trained parameters, some megabytes at most,
and the tokens and labels of its share. So a worker that dies is replaced within the step, the training may go on with
another number of them, texts may be as many as they like, and the run folder is like any other. Shares have as many
tokens as each other, give or take half a text; their gradients are added up in a fixed order.
"""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tunelet.data import Batch, TaskName, gather, split_batch
from tunelet.experiment._compiling import compile_kernels
from tunelet.experiment._material import new_classifier_for
from tunelet.experiment._plan import Plan
from tunelet.experiment._rivals import ALL, Labelled
from tunelet.model import SequenceClassifier
from tunelet.recipe import Recipe
from tunelet.scale import HERE, Cost, Job, Workers, workers_at
from tunelet.training import Classification, Length, Loss, Reporter, Silent, TrainingData, micro_batches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.checkpoint import Checkpoint

Arrays = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True, eq=False)
class _Setup:
    """What a worker makes its model of, which does not change in a training."""

    checkpoint: "Checkpoint"
    task: TaskName
    label_names: tuple[str, ...]
    recipe: Recipe

    def model(self) -> SequenceClassifier:
        """The model in a worker."""
        compile_kernels()
        return new_classifier_for(self.checkpoint, self.task, self.label_names, self.recipe)


@dataclass(frozen=True, eq=False)
class _Share:
    """What a worker computes in a step.

    Attributes:
        key: names the training.
        setup: of it, for a worker that has none; None: it is asked for where it is missing.
        parameters: what is trained, by name.
        batches: the texts of the share, as many at a time as go through the model at once.
        loss: of these texts.
        texts: of the whole step.
        seed: of what is drawn in it, such as dropout.
    """

    key: str
    setup: _Setup | None
    parameters: Arrays
    batches: tuple[Batch, ...]
    loss: Loss
    texts: int
    seed: int


_known: dict[str, SequenceClassifier] = {}  # in a worker: the model of its training


def _learn(training: tuple[str, _Setup]) -> None:
    """In a worker: get to know a training, and forget the one before."""
    key, setup = training
    if key not in _known:
        _known.clear()
        _known[key] = setup.model()


def _gradients(share: _Share) -> tuple[float, int, Arrays] | None:
    """In a worker: loss, tokens and gradients of a share; None: it does not know the training yet."""
    if share.key not in _known:
        if share.setup is None:
            return None
        _learn((share.key, share.setup))
    model = _known[share.key]
    trained = model.trained_parameters()
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(torch.from_numpy(share.parameters[name]))
            parameter.grad = None
    loss_of, summed, tokens = share.loss.to(model.device), 0.0, 0
    torch.manual_seed(share.seed)
    with model.training_mode():
        for batch in share.batches:
            loss = loss_of(model.logits(batch), torch.from_numpy(batch.rows).to(model.device))
            (loss / share.texts).backward()
            summed += float(loss.detach())
            tokens += len(batch.token_ids)
    found = {name: p.grad.numpy(force=True) for name, p in trained.items() if p.grad is not None}
    return summed, tokens, found


class SharedSteps:
    """The gradients of a training's batches, by workers."""

    def __init__(self, plan: Plan, labelled: Labelled, classifier: SequenceClassifier, workers: Workers) -> None:
        prepared = plan.prepared
        self._setup = _Setup(plan.checkpoint, prepared.space.task, tuple(prepared.label_names), plan.recipe)
        self._plan, self._classifier, self._workers = plan, classifier, workers
        data = TrainingData(
            plan.tokens["train"], labelled.targets[labelled.rows[ALL]], None, None,
            label_names=labelled.names, task=prepared.space.task, unit=labelled.unit,
        )  # fmt: skip
        self._objective = Classification(classifier, data, plan.recipe.training, Silent())
        self._key = uuid.uuid4().hex

    def begin(self) -> None:
        """Let every worker load the model, so that no step waits for that."""
        jobs = [Job("the model", (self._key, self._setup))] * self._workers.count
        for _ in self._workers.map(_learn, jobs):
            pass

    def cost(self) -> Cost:
        """What the whole training will take, from the second of two steps; nothing is changed by them."""
        plan, drawn = self._plan, torch.get_rng_state()
        length = Length.of(plan.recipe.training, plan.tokens["train"].lengths)
        rows = np.arange(min(plan.recipe.training.batch_size, len(plan.tokens["train"].lengths)))
        for _ in range(2):
            begun = time.monotonic()
            _, tokens = self.add_gradients([rows], 0, len(rows))
            seconds = time.monotonic() - begun
            for parameter in self._classifier.trained_parameters().values():
                parameter.grad = None
        torch.set_rng_state(drawn)
        steps = int(plan.tokens["train"].lengths.sum()) * length.passes * seconds / tokens
        count, cores = self._workers.count, self._workers.cores
        rest = plan.estimate.evaluation_seconds
        return Cost(steps + rest, steps * count * cores + rest * HERE.threads, count, cores)

    def add_gradients(self, batches: Sequence["NDArray[np.int64]"], epoch: int, texts: int) -> tuple[torch.Tensor, int]:
        """Add the gradients of the mean loss to those of the trained parameters; as `Helpers` has it."""
        lengths, rows = self._plan.tokens["train"].lengths, np.concatenate(list(batches))
        budget = -(-int(lengths[rows].sum()) // self._workers.count)
        trained = self._classifier.trained_parameters()
        parameters = _arrays(trained)
        seed = int(torch.randint(2**31, ()))  # of the training's own numbers: a resumed one draws the same
        shares = [
            _Share(self._key, None, parameters, *self._share(part), texts, seed + number)
            for number, part in enumerate(split_batch(rows, lengths, token_budget=budget))
        ]
        found = self._answers(shares)
        for name, parameter in trained.items():
            for _, _, gradients in found:
                gradient = torch.from_numpy(gradients[name]).to(parameter.device)
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
        return torch.tensor(sum(loss for loss, _, _ in found)), sum(tokens for _, tokens, _ in found)

    def _share(self, rows: "NDArray[np.int64]") -> tuple[tuple[Batch, ...], Loss]:
        """Texts in batches, numbered anew, and their loss: a worker has neither the other texts nor their labels."""
        begin, batches = 0, []
        for some in micro_batches(self._objective, [rows]):
            numbers = np.arange(begin, begin + len(some))
            batches.append(replace(gather(self._objective.train, some), rows=numbers))
            begin += len(some)
        return tuple(batches), self._objective.loss.of_rows(rows)

    def _answers(self, shares: Sequence[_Share]) -> list[tuple[float, int, Arrays]]:
        """Of each share, in their order; workers that do not know the training are told of it."""
        found: dict[int, tuple[float, int, Arrays]] = {}
        setup: _Setup | None = None
        while missing := [number for number in range(len(shares)) if number not in found]:
            jobs = [Job(f"share {number + 1}", replace(shares[number], setup=setup)) for number in missing]
            for index, answer in self._workers.map(_gradients, jobs):
                if answer is not None:
                    found[missing[index]] = answer
            setup = self._setup
        return [found[number] for number in range(len(shares))]


def _arrays(parameters: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: parameter.detach().cpu().numpy() for name, parameter in parameters.items()}


@contextmanager
def shared_steps(
    plan: Plan, labelled: Labelled, classifier: SequenceClassifier, progress: Reporter
) -> Iterator[SharedSteps]:
    """The workers of a training on all texts, which end with the block."""
    with workers_at(plan.place) as workers:
        shared = SharedSteps(plan, labelled, classifier, workers)
        progress.stage("reckoning what the training will take", 0)
        shared.begin()
        progress.say(shared.cost().in_words)
        yield shared
