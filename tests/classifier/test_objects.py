"""Files of a store of objects are classified as those of a disk are: over HTTP, from a server of S3's protocol."""

import importlib.util
from pathlib import Path

import pytest

import tunelet
from tunelet.errors import DataError

pytestmark = pytest.mark.skipif(importlib.util.find_spec("moto") is None, reason="moto is not installed: no store")

FILES = {
    "in/a.csv": "text,n\nwarm rolls,1\ncold rolls,2\n",
    "in/deep/b.jsonl": '{"text": "a loaf"}\n',
    "in/deep/c 100%.csv": "text\nrye\n",
    "in/.hidden.csv": "text\nno\n",
    "in/README": "no data",
    "other/d.csv": "text\nno\n",
}


@pytest.fixture(scope="module")
def store():
    """The address of a bucket with files, and how to put more there."""
    from moto.server import ThreadedMotoServer
    from pyarrow.fs import S3FileSystem

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.delenv("AWS_PROFILE", raising=False)
        system = S3FileSystem(
            endpoint_override=f"{host}:{port}", scheme="http", region="us-east-1", allow_bucket_creation=True
        )
        system.create_dir("bakery")

        def put(name: str, content: str) -> None:
            with system.open_output_stream(f"bakery/{name}") as file:
                file.write(content.encode())

        for name, content in FILES.items():
            put(name, content)
        yield f"?endpoint_override={host}:{port}&scheme=http&region=us-east-1", put
    server.stop()


@pytest.mark.parametrize(
    ("named", "outputs"),
    [
        ("s3://bakery/in", ["a.csv", "deep/b.jsonl", "deep/c 100%.csv"]),
        ("s3://bakery/in/**/*.csv", ["a.csv", "deep/c 100%.csv"]),
        ("s3://bakery/in/*.csv", ["a.csv"]),
    ],
)
def test_a_folder_and_names_with_stars(store, bakery_run, tmp_path, named, outputs):
    options, _ = store
    written = tunelet.predict_files(bakery_run, f"{named}{options}", tmp_path / "out", quiet=True)
    assert [part.output for part in written.parts] == outputs
    for name in outputs:
        (tmp_path / Path(name).name).write_text(FILES[f"in/{name}"])
        alone = tmp_path / f"alone-{Path(name).name}"
        tunelet.predict_file(bakery_run, tmp_path / Path(name).name, alone, quiet=True)
        assert (tmp_path / "out" / name).read_bytes() == alone.read_bytes()
    assert written.parts[0].source.startswith("s3://bakery/in/a.csv")


def test_one_file(store, bakery_run, tmp_path):
    written = tunelet.predict_file(bakery_run, f"s3://bakery/in/a.csv{store[0]}", tmp_path / "a.csv", quiet=True)
    assert (written.rows, written.n) == (2, 2)


def test_what_is_done_is_not_read_again_unless_it_was_written_since(store, bakery_run, tmp_path):
    options, put = store
    for name in ("a", "b", "c", "e", "f"):
        put(f"more/{name}.csv", f"text\n{name} rolls\n")
    put("more/d.jsonl", "{")  # none of those that are looked into before the start
    with pytest.raises(DataError, match=r"more/d\.jsonl"):
        tunelet.predict_files(bakery_run, f"s3://bakery/more{options}", tmp_path / "out", quiet=True)
    put("more/d.jsonl", '{"text": "d rolls"}\n')
    put("more/b.csv", "text\nother rolls\nand loaves\n")
    written = tunelet.predict_files(bakery_run, f"s3://bakery/more{options}", tmp_path / "out", quiet=True)
    assert (written.resumed, written.rows) == (2, 7)
    assert "other rolls" in (tmp_path / "out" / "b.csv").read_text()


def test_what_is_not_there_is_refused(store, bakery_run, tmp_path):
    options, _ = store
    with pytest.raises(DataError, match="expected files of texts"):
        tunelet.predict_files(bakery_run, f"s3://bakery/other/*.parquet{options}", tmp_path / "out", quiet=True)
    with pytest.raises(DataError, match=r"s3://nowhere.*cannot be read"):
        tunelet.predict_files(bakery_run, f"s3://nowhere/x{options}", tmp_path / "out", quiet=True)
    with pytest.raises(DataError, match=r"s3://bakery/in/none\.csv.*cannot be read"):
        tunelet.predict_file(bakery_run, f"s3://bakery/in/none.csv{options}", tmp_path / "none.csv", quiet=True)
