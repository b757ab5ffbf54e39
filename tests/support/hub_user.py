"""Somebody who types commands at a machine of their own."""

import json
from pathlib import Path
from typing import Any

from command_line import QUICK, Done, run
from hub_client import DATA_ID, MODEL_ID, Client


class User:
    """Somebody at a machine with an empty cache, in a folder of their own."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.folder = folder
        self.home = client.home
        self.settings = {
            "HF_ENDPOINT": client.endpoint,
            "HF_HOME": str(client.home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
        }

    def types(self, *arguments: str, **settings: str) -> Done:
        return run(*arguments, cwd=self.folder, **{**self.settings, **settings})

    def trains(self, out: str, *, data: str = f"hub:{DATA_ID}", model: str = MODEL_ID, **settings: str) -> Done:
        return self.types("train", data, "--model", model, *QUICK, "--out", out, "--json", **settings)


def the_object(done: Done) -> dict[str, Any]:
    assert done.status == 0, done
    value: dict[str, Any] = json.loads(done.stdout)
    return value
