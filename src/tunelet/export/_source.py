"""What is exported: the model of a run as plain modules, with temperature and weights already in its head.

The last linear layer of the head gives the logits. Multiplied by the encoder's weight and divided by the temperature,
it gives logits that say calibrated probabilities (their softmax, or sigmoids), and no runtime has to know of either.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tunelet._version import __version__
from tunelet.classifier import Classifier, merged_model_of, sequence_classifier, tfidf_of
from tunelet.errors import ExportError
from tunelet.evaluation import Baseline, WordsBaseline
from tunelet.publish import shown_model
from tunelet.recipe import with_settings
from tunelet.run import ExportRecord, Form, OriginRecord, Run, Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, eq=False)
class Source:
    """A run that is to be exported.

    Attributes:
        run: the run.
        tfidf: TF-IDF whose logits are added; None: none are, or it is left out.
        tfidf_weight: what its logits are multiplied by, divided by the temperature.
        encoder_weight: of the encoder's logits, before the temperature.
        temperature: what logits are divided by.
        task: labels, columns, threshold.
        notes: sentences for the screen.
    """

    run: Run
    tfidf: Baseline | WordsBaseline | None
    tfidf_weight: float
    encoder_weight: float
    temperature: float
    task: Task
    notes: tuple[str, ...]

    @classmethod
    def of(cls, run: Run, *, without_tfidf: bool) -> "Source":
        """The run, with TF-IDF or without. Raises RunError where TF-IDF is needed and not there."""
        summary = run.facts
        task = run.task
        if not (summary.blend and without_tfidf):
            tfidf = tfidf_of(run)
            weight = summary.blend / summary.temperature
            return cls(run, tfidf, weight, summary.encoder_weight, summary.temperature, task, ())
        own = run.any_evaluation.without_tfidf
        temperature = summary.temperature / summary.encoder_weight if own is None else own.temperature
        fitted = "the run's, for it records no other" if own is None else "fitted on its own validation predictions"
        notes = (
            f"without TF-IDF: {in_figures(run)}; the temperature is {temperature:.4f}, {fitted}",
            *(["without a threshold: the run's is for both together"] if task.threshold is not None else []),
        )
        task = replace(task, threshold=None, thresholds=() if own is None else own.thresholds)
        return cls(run, None, 0.0, 1.0, temperature, task, notes)

    def model(self) -> "PreTrainedModel":
        """The merged model, whose logits are calibrated."""
        import torch

        model = merged_model_of(self.run)
        last = _last_linear(model, len(self.task.outputs))
        with torch.no_grad():
            scale = self.encoder_weight / self.temperature
            last.weight.mul_(scale)
            if last.bias is not None:
                last.bias.mul_(scale)
        return model

    def reference(self) -> Classifier:
        """The run's own classifier in float32, without TF-IDF where that is left out."""
        from tunelet.model import load_tokenizer

        settings = with_settings(self.run.recipe, {"model.precision": "float32", "model.device": "cpu"}).model
        tokenizer = load_tokenizer(self.run.folder.tokenizer)
        reference = Classifier(self.run, sequence_classifier(self.run, settings), tokenizer, self.tfidf)
        reference.temperature = self.temperature
        return reference

    def record(self, form: Form, max_length: int) -> ExportRecord:
        """What the export will say of itself, but for how it was checked."""
        run, task, truncation = self.run, self.task, self.run.recipe.data.truncation
        assert truncation != "windows"  # noqa: S101  (a run that is not exported)
        return ExportRecord(
            form=form,
            label_names=task.label_names,
            text_columns=task.text_columns,
            label_column=task.label_column,
            clean_markup=task.clean_markup,
            positive=task.positive,
            threshold=task.threshold,
            **_several(task),
            temperature=self.temperature,
            encoder_weight=self.encoder_weight,
            tfidf=self.tfidf is not None,
            max_length=max_length,
            truncation=truncation,
            origin=OriginRecord(
                run=run.path.resolve().name,
                model=shown_model(run),
                recipe=run.recipe.name,
                seed=run.recipe.training.seed,
                tunelet=__version__,
            ),
        )


def _several(task: Task) -> dict[str, Any]:
    """The entries of a record about several labels a text; of one label they are left out."""
    if task.shape == "multiclass":
        return {}
    entries = {"shape": task.shape, "separator": task.separator, "thresholds": task.thresholds}
    return entries if task.reach is None else entries | {"reach": task.reach}


def refuse_tfidf(source: Source, form: str) -> None:
    """Raise ExportError where TF-IDF takes part, which the form cannot hold."""
    if source.tfidf is not None:
        raise ExportError(
            f"{form} cannot hold TF-IDF, whose logits this run adds to the encoder's: {in_figures(source.run)}",
            "pass without_tfidf=True to export the encoder alone, or to='onnx', which carries both",
        )


def in_figures(run: Run) -> str:
    """What the figure that decides is on validation texts with TF-IDF and without it, from the run's records."""
    record, metrics = run.any_evaluation.without_tfidf, run.metrics
    if record is None or record.figure is None or record.together is None:
        return "the run does not record what it is worth"
    texts = "out-of-fold texts" if run.facts.folds > 1 else "validation texts"
    words = metrics.named()[metrics.main]
    return f"the {words} of its {texts} is {record.together:.3f} with it, {record.figure:.3f} without"


def _last_linear(model: Any, outputs: int) -> Any:
    from torch import nn

    linear = [each for each in model.modules() if isinstance(each, nn.Linear) and each.out_features == outputs]
    if not linear:
        raise ExportError(
            f"{type(model).__name__} has no linear layer of {outputs} outputs at its end",
            "train with another encoder, such as model='minilm'",
        )
    return linear[-1]
