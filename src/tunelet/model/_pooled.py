"""A classifier whose head is one linear layer on one vector for each text, for any backbone.

Such a head can start from the solution of a logistic regression on the frozen vectors. The classification classes of
BERT and DistilBERT cannot hold it: they read the first token, through a layer of their own.
"""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from tunelet.kernels import Pooling


class PooledClassifier(PreTrainedModel):  # type: ignore[misc]
    """Logits [n, classes] = W v + b of each text's vector v.

    Attributes:
        backbone: the encoder, without its own pooler.
        pooling: what v is: the last hidden state of the first token, the mean over the tokens, or both.
        classifier: W and b.
    """

    base_model_prefix = "backbone"
    _supports_sdpa = _supports_flash_attn = _supports_flex_attn = _supports_attention_backend = True

    def __init__(self, backbone: PreTrainedModel, pooling: Pooling) -> None:
        super().__init__(backbone.config)
        if isinstance(getattr(backbone, "pooler", None), nn.Module):
            backbone.pooler = None  # it reads the first token for a head that is not there
        self.backbone, self.pooling = backbone, pooling
        self._supports_attention_backend = bool(getattr(backbone, "_supports_attention_backend", False))
        width = int(backbone.config.hidden_size) * (2 if pooling == "both" else 1)
        self.classifier = nn.Linear(width, int(backbone.config.num_labels))
        nn.init.normal_(self.classifier.weight, std=0.02)
        nn.init.zeros_(self.classifier.bias)

    def _can_set_attn_implementation(self) -> bool:
        return bool(self.backbone._can_set_attn_implementation())

    def get_input_embeddings(self) -> nn.Module:
        """The backbone's input embeddings."""
        embeddings: nn.Module = self.backbone.get_input_embeddings()
        return embeddings

    def pooled(self, attention_mask: torch.Tensor | None = None, **given: Any) -> torch.Tensor:
        """The vectors that the head reads, float32 [n, width].

        Args:
            attention_mask: of padded rows [n, longest].
            given: further arguments of the backbone, among them `input_ids` or `inputs_embeds` of padded rows
                [n, longest], or of packed texts [1, T]; those have `lengths`, and the backbone gathers their vectors.
        """
        hidden = self.backbone(attention_mask=attention_mask, **given).last_hidden_state
        if attention_mask is None or "lengths" in given:
            gathered: torch.Tensor = hidden[:, 0].float()
            return gathered
        first: torch.Tensor = hidden[:, 0].float()
        mask = attention_mask.unsqueeze(-1).float()
        if self.pooling == "first":
            return first
        mean: torch.Tensor = (hidden.float() * mask).sum(dim=1) / mask.sum(dim=1)
        return mean if self.pooling == "mean" else torch.cat([first, mean], dim=1)

    @property
    def head(self) -> nn.Linear:
        """The linear layer with the trained weights; PEFT trains a copy of the layer that it was given."""
        module: Any = self.classifier
        trained: nn.Linear = module.modules_to_save["default"] if hasattr(module, "modules_to_save") else module
        return trained

    def forward(self, **given: Any) -> SequenceClassifierOutput:
        """Logits [n, classes]; the arguments are those of `pooled`. PEFT adds some of its own, all None."""
        inputs = {name: value for name, value in given.items() if value is not None}
        return SequenceClassifierOutput(logits=self.classifier(self.pooled(**inputs)))
