"""`--to merged`: a plain folder of transformers, of the architecture's own classification class."""

from typing import Any

from tunelet.errors import ExportError
from tunelet.export._source import Source, refuse_tfidf
from tunelet.run import ExportFolder


def write_merged(folder: ExportFolder, source: Source, model: Any) -> None:
    """Write config and weights. Raises ExportError where no such class can hold the model."""
    from tunelet.model import quiet_libraries

    with quiet_libraries():
        model.save_pretrained(folder.path, safe_serialization=True)
    config = model.config.to_diff_dict() | {"architectures": [type(model).__name__]}
    config.pop("_name_or_path", None)
    folder.write(folder.config, config)


def check_merged(source: Source) -> None:
    """Raise ExportError where no classification class can hold what the run trained."""
    from tunelet.model import head_pooling

    refuse_tfidf(source, "a folder of transformers")
    pooling = head_pooling(source.run.recipe)
    if pooling is not None:
        what = {"first": "the first token", "mean": "the mean of all tokens"}.get(pooling, "first token and mean")
        raise ExportError(
            f"{source.run.path}: its head is one linear layer on {what}, which no classification class of transformers "
            "has",
            "pass to='sentence-transformers' or to='onnx', or train again with "
            "settings={'model.pooling': 'first', 'training.probe': False}",
        )
