"""The Hugging Face Hub: the only room that asks it what it holds and downloads from it. It imports nothing heavy."""

from tunelet.hub._client import (
    QUICK,
    OutOfReach,
    Repository,
    cached_file,
    cached_folder,
    cached_ids,
    commit_of,
    download,
    look_up,
    parse_id,
)
from tunelet.hub._errors import LOCAL_DATA_HINT, explain, out_of_reach, without_credentials

__all__ = [
    "LOCAL_DATA_HINT",
    "QUICK",
    "OutOfReach",
    "Repository",
    "cached_file",
    "cached_folder",
    "cached_ids",
    "commit_of",
    "download",
    "explain",
    "look_up",
    "out_of_reach",
    "parse_id",
    "without_credentials",
]
