"""The notebooks run from beginning to end, and what is committed is what their sources say."""

from pathlib import Path

import jupytext
import nbclient
import pytest

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = ("distilbert", "albert", "compare")


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_notebook_has_the_cells_of_its_source_and_real_outputs(name):
    source, committed = (jupytext.read(FOLDER / f"{name}{ending}") for ending in (".py", ".ipynb"))
    assert [(cell.cell_type, cell.source) for cell in committed.cells] == [
        (cell.cell_type, cell.source) for cell in source.cells
    ]
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
    told = "".join(output.text for output in code[1].outputs if output.output_type == "stream")
    assert "The Hub is out of reach" in told or "from the Hub" in told  # on what it was executed


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_runs(name, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent / "src"))
    notebook = jupytext.read(FOLDER / f"{name}.py")
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source = (
        'changes = {"training.epochs": 1, "training.min_steps": 1, "data.limit": 120, "data.max_length": 32, '
        '"evaluation.resamples": 100, "evaluation.explained": 0, "data.audit": False, "data.validation": "held-out", '
        '"model.pooling": "mean", "model.layers": 2}'
    )
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in shown if output.output_type == "display_data" and "image/svg+xml" in output.data]
    assert not [
        output
        for output in shown
        if output.output_type == "stream" and output.name == "stderr" and "Warning" in output.text
    ]
