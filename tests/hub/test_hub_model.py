import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub_client import MODEL_ID, ROOT, Client, gave_up
from hub_server import Cut, HubServer, Stall, Status

pytestmark = pytest.mark.slow

GATED = Status(403, (("X-Error-Code", "GatedRepo"),))
NO_REPOSITORY = Status(404, (("X-Error-Code", "RepoNotFound"),))
DISTILBERT = "distilbert/distilbert-base-uncased"


def partial_bytes(blobs: Path) -> int:
    """Size of what is being downloaded; files come and go meanwhile."""
    size = 0
    for path in blobs.glob("*.incomplete"):
        with contextlib.suppress(FileNotFoundError):
            size = max(size, path.stat().st_size)
    return size


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def test_a_model_is_downloaded_bit_for_bit_without_its_pickles_code_and_other_formats(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    extra = dict.fromkeys(
        ("pytorch_model.bin", "modeling_own.py", "onnx/model.onnx", "README.md", "tf_model.h5"), b"x" * 10
    )
    commit = model_hub.add("model", MODEL_ID, {p.name: p.read_bytes() for p in model_folder.iterdir()} | extra)
    found = client.checkpoint(MODEL_ID)
    assert found["origin"] == "hub"
    assert found["hub_id"] == MODEL_ID
    assert found["revision"] == commit
    assert digests(Path(found["path"])) == digests(model_folder)
    asked = {Path(request.path).name for request in model_hub.requests}
    assert not asked.intersection(Path(name).name for name in extra)


def test_transformers_loads_what_was_downloaded(model_hub: HubServer, client: Client, model_folder: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    path = client.checkpoint(MODEL_ID)["path"]
    batch = AutoTokenizer.from_pretrained(path)("A film without a villain.", return_tensors="pt")
    with torch.no_grad():
        downloaded = AutoModel.from_pretrained(path).eval()(**batch).last_hidden_state
        original = AutoModel.from_pretrained(model_folder).eval()(**batch).last_hidden_state
    assert torch.equal(downloaded, original)


def test_a_downloaded_model_works_offline_and_with_the_hub_gone(model_hub: HubServer, client: Client) -> None:
    first = client.checkpoint(MODEL_ID)
    asked = len(model_hub.requests)
    offline = client.checkpoint(MODEL_ID, HF_HUB_OFFLINE="1")
    assert (offline["origin"], offline["path"], offline["revision"]) == ("hub cache", first["path"], first["revision"])
    assert "HF_HUB_OFFLINE" in offline["reason"]
    assert len(model_hub.requests) == asked
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = client.checkpoint(MODEL_ID, HF_ENDPOINT=f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert (gone["origin"], gone["path"]) == ("hub cache", first["path"])
    assert "no connection" in gone["reason"]


def test_a_cached_model_is_not_downloaded_again_unless_the_hub_has_a_newer_one(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    client.checkpoint(MODEL_ID)
    model_hub.requests.clear()
    assert client.checkpoint(MODEL_ID)["origin"] == "hub cache"
    assert [request.method for request in model_hub.requests] == ["GET"]
    files = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    newer = model_hub.add("model", MODEL_ID, files | {"special_tokens_map.json": b'{"unk_token": "[UNK]"}'})
    found = client.checkpoint(MODEL_ID)
    assert (found["origin"], found["revision"]) == ("hub", newer)
    assert client.checkpoint(MODEL_ID, HF_HUB_OFFLINE="1")["revision"] == newer


def test_a_revision_is_named_after_an_at_sign(model_hub: HubServer, client: Client, model_folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    model_hub.add(
        "model",
        "cinema/pickled",
        {name: b for name, b in files.items() if name != "model.safetensors"} | {"pytorch_model.bin": b"pickle"},
    )
    commit = model_hub.add("model", "cinema/pickled", files, branch="refs/pr/3")
    refused, found, missing = client.checkpoints(
        "cinema/pickled", "cinema/pickled@refs/pr/3", "cinema/pickled@refs/pr/4"
    )
    assert refused["error"] == "ModelError"
    assert "pytorch_model.bin" in refused["line"]
    assert "--model cinema/pickled@refs/pr/N" in refused["line"]
    assert (found["origin"], found["revision"]) == ("hub", commit)
    assert "no such revision" in missing["line"]
    assert client.checkpoint("cinema/pickled@refs/pr/3", HF_HUB_OFFLINE="1")["revision"] == commit


def test_a_download_cut_in_the_middle_goes_on_from_where_it_was(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    model_hub.fail(r"model\.safetensors", Cut(after=1_500_000), times=1, method="GET")
    found = client.checkpoint(MODEL_ID)
    assert digests(Path(found["path"])) == digests(model_folder)
    gets = [r for r in model_hub.asked("model.safetensors", "GET") if "resolve" not in r.path]
    assert gets[0].range is None
    offset = int((gets[1].range or "").removeprefix("bytes=").removesuffix("-"))
    assert 1_500_000 - 256 * 1024 <= offset <= 1_500_000


def test_a_download_broken_off_for_good_is_no_checkpoint_and_the_next_run_completes_it(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    model_hub.fail(r"model\.safetensors", Stall(after=1_000_000), times=1, method="GET")
    model_hub.fail(r"model\.safetensors", Stall(), method="GET")
    broken = client.checkpoint(MODEL_ID)
    assert broken["error"] == "ModelError"
    assert gave_up(broken["line"], after=4)
    assert "error" in client.checkpoint(MODEL_ID, HF_HUB_OFFLINE="1")
    model_hub.heal()
    model_hub.requests.clear()
    found = client.checkpoint(MODEL_ID)
    assert digests(Path(found["path"])) == digests(model_folder)
    assert not model_hub.asked("tokenizer.json"), "what was whole is not downloaded twice"


def test_a_download_killed_in_the_middle_is_completed_by_the_next_run(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    model_hub.fail(r"model\.safetensors", Stall(after=2_000_000), times=1, method="GET")
    environment = {
        **os.environ,
        "HF_ENDPOINT": client.endpoint,
        "HF_HOME": str(client.home),
        "PYTHONPATH": str(ROOT / "src"),
    }
    code = f"from tunelet.checkpoint import find_checkpoint; find_checkpoint({MODEL_ID!r})"
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    blobs = client.home / "hub" / "models--cinema--distilbert-tiny" / "blobs"
    try:
        while process.poll() is None and partial_bytes(blobs) < 1_000_000:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert digests(Path(client.checkpoint(MODEL_ID)["path"])) == digests(model_folder)


def test_an_answer_that_is_no_model_gives_one_line(model_hub: HubServer, client: Client) -> None:
    faults: dict[Status | Stall, str] = {
        Status(401): "answered 401",
        GATED: "is gated",
        Status(403): "(403)",
        NO_REPOSITORY: "there is no model",
        Status(429): "answered 429",
        Status(503): "answered 503",
        Stall(): "no answer from",
    }
    for number, fault in enumerate(faults):
        model_hub.fail(f"/api/models/cinema/fault-{number}/", fault)
    names = [f"cinema/fault-{number}" for number in range(len(faults))]
    for name, found, expected in zip(names, client.checkpoints(*names), faults.values(), strict=True):
        assert found["error"] == "ModelError"
        assert expected in found["line"]
        assert name in found["line"]
        assert "\n" not in found["line"]
        assert expected != "no answer from" or gave_up(found["line"], after=1)


def test_a_name_that_nobody_has_gives_one_line(model_hub: HubServer, client: Client) -> None:
    anonymous, invalid, typo = client.checkpoints("cinema/nothing", "cinema/../x", "distilbrt")
    assert "answered 401" in anonymous["line"]
    assert "check the spelling of OWNER/NAME" in anonymous["line"]
    assert "there is no model" in client.checkpoint("cinema/nothing", HF_TOKEN="hf_x")["line"]
    assert invalid["error"] == "ModelError"
    assert "did you mean 'distilbert'?" in typo["line"]


def test_a_gated_model_says_where_to_ask_and_the_token_stays_on_the_hub(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    model_hub.add("model", "cinema/gated", model_folder, gated=True)
    found, _ = client.checkpoints("cinema/gated", MODEL_ID, HF_TOKEN="hf_secret")
    assert "is gated" in found["line"]
    assert f"{model_hub.url}/cinema/gated" in found["line"]
    assert any(request.authorization for request in model_hub.requests if "/resolve/" in request.path)
    assert not any(r.authorization for r in model_hub.asked("model.safetensors", "GET") if "/resolve/" not in r.path)


def test_a_repository_that_is_no_safe_checkpoint_is_refused_before_any_weights_move(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    files = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    bare = {name: content for name, content in files.items() if name != "model.safetensors"}
    foreign = files | {"config.json": json.dumps({"model_type": "own", "auto_map": {"AutoModel": "own.Own"}}).encode()}
    model_hub.add("model", "cinema/pickle", bare | {"pytorch_model.bin": b"pickle"})
    model_hub.add("model", "cinema/flax", bare | {"flax_model.msgpack": b"flax"})
    model_hub.add("model", "cinema/bare", bare)
    model_hub.add("model", "cinema/adapter", {"adapter_config.json": b"{}", "adapter_model.safetensors": b""})
    model_hub.add("model", "cinema/own", foreign)
    pickle, flax, empty, adapter, own = client.checkpoints(
        *(f"cinema/{n}" for n in ("pickle", "flax", "bare", "adapter", "own"))
    )
    assert "found only pytorch_model.bin in cinema/pickle" in pickle["line"]
    assert "found only flax_model.msgpack in cinema/flax" in flax["line"]
    assert "without weights in cinema/bare" in empty["line"]
    assert "--set model.random_weights=true" in empty["line"]
    assert "found an adapter" in adapter["line"]
    assert "wants code from the checkpoint (auto_map, 'own')" in own["line"]
    assert not model_hub.asked("pytorch_model.bin")
    assert not model_hub.asked("model.safetensors")


def test_weights_that_are_cut_short_on_the_hub_itself_are_refused(
    model_hub: HubServer, client: Client, model_folder: Path
) -> None:
    files = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    model_hub.add("model", MODEL_ID, files | {"model.safetensors": files["model.safetensors"][:-1000]})
    line = client.checkpoint(MODEL_ID)["line"]
    assert "is truncated" in line
    assert "delete" in line


def test_without_a_model_named_the_hub_is_asked_once(model_hub: HubServer, client: Client, model_folder: Path) -> None:
    model_hub.add("model", DISTILBERT, model_folder)
    found = client.checkpoint(None)
    assert (found["name"], found["hub_id"], found["origin"]) == ("distilbert", DISTILBERT, "hub")
    assert found["reason"] == "no model was named; the Hub answers"
    cached = client.checkpoint(None, HF_HUB_OFFLINE="1")
    assert (cached["name"], cached["origin"]) == ("distilbert", "hub cache")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Stall(), "no answer from"),
        (Status(503), "answered 503"),
        (NO_REPOSITORY, "there is no"),
    ],
)
def test_without_a_model_named_and_without_the_hub_it_is_minilm(
    model_hub: HubServer, client: Client, fault: Stall | Status, expected: str
) -> None:
    model_hub.fail("/api/", fault)
    found = client.checkpoint(None, HF_HUB_DOWNLOAD_TIMEOUT="10")
    assert (found["name"], found["origin"]) == ("minilm", "offline package")
    assert "no model was named" in found["reason"]
    assert expected in found["reason"]
    assert expected != "no answer from" or gave_up(found["reason"], after=2)
    assert len(model_hub.requests) == 1


def test_with_nothing_cached_and_the_hub_out_of_reach_the_line_says_what_works(
    model_hub: HubServer, client: Client
) -> None:
    client.checkpoint(MODEL_ID)
    found, same = client.checkpoints("roberta", "sentence-transformers/all-MiniLM-L6-v2", HF_HUB_OFFLINE="1")
    assert found["error"] == "ModelError"
    for part in ("'roberta'", "HF_HUB_OFFLINE is set", "`--model minilm`", "--model FOLDER", MODEL_ID):
        assert part in found["line"]
    assert same["origin"] == "offline package"


def test_minilm_comes_from_the_installed_package_without_a_question(model_hub: HubServer, client: Client) -> None:
    found = client.checkpoint("minilm")
    assert (found["origin"], found["hub_id"]) == ("offline package", "sentence-transformers/all-MiniLM-L6-v2")
    assert "checksum" in found["reason"]
    assert model_hub.requests == []


def test_the_server_satisfies_the_library_itself(model_hub: HubServer, client: Client, model_folder: Path) -> None:
    code = (
        "import json, sys, huggingface_hub as h; print(json.dumps([h.snapshot_download(json.loads(sys.argv[1])[0])]))"
    )
    done = client.run(code, [MODEL_ID])
    assert digests(Path(str(done[0][0]))) == digests(model_folder)
