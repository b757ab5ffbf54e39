"""What is published of the configs of transformers and PEFT: no folder of a machine, and everything else as it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunelet.publish._files import _config

HUB_ID = "someone/encoder"
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_ é", min_size=1, max_size=12).map("zqx{}".format)
FOLDERS = st.lists(NAMES, min_size=1, max_size=4)
BEGINNINGS = ("/", "~/", "./", "../", "C:/", "C:\\", "c:", "\\\\", "\\\\?\\C:\\", "//", "file:///", "~", ".")


def published(config: dict[str, Any], hub_id: str | None = HUB_ID) -> Any:
    return json.loads(_config(json.dumps(config).encode(), hub_id))


@given(FOLDERS, NAMES, st.sampled_from("/\\"), st.sampled_from(["_name_or_path", "tokenizer_file", "cache_dir"]))
def test_of_a_relative_path_the_last_component_is_left_where_a_path_is_expected(folders, name, separator, key):
    path = separator.join([*folders, f"last {name}"])
    found = published({key: path, "inner": [{key: [path]}], "auto_map": {"AutoModel": f"{path}--code.Model"}})
    assert found[key] == found["inner"][0][key][0] == f"last {name}"
    assert found["auto_map"] == {"AutoModel": f"last {name}--code.Model"}


@pytest.mark.parametrize("begin", BEGINNINGS)
@given(FOLDERS, NAMES, st.sampled_from("/\\"))
def test_of_a_path_from_a_root_a_share_or_a_home_the_last_component_is_left_anywhere(begin, folders, name, separator):
    path = begin + separator.join([*folders, f"last {name}"])
    assert published({"anything": path, "more": [path]}) == {"anything": f"last {name}", "more": [f"last {name}"]}


@pytest.mark.parametrize(
    "value",
    [
        "</s>",
        "<|/INST|>",
        "/",
        "//",
        "./",
        "\\",
        "\\n",
        "...",
        "~",
        "a:",
        "and/or",
        "{% if a/b %}\n/c/d",
        3,
        None,
        "[CLS]",
    ],
)
def test_what_is_no_path_stays(value):
    config = {"pad_token": value, "added_tokens_decoder": {"0": {"content": value}}, "more": [value]}
    assert published(config) == config


def test_the_id_of_the_checkpoint_stays_where_the_hub_has_it():
    config = {"base_model_name_or_path": HUB_ID, "auto_map": {"AutoModel": f"{HUB_ID}--code.Model"}}
    assert published(config) == config
    assert published(config, None)["base_model_name_or_path"] == "encoder"  # a folder of this machine
