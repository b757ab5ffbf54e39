"""Gradients of micro-batches as CUDA graphs.

On a GPU a step of a small encoder is hundreds of kernels that take microseconds each, and starting them one by one from
Python takes several times longer than they run. A graph (`torch.cuda.CUDAGraph`) is recorded once and started at one
go. It holds for one shape, so a micro-batch is filled up with texts that no loss reads: to one of sixteen sizes an
octave, three in a hundred tokens on average at most. A shape is recorded when it comes for the second time. Graphs
share their memory, for none runs beside another.
"""

from dataclasses import dataclass
from typing import Any, TypeGuard

import torch

from tunelet.data import Batch, filled
from tunelet.kernels import DeviceSeqlens, on_device
from tunelet.training._classification import Classification
from tunelet.training._objective import Objective

_SIZES = 16  # of micro-batches that are recorded, from a number of tokens to its double
_SMALLEST = 16  # tokens between two sizes
_LONGEST = 128  # tokens of a text that fills up, about: fewer than any encoder has positions
_MOST = 256  # graphs: a training of texts that differ widely records no more, and starts the rest kernel by kernel


def bucket(tokens: int) -> tuple[int, int]:
    """The size that so many tokens are filled up to, and with how many texts."""
    step = max(_SMALLEST, (1 << tokens.bit_length() - 1) // _SIZES)
    texts = -(-step // _LONGEST)
    return ((tokens + texts - 1) // step + 1) * step, texts


def recordable(objective: Objective) -> TypeGuard[Classification]:
    """Whether the gradients of an objective can be recorded: on a CUDA device with attention that reads lengths there.

    What is masked differs in number from step to step, and the windows of a text are pooled one text after another.
    """
    return (
        isinstance(objective, Classification)
        and objective.model.execution.attention.value in ("varlen_attn", "sdpa")
        and objective.train.windows is None
    )


@dataclass(frozen=True)
class _Recorded:
    graph: torch.cuda.CUDAGraph
    inputs: dict[str, Any]
    rows: torch.Tensor
    summed: torch.Tensor


class GradientGraphs:
    """Adds the gradients of micro-batches to those of the trained parameters, which then keep their tensors.

    Only for an objective that is `recordable`.
    """

    def __init__(self, objective: Classification) -> None:
        self._objective, self._model = objective, objective.model
        self._recorded: dict[tuple[int, ...], _Recorded] = {}
        self._stream = torch.cuda.Stream(self._model.device)
        self._seen: set[tuple[int, ...]] = set()
        self._pool: Any = None
        self._most = _MOST
        for parameter in self._model.trained_parameters().values():
            parameter.grad = torch.zeros_like(parameter)

    @property
    def recorded(self) -> int:
        """The number of graphs."""
        return len(self._recorded)

    def add(self, batch: Batch, texts: int) -> torch.Tensor | None:
        """The summed loss of the texts, a scalar on the GPU that is not waited for; None: to be done kernel by kernel.

        Args:
            batch: the micro-batch.
            texts: of the whole step, over which the loss is averaged.
        """
        whole = filled(batch, *bucket(len(batch.token_ids)), self._model.base.config.pad_token_id or 0)
        inputs = self._model.inputs(whole)
        rows = on_device(torch.from_numpy(batch.rows), self._model.device)
        longest = 1 << (inputs["lengths"].longest - 1).bit_length()
        key = (len(batch.rows), texts, len(whole.token_ids), longest)
        recorded = self._recorded.get(key)
        if recorded is None:
            if len(self._recorded) >= self._most or key not in self._seen:
                self._seen.add(key)
                return None
            seqlens = inputs["lengths"]
            inputs["lengths"] = DeviceSeqlens(seqlens.cu_seqlens, seqlens.positions, longest)
            try:
                recorded = self._recorded[key] = self._record(inputs, rows, texts)
            except RuntimeError:  # a module of this model does what cannot be recorded, such as waiting for the GPU
                self._most = 0
                return None
        else:
            _write_over(recorded.inputs, inputs)
            recorded.rows.copy_(rows)
        recorded.graph.replay()
        return recorded.summed.clone()

    def _record(self, inputs: dict[str, Any], rows: torch.Tensor, texts: int) -> _Recorded:
        """Record the graph; nothing is computed."""
        if self._pool is None:
            self._warm_up(inputs, rows)
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self._model.device)
        with torch.cuda.stream(self._stream):
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                summed = self._summed(inputs, rows)
                (summed / texts).backward()
                summed = summed.detach()
            finally:
                graph.capture_end()
        self._pool = graph.pool()
        torch.cuda.current_stream(self._model.device).wait_stream(self._stream)
        return _Recorded(graph, inputs, rows, summed)

    def _warm_up(self, inputs: dict[str, Any], rows: torch.Tensor) -> None:
        """Let the libraries load their kernels and take their workspaces, which cannot be recorded."""
        state = torch.cuda.get_rng_state(self._model.device)
        self._stream.wait_stream(torch.cuda.current_stream(self._model.device))
        parameters = list(self._model.trained_parameters().values())
        with torch.cuda.stream(self._stream):
            torch.autograd.grad(self._summed(inputs, rows), parameters, allow_unused=True)
        torch.cuda.synchronize(self._model.device)
        torch.cuda.set_rng_state(state, self._model.device)

    def _summed(self, inputs: dict[str, Any], rows: torch.Tensor) -> torch.Tensor:
        return self._objective.loss(self._model.logits_of(inputs)[: len(rows)], rows)


def _write_over(recorded: dict[str, Any], inputs: dict[str, Any]) -> None:
    for name, old in recorded.items():
        new = inputs[name]
        if isinstance(old, DeviceSeqlens):
            old.cu_seqlens.copy_(new.cu_seqlens)
            old.positions.copy_(new.positions)
        elif isinstance(old, torch.Tensor):
            old.copy_(new)
