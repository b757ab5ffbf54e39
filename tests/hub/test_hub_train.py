"""The whole job from the Hub, as a user types it: download, train, evaluate; afterwards the same without a network."""

import json
import socket
from pathlib import Path

import pytest

from command_line import refused
from hub_client import DATA_ID, MODEL_ID
from hub_server import Cut, HubServer, Stall, Status
from hub_user import User, the_object

pytestmark = pytest.mark.slow


@pytest.fixture
def hub(model_hub: HubServer, data_hub: HubServer) -> HubServer:
    """A Hub that holds model and data set."""
    return model_hub


def test_train_downloads_and_afterwards_everything_works_offline(hub: HubServer, user: User) -> None:
    # The first attempt at the weights breaks off in the middle, as downloads do.
    hub.fail(r"model\.safetensors", Cut(after=1_000_000), times=1, method="GET")
    done = user.trains("first")
    first = the_object(done)
    assert (first["evaluated_on"], first["n"], first["validation"]["n"]) == ("test", 10, 12)
    assert first["model"] == MODEL_ID
    record = json.loads((user.folder / "first" / "data.json").read_text())
    assert record["label_names"] == ["neg", "pos"]
    assert record["label_column"]["value"] == "label"
    assert "Hub data set" in record["format"]
    checkpoint = json.loads((user.folder / "first" / "environment.json").read_text())["checkpoint"]
    assert (checkpoint["origin"], checkpoint["hub_id"]) == ("hub", MODEL_ID)
    assert checkpoint["revision"] == hub.repositories["model", MODEL_ID].commit("main")
    adapter = json.loads((user.folder / "first" / "adapter" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == MODEL_ID
    assert any(request.range for request in hub.asked("model.safetensors", "GET")), "the download was resumed"

    asked = len(hub.requests)
    second = the_object(user.trains("second", HF_HUB_OFFLINE="1"))
    assert len(hub.requests) == asked
    assert second["accuracy"] == first["accuracy"]
    assert second["log_loss"] == first["log_loss"]
    weights = [user.folder / name / "adapter" / "adapter_model.safetensors" for name in ("first", "second")]
    assert weights[0].read_bytes() == weights[1].read_bytes()

    with socket.socket() as closed:  # and with a Hub that is gone without our having said so
        closed.bind(("127.0.0.1", 0))
        gone = {"HF_ENDPOINT": f"http://127.0.0.1:{closed.getsockname()[1]}"}
        evaluated = the_object(user.types("evaluate", "first", f"hub:{DATA_ID}", "--json", **gone))
        predicted = the_object(user.types("predict", "first", "A quiet film about a lighthouse.", "--json", **gone))
    assert evaluated["n"] == 10
    assert evaluated["accuracy"] == first["accuracy"]
    assert evaluated["log_loss"] == pytest.approx(first["log_loss"], abs=1e-6)
    assert set(predicted["predictions"][0]["probabilities"]) == {"neg", "pos"}


def test_what_the_hub_refuses_ends_in_one_line(hub: HubServer, user: User, model_folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    weightless = {name: content for name, content in files.items() if name != "model.safetensors"}
    hub.add("model", "cinema/pickled", weightless | {"pytorch_model.bin": b"pickle"})
    hub.fail("/api/models/cinema/locked", Status(401))
    hub.fail("/api/datasets/cinema/lost", Status(404, (("X-Error-Code", "RepoNotFound"),)))
    refused(user.trains("out/run", model="cinema/locked"), "answered 401 for model 'cinema/locked'", "hf auth login")
    refused(user.trains("out/run", data="hub:cinema/lost"), "no data set 'cinema/lost'", "(404)", "OWNER/NAME")
    refused(
        user.trains("out/run", model="cinema/pickled"),
        "found only pytorch_model.bin",
        "--model cinema/pickled@refs/pr/N",
    )
    assert not list(user.folder.iterdir())


def test_a_connection_that_stalls_ends_in_one_line_and_the_next_try_succeeds(hub: HubServer, user: User) -> None:
    hub.fail(r"model\.safetensors", Stall(after=500_000), times=1, method="GET")
    hub.fail(r"model\.safetensors", Stall(), method="GET")
    refused(
        user.trains("out/run"), f"cannot get the model {MODEL_ID!r}", "no answer from", "without the Hub these work"
    )
    assert not list(user.folder.iterdir())
    hub.heal()
    assert the_object(user.trains("out/run"))["run"] == "out/run"
