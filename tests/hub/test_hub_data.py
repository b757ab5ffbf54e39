import json
from pathlib import Path

import pytest

from hub_client import DATA_ID, README, Client, gave_up
from hub_server import Cut, HubServer, Stall, Status

pytestmark = pytest.mark.slow

FIRST, SECOND = "train-00000-of-00002", "train-00001-of-00002"


def test_a_data_set_gives_its_parts_with_their_label_names(data_hub: HubServer, client: Client) -> None:
    found = client.tables(f"hub:{DATA_ID}")
    assert found["format"].startswith("Hub data set, configuration plain_text, commit ")
    assert set(found["parts"]) == {"train", "test"}
    train = found["parts"]["train"]
    assert train["class_names"] == {"label": ["neg", "pos"]}
    assert len(train["columns"]["text"]) == 60
    assert train["columns"]["label"][:2] == [1, 0]
    assert train["columns"]["text"][0] == "A quiet film about a lighthouse, and I loved every minute. Reel 0."
    assert train["columns"]["text"][-1] == "Two hours of nothing at all. Can 9."
    assert len(found["parts"]["test"]["columns"]["text"]) == 10
    assert not data_hub.asked("unsupervised-00000-of-00001.parquet"), "what is not used is not downloaded"


def test_imdb_is_a_name_for_the_data_set_on_the_hub(empty_hub: HubServer, client: Client, data_folder: Path) -> None:
    empty_hub.add("dataset", "stanfordnlp/imdb", data_folder)
    assert set(client.tables("imdb")["parts"]) == {"train", "test"}


def test_a_downloaded_data_set_works_offline(data_hub: HubServer, client: Client) -> None:
    first = client.tables(f"hub:{DATA_ID}")
    asked = len(data_hub.requests)
    offline = client.tables(f"hub:{DATA_ID}", HF_HUB_OFFLINE="1")
    assert len(data_hub.requests) == asked
    assert offline["parts"] == first["parts"]


def test_configurations_are_named_after_a_colon_and_only_their_files_are_downloaded(
    empty_hub: HubServer, client: Client, data_folder: Path
) -> None:
    shard, other = ((data_folder / "data" / f"{name}.parquet").read_bytes() for name in (FIRST, SECOND))
    configs = "".join(
        f"- config_name: {name}\n  data_files:\n  - split: train\n    path: {name}/train-*\n"
        for name in ("short", "long")
    )
    files = {
        "README.md": f"---\nconfigs:\n{configs}---\n".encode(),
        "short/train-00000-of-00001.parquet": shard,
        "long/train-00000-of-00002.parquet": shard,
        "long/train-00001-of-00002.parquet": other,
    }
    empty_hub.add("dataset", "cinema/two", files)
    unnamed, typo, short = client.all_tables("hub:cinema/two", "hub:cinema/two:lng", "hub:cinema/two:short")
    assert "several configurations: short, long; type hub:cinema/two:short" in unnamed["line"]
    assert "did you mean 'long'?" in typo["line"]
    assert len(short["parts"]["train"]["columns"]["text"]) == 40
    assert not any("long/" in request.path for request in empty_hub.requests)
    missing = client.tables("hub:cinema/two:long", HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set" in missing["line"], "the other configuration is no substitute"
    empty_hub.fail("train-00001-of-00002", Status(503), method="GET")
    assert "answered 503" in client.tables("hub:cinema/two:long")["line"]
    incomplete = client.tables("hub:cinema/two:long", HF_HUB_OFFLINE="1")
    assert incomplete["error"] == "DataError", "half of the rows is not the data set"


def test_files_without_metadata_are_recognised_by_their_names(empty_hub: HubServer, client: Client) -> None:
    rows = "text,label\nSplendid.,good\nDull.,bad\n"
    files = {"train.csv": rows.encode(), "validation.csv": rows.encode(), "notes.txt": b"no data"}
    empty_hub.add("dataset", "cinema/plain", files)
    found, configured = client.all_tables("hub:cinema/plain", "hub:cinema/plain:x")
    assert set(found["parts"]) == {"train", "validation"}
    assert found["parts"]["train"]["columns"] == {"text": ["Splendid.", "Dull."], "label": ["good", "bad"]}
    assert client.tables("hub:cinema/plain", HF_HUB_OFFLINE="1")["parts"] == found["parts"]
    assert "has no configurations" in configured["line"]


def test_a_test_split_with_hidden_labels_is_left_out(empty_hub: HubServer, client: Client, data_folder: Path) -> None:
    files = {
        path.relative_to(data_folder).as_posix(): path.read_bytes() for path in data_folder.rglob("*") if path.is_file()
    }
    files["data/test-00000-of-00001.parquet"] = files["data/unsupervised-00000-of-00001.parquet"]
    empty_hub.add("dataset", "cinema/contest", files)
    found = client.tables("hub:cinema/contest")["parts"]
    assert set(found) == {"train"}
    assert found["train"]["notes"] == ["left out: test, whose labels are kept secret"]


def test_a_data_set_made_of_code_and_one_with_broken_files_are_refused(empty_hub: HubServer, client: Client) -> None:
    empty_hub.add("dataset", "cinema/script", {"README.md": b"# Reviews\n", "script.py": b"raise SystemExit(3)\n"})
    broken = {"README.md": README.encode(), "data/train-00000.parquet": b"PAR1 and no more"}
    empty_hub.add("dataset", "cinema/broken", broken)
    script, damaged = client.all_tables("hub:cinema/script", "hub:cinema/broken")
    assert "only code (script.py), which is never run" in script["line"]
    assert not empty_hub.asked("script.py")
    assert damaged["error"] == "DataError"
    assert "cannot be read" in damaged["line"]


def test_a_download_cut_in_the_middle_ends_in_the_same_rows(
    empty_hub: HubServer, client: Client, data_folder: Path, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "large.parquet"
    texts = [f"{n:x}-{n * 7919 % 104729:x} " * 20 for n in range(5000)]
    pq.write_table(
        pa.table({"text": texts, "label": [n % 2 for n in range(5000)]}), path, compression="none", use_dictionary=False
    )
    empty_hub.add("dataset", "cinema/large", {"train.parquet": path.read_bytes()})
    empty_hub.fail(r"train\.parquet", Cut(after=600_000), times=1, method="GET")
    assert client.tables("hub:cinema/large")["parts"]["train"]["columns"]["text"] == texts
    resumed = [request.range for request in empty_hub.asked("train.parquet", "GET") if request.range]
    assert resumed
    assert resumed[0] != "bytes=0-"


def test_an_answer_that_is_no_data_set_gives_one_line(empty_hub: HubServer, client: Client) -> None:
    faults: dict[Status | Stall, str] = {
        Status(401): "answered 401",
        Status(403, (("X-Error-Code", "GatedRepo"),)): "is gated",
        Status(404, (("X-Error-Code", "RepoNotFound"),)): "there is no data set",
        Status(503): "answered 503",
        Stall(): "no answer from",
    }
    for number, fault in enumerate(faults):
        empty_hub.fail(f"/api/datasets/cinema/fault-{number}/", fault)
    names = [f"hub:cinema/fault-{number}" for number in range(len(faults))]
    for name, found, expected in zip(names, client.all_tables(*names), faults.values(), strict=True):
        assert found["error"] == "DataError"
        assert expected in found["line"]
        assert name.removeprefix("hub:") in found["line"]
        assert "\n" not in found["line"]
        assert expected != "no answer from" or gave_up(found["line"], after=1)


def test_a_download_that_stalls_gives_one_line(data_hub: HubServer, client: Client) -> None:
    data_hub.fail("train-00001", Stall(after=100), method="GET")
    found = client.tables(f"hub:{DATA_ID}")
    assert gave_up(found["line"], after=4)
    assert "`sample`" in found["line"]


def test_with_nothing_cached_and_the_hub_out_of_reach_the_line_says_what_works(
    data_hub: HubServer, client: Client
) -> None:
    client.tables(f"hub:{DATA_ID}")
    line = client.tables("imdb", HF_HUB_OFFLINE="1")["line"]
    for part in ("stanfordnlp/imdb", "HF_HUB_OFFLINE is set", "a local file or folder", "`sample`", f"hub:{DATA_ID}"):
        assert part in line


def test_the_server_satisfies_the_library_itself(data_hub: HubServer, client: Client) -> None:
    code = """
import json, sys, datasets
datasets.disable_progress_bars()
for name in json.loads(sys.argv[1]):
    loaded = datasets.load_dataset(name)
    print(json.dumps({split: part.num_rows for split, part in loaded.items()}))
"""
    assert client.run(code, [DATA_ID]) == [json.loads('{"train": 60, "test": 10, "unsupervised": 5}')]
