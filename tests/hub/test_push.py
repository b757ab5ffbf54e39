"""A run that was pushed is what somebody else needs to use it, and holds nothing of the machine that trained it."""

import contextlib
import hashlib
import json
import re
import shutil
import zlib
from pathlib import Path

import pytest

from command_line import QUICK, refused
from hub_client import MODEL_ID, Client
from hub_server import HubServer, Status
from hub_user import User, the_object
from tunelet.checkpoint import POOLED_CONFIGS, POOLED_HEAD
from tunelet.report import CARD_MARK

pytestmark = pytest.mark.slow

CHEAP = (*QUICK, "--set", "data.audit=true", "--set", "model.layers=2", "--set", "model.pooling=mean")
TOKEN = {"HF_TOKEN": "hf_abcdefghijklmnop"}
TEXTS = ["A quiet film about a lighthouse.", "Two hours of nothing."]

LOAD = """
import json, sys
from huggingface_hub import snapshot_download
import tunelet
for name in json.loads(sys.argv[1]):
    classifier = tunelet.Classifier.load(snapshot_download(name))
    found = classifier.predict(["A quiet film about a lighthouse.", "Two hours of nothing."])
    print(json.dumps([[prediction.label, prediction.probability] for prediction in found]))
"""

LOAD_BY_ID = LOAD.replace("snapshot_download(name)", "name")


@pytest.fixture(scope="module")
def owner(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> User:
    """Who trained `film`: a run on a file of this machine, with an encoder of the Hub and nothing of TF-IDF in it."""
    rows = "".join(
        json.dumps({"text": f"{text} {n}. secret-text", "label": label}) + "\n"
        for n in range(12)  # what a text says tells nothing of its label, or TF-IDF would be added to the model
        for text, label in zip(("A joy to see", "A pain to see"), ("good", "bad")[:: -1 if n % 2 else 1], strict=True)
    )
    home, folder = (tmp_path_factory.mktemp("owner") / name for name in ("hf", "work"))
    reviews = folder / "private-folder" / "reviews.jsonl"
    reviews.parent.mkdir(parents=True)
    reviews.write_text(rows)
    with HubServer() as hub:
        hub.add("model", MODEL_ID, model_folder)
        owner = User(Client(home, hub.url), folder)
        the_object(owner.types("train", str(reviews), "--model", MODEL_ID, *CHEAP, "--out", "film", "--json"))
    return owner


@pytest.fixture
def trained(owner: User, model_hub: HubServer, user: User) -> Path:
    """A copy of that run, in the hands of a user who has what the owner has."""
    shutil.copytree(owner.folder, user.folder, dirs_exist_ok=True)
    shutil.copytree(owner.home, user.home, symlinks=True)
    return user.folder / "film"


def test_who_downloads_a_pushed_run_gets_the_same_predictions(trained, owner, model_hub, user, client):
    done = user.types("push", "film", "someone/film", "--json", **TOKEN)
    assert the_object(done)["url"] == f"{model_hub.url}/someone/film"
    files = model_hub.repositories["model", "someone/film"].branches["main"]
    assert {"README.md", "data.json", "recipe.toml", "report.html", "adapter/adapter_model.safetensors"} <= set(files)
    assert not [name for name in files if name.endswith(".parquet") or name == "evaluation.json"]
    assert not [name for name in files if name.startswith("baseline")]  # it is made of words of the texts
    # The head's modules go along, and each is one that the run wrote.
    pooled = {f"adapter/{name}" for name in (*POOLED_CONFIGS, POOLED_HEAD)}
    assert pooled <= set(files)
    assert all((trained / name).is_file() for name in pooled)
    # Nobody else has the base model where this machine has it: what is pushed is an adapter and looks like one.
    assert {"adapter/config.json", "adapter/model.safetensors.index.json"}.isdisjoint(files)
    everything = b"\n".join(files.values())
    assert b"private-folder" not in everything
    for folder in (user.folder, owner.folder):
        assert str(folder).encode() not in everything
    assert b"secret-text" not in everything
    assert "visibility" not in model_hub.created[0]  # what the owner's settings say
    (there,) = client.run(LOAD, ["someone/film"])
    here = json.loads(user.types("predict", "film", *TEXTS, "--json").stdout)
    assert [label for label, _ in there] == [found["label"] for found in here["predictions"]]
    assert [p for _, p in there] == pytest.approx([found["probability"] for found in here["predictions"]], abs=1e-6)
    # The run itself is as it was, and its own report is not written by a push.
    assert not (trained / "report.html").exists()
    assert "private-folder" in (trained / "data.json").read_text()


def test_a_run_and_an_export_are_loaded_by_their_ids(trained, model_hub, user, client):
    the_object(user.types("push", "film", "someone/film", "--json", **TOKEN))
    the_object(user.types("export", "film", "--to", "onnx", "--out", "film-onnx", "--json"))
    exported = user.folder / "film-onnx"
    assert b"private-folder" not in (exported / "export.json").read_bytes()
    model_hub.add("model", "someone/film-onnx", exported)
    run, graph = client.run(LOAD_BY_ID, ["someone/film", "someone/film-onnx"])
    assert [label for label, _ in run] == [label for label, _ in graph]
    assert [p for _, p in run] == pytest.approx([p for _, p in graph], abs=5e-3)  # one computes in bfloat16, perhaps


def test_texts_are_quoted_where_asked_for_and_a_card_of_ones_own_is_kept(trained, model_hub, user):
    assert user.types("report", "film").status == 0
    card = trained / "README.md"
    card.write_text(card.read_text().replace(CARD_MARK, "# Mine"))
    done = user.types("report", "film")
    assert "left as it is" in done.stdout
    assert user.types("push", "film", "someone/film", "--private", "--with-texts", **TOKEN).status == 0
    files = model_hub.repositories["model", "someone/film"].branches["main"]
    wrong = json.loads((trained / "evaluation.json").read_text())["wrong"]
    assert (b"secret-text" in files["report.html"]) is (wrong > 0)
    assert b"# Mine" in files["README.md"]
    assert model_hub.created[0]["visibility"] == "private"


def test_what_cannot_be_pushed_is_one_line(trained, model_hub, user, tmp_path, model_folder):
    refused(user.types("push", "film", "someone/film"), "log in")
    model_hub.fail("/commit/main", Status(403))
    refused(user.types("push", "film", "someone/film", **TOKEN), "someone/film", "log in")
    model_hub.heal()
    refused(user.types("push", "film", "someone/film", HF_ENDPOINT="http://127.0.0.1:9", **TOKEN), "no connection")
    shutil.copytree(model_folder, user.folder / "encoder")
    done = user.types(
        "train", "private-folder/reviews.jsonl", "--model", "./encoder", *CHEAP, "--out", "local", "--json"
    )
    the_object(done)
    refused(user.types("push", "local", "someone/local", **TOKEN), "nobody else has it")


@pytest.mark.parametrize(
    ("method", "model", "weights"),
    [
        ("head", "zqxmodels/encoder", "model/model.safetensors"),
        ("full", "zqxmodels/encoder", "model/model.safetensors"),
        ("lora", MODEL_ID, "adapter/adapter_model.safetensors"),  # one whose encoder only this machine has is refused
    ],
)
def test_no_byte_that_leaves_tells_of_texts_paths_or_passwords(model_hub, user, model_folder, method, model, weights):
    """A file without a header, a test file elsewhere, an encoder in a folder, an address with a password."""
    # What a text says tells nothing of its label: TF-IDF is not added, and some are given a wrong one.
    rows = [(f"Zqxtext{n} a {word} to see", (n + at) % 2) for n in range(12) for at, word in enumerate(("joy", "bore"))]
    for name, labels in (("zqxfolder/train.csv", ("up", "down")), ("zqxelsewhere/test.csv", ("down", "up"))):
        (user.folder / name).parent.mkdir()
        (user.folder / name).write_text(
            "".join(f'"{text} {name[-9:-4]}, at length, again",{labels[label]}\n' for text, label in rows)
        )
    shutil.copytree(model_folder, user.folder / "zqxmodels" / "encoder")
    address = {"HF_ENDPOINT": model_hub.url.replace("://", "://zqxname:zqxpass@"), **TOKEN}
    done = user.types(
        "train", "zqxfolder/train.csv", "--test", "zqxelsewhere/test.csv", "--model", model,
        "--set", f"adapter.method={method}", *CHEAP, "--out", "zqxout/run", "--json", **address,
    )  # fmt: skip
    the_object(done)
    assert "zqxpass" not in done.stderr
    assert "Zqxtext" in (user.folder / "zqxout" / "run" / "evaluation.json").read_text()
    done = user.types("push", "zqxout/run", "someone/film", "--json", **address)
    assert the_object(done)["url"] == f"{model_hub.url}/someone/film"
    assert "zqxpass" not in done.stderr + done.stdout
    files = model_hub.repositories["model", "someone/film"].branches["main"]
    heads = {f"{weights.partition('/')[0]}/{name}" for name in (*POOLED_CONFIGS, POOLED_HEAD)}
    assert {weights, "tunelet.json", "report.pdf"} | heads <= set(files)
    for name, content in files.items():
        streams = [content]
        for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
            with contextlib.suppress(zlib.error):
                streams.append(zlib.decompress(found[1]))
        for stream in streams:
            assert b"zqx" not in stream.lower(), (name, stream[:200])
            assert str(user.folder.parent).encode() not in stream, name  # its files and the Hub's cache


def test_a_blend_is_pushed_with_its_terms_or_not_at_all(trained, model_hub, user):
    """Its terms are words of the texts: without them others would get another model."""
    blended = json.loads((trained / "metrics.json").read_text()) | {"blend": 0.5}
    (trained / "metrics.json").write_text(json.dumps(blended))
    mark = json.loads((trained / "tunelet.json").read_text())
    content = (trained / "metrics.json").read_bytes()
    mark["files"]["run"]["metrics.json"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (trained / "tunelet.json").write_text(json.dumps(mark))
    for flags in ((), ("--with-texts",)):  # to quote a few texts is not to publish words of all
        refused(user.types("push", "film", "someone/film", *flags, **TOKEN), "TF-IDF", "film/baseline", "--with-words")
    assert ("model", "someone/film") not in model_hub.repositories
    assert user.types("push", "film", "someone/film", "--with-words", **TOKEN).status == 0
    files = model_hub.repositories["model", "someone/film"].branches["main"]
    assert {f"baseline/{path.name}" for path in (trained / "baseline").iterdir()} <= set(files)
    assert json.loads(files["metrics.json"])["blend"] == 0.5
    assert "baseline/features.json" in json.loads(files["tunelet.json"])["files"]["run"]
    assert b"secret-text" not in files["report.html"]
    assert b"no other library loads" in b" ".join(files["README.md"].split())
