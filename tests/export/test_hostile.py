"""A folder that somebody else made: whatever it tries is refused with a line that says what it is, or does nothing.

Each folder bears a mark with the right checksums, as its maker would see to.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from command_line import call
from tunelet import Classifier
from tunelet.errors import TuneletError
from tunelet.run import MARK, Mark, seal, write_mark


def sealed(folder: Path) -> Path:
    (folder / MARK).unlink(missing_ok=True)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    write_mark(folder, Mark(files={"export": seal(folder, names)}))
    return folder


@pytest.fixture
def plain(merged, tmp_path) -> Path:
    return shutil.copytree(merged.folder, tmp_path / "plain")


@pytest.fixture
def drawn(graph, tmp_path) -> Path:
    return shutil.copytree(graph.folder, tmp_path / "drawn")


def refused(folder: Path, *words: str) -> None:
    with pytest.raises(TuneletError) as error:
        Classifier.load(sealed(folder))
    assert error.value.hint
    for word in words:
        assert word in error.value.message


def changed(path: Path, **entries: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | entries), encoding="utf-8")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "weights.pkl", "onnx/extra.PT", "2_Dense/model.npz"])
def test_pickles_are_refused_wherever_they_lie(plain, name):
    (plain / name).parent.mkdir(exist_ok=True)
    (plain / name).write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    refused(plain, name, "can run code")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "onnx"])
def test_links_out_of_the_folder_are_refused(plain, name, tmp_path):
    outside = tmp_path / "outside"
    if (plain / name).exists():
        shutil.move(plain / name, outside)
    else:
        outside.mkdir()
    (plain / name).symlink_to(outside)
    with pytest.raises(TuneletError, match="leads out of the folder"):
        Classifier.load(plain)


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(plain):
    os.mkfifo(plain / "special_tokens_map.json")
    with pytest.raises(TuneletError, match="found a pipe"):
        Classifier.load(plain)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_of_the_folder_is_never_run(plain, name):
    (plain / "evil.py").write_text("import pathlib; pathlib.Path('ran').touch()")
    changed(plain / name, auto_map={"AutoModelForSequenceClassification": "evil.Model", "AutoTokenizer": "evil.T"})
    refused(plain, "auto_map", "never runs")
    assert not Path("ran").exists()


def header(path: Path, content: dict[str, object] | bytes, size: int | None = None, body: bytes = b"") -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if size is None else size) + raw + body)


def test_a_header_of_safetensors_larger_than_the_file_is_refused(plain):
    header(plain / "model.safetensors", b"{}", size=2**62)
    refused(plain, "model.safetensors")


def test_tensors_that_overlap_are_refused(plain):
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header(plain / "model.safetensors", {"a": entry, "b": entry}, body=b"\0" * 8)
    refused(plain, "model.safetensors", "begins at")


def test_a_shape_beyond_the_file_is_refused(plain):
    entry = {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 8]}
    header(plain / "model.safetensors", {"a": entry}, body=b"\0" * 8)
    refused(plain, "do not fit together")


def graph_of(folder: Path) -> onnx.ModelProto:
    return onnx.load(str(folder / "onnx/model.onnx"), load_external_data=False)


def rewritten(folder: Path, model: onnx.ModelProto) -> Path:
    (folder / "onnx/model.onnx").write_bytes(model.SerializeToString())
    return folder


@pytest.mark.parametrize("where", ["/etc/passwd", "../../secret", "weights.data"])
def test_tensors_in_other_files_are_not_opened(drawn, where):
    model = graph_of(drawn)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=where)
    refused(rewritten(drawn, model), "another file", "not opened")


def test_nor_where_a_constant_of_a_node_names_one(drawn):
    model = graph_of(drawn)
    tensor = TensorProto(name="hidden", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=tensor))
    refused(rewritten(drawn, model), "another file")


@pytest.mark.parametrize(
    ("operator", "domain"), [("Exec", "evil.corp"), ("NoSuchThing", ""), ("BiasGelu", "com.microsoft")]
)
def test_operators_of_others_are_refused(drawn, operator, domain):
    model = graph_of(drawn)
    model.graph.node.append(helper.make_node(operator, ["input_ids"], ["unused"], domain=domain))
    refused(rewritten(drawn, model), operator, "none of ONNX's own")


def test_a_graph_in_a_graph_that_never_ends_is_refused(drawn):
    model = graph_of(drawn)
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["unused"], body=body))
    refused(rewritten(drawn, model), "a graph within the operator 'Loop'")


def test_functions_beside_the_graph_are_refused(drawn):
    model = graph_of(drawn)
    model.functions.append(helper.make_function("own", "f", ["x"], ["x"], [], [helper.make_opsetid("", 20)]))
    refused(rewritten(drawn, model), "functions")


@pytest.mark.parametrize("content", [b"", b"\x80\x05garbage" * 50, b"PK\x03\x04", b"\x08" * 10**6])
def test_what_is_no_graph_is_refused(drawn, content):
    (drawn / "onnx/model.onnx").write_bytes(content)
    refused(drawn, "model.onnx")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000, b"{}", b'{"model": null}', b"\xff\xfe", b"",
        b'{"version": "1.0", "added_tokens": [{"id": 99999999999, "content": "x"}], "model": {"vocab": {}}}',
        json.dumps({"model": {"type": "WordPiece", "vocab": {"a": -1}}}).encode(),
        json.dumps({"model": {"type": "WordPiece", "vocab": {"a": 4294967295}}}).encode(),
        json.dumps({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["x", "y"]]}}).encode(),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["plain", "drawn"])
def test_absurd_tokenizers_are_refused(form, content, request):
    folder = request.getfixturevalue(form)
    (folder / "tokenizer.json").write_bytes(content)
    refused(folder, "tokenizer")


@pytest.mark.parametrize("entry", [
    {"label_names": ["one"]}, {"label_names": ["one", "one"]}, {"threshold": 7}, {"temperature": -1.0},
    {"temperature": 0}, {"max_length": 10**9}, {"form": "pickle"}, {"schema_version": 99}, {"text_columns": []},
    {"positive": "nobody"},
])  # fmt: skip
def test_a_record_that_contradicts_itself_is_refused(plain, entry):
    changed(plain / "export.json", **entry)
    refused(plain, "export.json")


@pytest.mark.parametrize("entry", [
    {"kinds": []}, {"version": 2}, {"bias": [0.0] * 9}, {"outputs": 3}, {"falling": True},
    {"kinds": [{"analyzer": "word", "shortest": 1, "longest": 99}]},
])  # fmt: skip
def test_a_tfidf_that_fits_no_labels_is_refused(drawn, entry):
    changed(drawn / "tfidf.json", **entry)
    refused(drawn, "tfidf.json")


def test_a_file_that_was_changed_afterwards_is_refused(drawn):
    changed(drawn / "config.json", hidden_dropout_prob=0.2)
    with pytest.raises(TuneletError, match="is truncated") as error:
        Classifier.load(drawn)
    assert "export the run again" in error.value.hint


def test_names_of_labels_do_nothing_to_the_terminal(drawn, capsys):
    evil = ["\x1b]0;owned\x07<script>alert(1)</script>", "[red]\u202egood"]
    changed(drawn / "export.json", label_names=evil, positive=None, threshold=None)
    classifier = Classifier.load(sealed(drawn))
    answers = classifier.predict(["warm rye loaf"])
    assert set(answers[0].probabilities) == set(evil)
    assert np.isclose(sum(answers[0].probabilities.values()), 1)
    done = call(capsys, "predict", str(drawn), "warm rye loaf")
    assert "script" in done.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)


def test_the_files_of_python_that_come_along_are_not_imported(drawn, tmp_path):
    for name in ("clean.py", "tfidf.py"):
        (drawn / name).write_text("import pathlib; pathlib.Path('ran').touch()")
    code = f"import tunelet; tunelet.Classifier.load({str(sealed(drawn))!r}).predict(['warm'])"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert not (tmp_path / "ran").exists()
