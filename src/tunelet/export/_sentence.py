"""`--to sentence-transformers`: a folder whose embeddings are the logits (Transformer, Pooling, Dense)."""

from typing import Any

from tunelet.errors import ExportError
from tunelet.export._source import Source, refuse_tfidf
from tunelet.run import ExportFolder


def write_sentence(folder: ExportFolder, source: Source, model: Any, max_length: int) -> None:
    """Write the modules as `tunelet.model` writes them, with the whole encoder."""
    from tunelet.model import quiet_libraries, save_pooled

    with quiet_libraries():
        save_pooled(model, model, folder.path, max_length=max_length)
    config = model.backbone.config.to_diff_dict() | {"architectures": [type(model.backbone).__name__]}
    config.pop("_name_or_path", None)
    folder.write(folder.config, config)


def check_sentence(source: Source) -> None:
    """Raise ExportError where the head is not one linear layer on a vector of each text."""
    from tunelet.model import head_pooling

    refuse_tfidf(source, "a folder of Sentence Transformers")
    if head_pooling(source.run.recipe) is None:
        raise ExportError(
            f"{source.run.path}: its head is the architecture's own, which Sentence Transformers does not have",
            "pass to='merged' or to='onnx'",
        )
