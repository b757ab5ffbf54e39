"""Run folders of before there were versions still load, report and compare; one of a later version says what to do.

`before_versions/` was written by `tunelet train --seeds 1,2` of then, on made-up texts, with a tiny random encoder. Its
tables lie there as JSON (`tables.json`), and without its weights.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tunelet
from tunelet._record import SCHEMA_VERSION
from tunelet.errors import RunError
from tunelet.evaluation import Metrics, Predictions
from tunelet.report import group_document, model_card, write_report
from tunelet.run import MARK, Run, RunFolder, RunGroup, write_predictions
from tunelet.run._mark import Mark, contents, write_mark

BEFORE = Path(__file__).parent / "before_versions"
FILES = ("metrics.json", "data.json", "environment.json", "evaluation.json")
RECORDS = dict(zip(FILES, ("summary", "data", "environment", "evaluation"), strict=True))


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """The folder of two seeds, with its tables in their own format again."""
    folder = Path(shutil.copytree(BEFORE, tmp_path / "group"))
    for seed in sorted(folder.glob("seed-*")):
        names = tuple(json.loads((seed / "data.json").read_text())["label_names"])
        tables = json.loads((seed / "tables.json").read_text())
        mark = Mark.model_validate_json((seed / MARK).read_text())
        listed = dict(mark.files["run"])
        for name, table in tables.items():
            made = Predictions(tuple(table["ids"]), names, np.array(table["labels"]), np.array(table["probabilities"]))
            write_predictions(seed / f"{name}.parquet", made)
            listed[f"{name}.parquet"] = contents((seed / f"{name}.parquet").read_bytes())
        write_mark(seed, Mark(files={"run": listed}))
    return folder


def rewritten(run: Path, name: str, **changes: object) -> None:
    """As if the run had written other entries into a file."""
    content = RunFolder.json_bytes(json.loads((run / name).read_text()) | changes)
    (run / name).write_bytes(content)
    mark = Mark.model_validate_json((run / MARK).read_text())
    write_mark(run, Mark(files={"run": mark.files["run"] | {name: contents(content)}}))


def test_a_run_of_before_is_read_and_none_of_its_entries_is_lost(group: Path) -> None:
    run = Run.load(group / "seed-1")
    for name, record in RECORDS.items():
        written = json.loads((run.path / name).read_text())
        assert "schema_version" not in written
        assert getattr(run, record).to_dict() == written | {"schema_version": 1}, name
    lines = [json.loads(line) for line in run.folder.history.read_text().splitlines()]
    assert [line.to_dict() for line in run.history] == lines
    assert len(lines) == 2
    assert type(run.metrics) is Metrics
    assert run.metrics.accuracy == (run.predictions.predicted == run.predictions.labels).mean()
    assert run.metrics.log_loss_ci is None
    assert run.metrics.why_no_interval("log_loss")
    seeds = RunGroup.load(group)
    assert seeds.summary.to_dict() == json.loads((group / "metrics.json").read_text()) | {"schema_version": 1}


def test_a_run_of_before_is_reported_and_compared(group: Path, tmp_path: Path) -> None:
    run = Run.load(group / "seed-1")
    assert f"{100 * run.metrics.accuracy:.1f} %" in model_card(run)
    page = write_report(RunGroup.load(group), tmp_path / "report")[0].read_text(encoding="utf-8")
    assert "adapter + unlabelled" in page
    assert "LoRA targets" in page
    assert "Over 2 seeds" in group_document(RunGroup.load(group)).findings[0]
    found = tunelet.compare([group / "seed-1", group / "seed-2"], resamples=50)
    (first, second) = (Run.load(group / name).metrics.accuracy for name in ("seed-1", "seed-2"))
    assert found.pairs[0].differences["accuracy"] == pytest.approx(second - first, abs=1e-12)
    assert {model.kind for model in found.record.models} == {"encoder", "baseline", "probe"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_later_version_is_refused_with_what_to_type(group: Path, name: str) -> None:
    rewritten(group / "seed-1", name, schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(RunError, match=rf"{name}: expected 'schema_version' 1 at most, found 2") as caught:
        getattr(Run.load(group / "seed-1"), RECORDS[name])
    assert "pip install --upgrade tunelet" in caught.value.hint


@pytest.mark.parametrize("version", ["1", 1.5, 0, None, [1]])
def test_a_version_that_is_none_is_damage(group: Path, version: object) -> None:
    rewritten(group / "seed-1", "data.json", schema_version=version)
    with pytest.raises(RunError, match=r"data\.json: 'schema_version' should be .*damaged"):
        Run.load(group / "seed-1").data  # noqa: B018


def test_entries_that_a_later_version_adds_are_passed_over(group: Path) -> None:
    before = Run.load(group / "seed-1").summary
    rewritten(group / "seed-1", "metrics.json", schema_version=SCHEMA_VERSION, novelty={"of": "tomorrow"})
    assert Run.load(group / "seed-1").summary == before
