"""A user of the Hub in a process of their own.

`huggingface_hub` reads its environment when imported, so each client is a fresh Python with HF_ENDPOINT and HF_HOME.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import run_code

ROOT = Path(__file__).parents[2]
MODEL_ID = "cinema/distilbert-tiny"
DATA_ID = "cinema/reviews"

CHECKPOINT = """
import dataclasses, json, sys
from tunelet.cli import line_of
from tunelet.errors import TuneletError
from tunelet.checkpoint import find_checkpoint
for name in json.loads(sys.argv[1]):
    try:
        found = dataclasses.asdict(find_checkpoint(name))
    except TuneletError as error:
        found = {"error": type(error).__name__, "line": line_of(error)}
    print(json.dumps(found, default=str))
"""

TABLES = """
import json, sys
from tunelet.cli import line_of
from tunelet.errors import TuneletError
from tunelet.data._hub import read_hub_tables
for name in json.loads(sys.argv[1]):
    try:
        tables, form = read_hub_tables(name)
        found = {"format": form, "parts": {
            part: {"columns": {name: list(values) for name, values in table.columns.items()},
                   "notes": list(table.notes),
                   "class_names": {name: list(names) for name, names in table.class_names.items()}}
            for part, table in tables.items()}}
    except TuneletError as error:
        found = {"error": type(error).__name__, "line": line_of(error)}
    print(json.dumps(found))
"""


def gave_up(line: str, *, after: float) -> bool:
    """Whether the line says that waiting ended by a limit: a request's own, or the whole wait's of so many seconds.

    The limit is what the code counted, not what a busy machine made of it.
    """
    return re.search(rf"no answer from \S+ (in time|for {after:g} s)", line) is not None


@dataclass(frozen=True)
class Client:
    """A user's machine: a cache folder, and commands that run with it."""

    home: Path
    endpoint: str

    def run(self, code: str, names: list[str | None], **environment: str) -> list[dict[str, Any]]:
        """Run the code with the names; one JSON object per name. No traceback may go to stderr."""
        settings = {"HF_ENDPOINT": self.endpoint, "HF_HOME": str(self.home), "HF_HUB_OFFLINE": "0"}
        settings |= {"HF_HUB_DOWNLOAD_TIMEOUT": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1"}
        done = run_code(code, json.dumps(names), **settings | environment)
        assert done.status == 0, done.stderr
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
