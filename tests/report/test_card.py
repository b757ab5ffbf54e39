"""The model card is one that huggingface_hub reads, with the run's own results in its metadata."""

import pytest
from huggingface_hub import ModelCard, ModelCardData
from huggingface_hub.repocard import metadata_load
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from tunelet.report import model_card
from tunelet.run import Run

pytestmark = pytest.mark.slow


def test_metadata_is_read_back_with_every_result(trained):
    run = trained("distilbert")
    card = ModelCard(model_card(run), ignore_metadata_errors=False)
    assert isinstance(card.data, ModelCardData)
    assert card.data.library_name == "peft"
    assert card.data.pipeline_tag == "text-classification"
    found = {(result.metric_type, result.metric_name): result.metric_value for result in card.data.eval_results}
    assert found["accuracy", "accuracy"] == round(run.summary.accuracy, 4)
    assert {kind for kind, _ in found} >= {"accuracy", "f1", "precision", "recall", "roc_auc"}
    assert {result.dataset_split for result in card.data.eval_results} == {"test"}


def test_the_model_index_is_whole(trained, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(model_card(trained("distilbert")), encoding="utf-8")
    index = metadata_load(path)["model-index"]
    name, results = model_index_to_eval_results(index)
    assert eval_results_to_model_index(name, results) == index
    for result in index[0]["results"]:
        assert set(result) >= {"task", "dataset", "metrics"}
        assert result["task"]["type"] == "text-classification"
        assert set(result["dataset"]) >= {"name", "type"}


def test_the_card_tells_labels_figures_and_use(trained):
    run = trained("distilbert")
    text = ModelCard(model_card(run)).text
    assert "`bad`, `good`" in text
    assert f"| accuracy | {run.summary.accuracy:.4f} |" in text
    assert "tunelet.Classifier.load" in text
    assert "train \\<b\\>&.csv" in text  # the name of the data is text, not markup


@pytest.mark.parametrize("architecture", ["distilbert", "albert"])
def test_a_card_is_the_same_each_time(trained, architecture):
    assert model_card(trained(architecture)) == model_card(trained(architecture))


def test_the_card_names_no_licence_but_the_base_models(trained):
    run = trained("distilbert")
    assert "license" not in metadata_of(run)
    assert "published under" not in ModelCard(model_card(run)).text  # nothing is known of a folder
    listed = Run(run.path)
    checkpoint = run.environment.checkpoint.changed(hub_id="microsoft/deberta-v3-small")
    listed.__dict__["environment"] = run.environment.changed(checkpoint=checkpoint)
    assert "license" not in metadata_of(listed)
    assert metadata_of(listed)["base_model"] == "microsoft/deberta-v3-small"
    assert "base model, microsoft/deberta\\-v3\\-small, was published under mit" in model_card(listed)


def metadata_of(run: Run) -> dict[str, object]:
    return ModelCard(model_card(run)).data.to_dict()
