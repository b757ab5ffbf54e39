"""The graph cuts long texts as the run does, whichever end is kept."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from encoders import minilm_folder
from tunelet.data import tokenise
from tunelet.export._onnx import Graph, kept_at_the_beginning
from tunelet.model import load_tokenizer

TEXTS = ["one two three four five six seven eight nine ten " * n for n in (1, 2, 3, 7)] + ["short", "one two three"]


class Echo(nn.Module):
    """What it is given, in the place of logits."""

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        return SimpleNamespace(logits=torch.where(attention_mask.bool(), input_ids, -1))


@pytest.mark.parametrize("truncation", ["head", "tail", "head+tail"])
@pytest.mark.parametrize("longest", [8, 17, 22, 200])
def test_it_keeps_the_tokens_that_the_run_keeps(truncation, longest):
    tokenizer = load_tokenizer(minilm_folder())
    record = SimpleNamespace(max_length=longest, truncation=truncation)
    graph = Graph(Echo(), longest, kept_at_the_beginning(record, tokenizer), falling=False)
    given = tokenizer(TEXTS, padding=True, return_tensors="pt")
    found = graph(given["input_ids"], given["attention_mask"])
    expected = tokenise(TEXTS, tokenizer, max_length=longest, truncation=truncation)
    for row in range(len(TEXTS)):
        kept = found[row][found[row] >= 0].tolist()
        assert kept == expected.text(row).token_ids.tolist()
