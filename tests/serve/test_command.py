"""`tunelet serve` as it is typed: what it refuses before it listens, and its options."""

import logging
import re
import shutil
import signal
import socket
import subprocess
import sys

import httpx
import pytest

import tunelet
from command_line import call, command, environment, refused
from tunelet import TuneletError
from tunelet.serve import ServeSettings
from tunelet.serve._served import load_models


def test_an_address_that_others_reach_demands_a_token(capsys, bakery_run):
    for host in ("0.0.0.0", "::", "192.0.2.7", "example.org"):  # noqa: S104
        refused(call(capsys, "serve", bakery_run.path, "--host", host), "demands a token", "--token-file")


def test_a_token_file_for_everybody_is_refused(capsys, bakery_run, tmp_path):
    (tmp_path / "token").write_text("x" * 30)
    (tmp_path / "token").chmod(0o644)
    refused(call(capsys, "serve", bakery_run.path, "--token-file", tmp_path / "token"), "0644", "chmod 600")


def test_a_port_that_is_taken_or_none_is_refused_before_anything_is_loaded(capsys, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(call(capsys, "serve", tmp_path / "absent", "--port", port), "cannot be listened at", "--port")
    refused(call(capsys, "serve", tmp_path / "absent", "--port", 70_000), "0 to 65535", "--port")


def test_runs_that_cannot_be_served_are_refused(capsys, bakery_run, tmp_path):
    def serve(*runs):
        return refused(call(capsys, "serve", *runs, "--port", 0))

    assert "no such run folder" in serve(tmp_path / "absent")
    assert "two runs are called 'bakery'" in serve(bakery_run.path, f"bakery={bakery_run.path}")
    assert "is no name for a model" in serve(f"a b={bakery_run.path}")
    damaged = tmp_path / "damaged"
    shutil.copytree(bakery_run.path, damaged)
    weights = damaged / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "adapter_model.safetensors" in serve(damaged)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("queue", 0), ("deadline", 0.0), ("max_body", -1), ("threads", -1), ("max_texts", True), ("queue", 1.5),
     ("deadline", "ten"), ("deadline", float("nan")), ("max_texts", 600)],
)  # fmt: skip
def test_limits_that_nothing_stays_under_are_refused(setting, value):
    with pytest.raises(TuneletError, match=setting):
        ServeSettings(**{setting: value})


def test_models_have_names(bakery_run, tmp_path, monkeypatch):
    monkeypatch.chdir(bakery_run.path)
    assert list(load_models(".")) == ["bakery"]
    assert list(load_models(bakery_run)) == ["bakery"]
    assert list(load_models([f"other={bakery_run.path}", str(bakery_run.path)])) == ["other", "bakery"]
    assert list(load_models({"mine": bakery_run})) == ["mine"]
    with pytest.raises(TuneletError, match="no run"):
        load_models([])


def test_without_its_packages_it_says_what_to_install():
    code = (
        "import sys; sys.modules['fastapi'] = None\nimport tunelet\n"
        "try:\n    tunelet.serve\nexcept tunelet.TuneletError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert "pip install 'tunelet[serve]'" in done.stdout


def test_the_room_is_the_verb(bakery_run):
    with pytest.raises(TuneletError, match="demands a token"):
        tunelet.serve(bakery_run, host="0.0.0.0")  # noqa: S104
    with pytest.raises(TuneletError, match="port takes a whole number"):
        tunelet.serve(bakery_run, port="8000")
    assert "/v1/predict" in tunelet.serve.app(bakery_run).openapi()["paths"]


def test_afterwards_the_log_goes_where_it_went_before(tmp_path):
    loggers = [logging.getLogger(name) for name in ("tunelet.serve", "uvicorn")]
    before = [(list(logger.handlers), logger.propagate, logger.level) for logger in loggers]
    with pytest.raises(TuneletError, match="no such"):
        tunelet.serve(tmp_path / "nothing", port=0)
    assert [(list(logger.handlers), logger.propagate, logger.level) for logger in loggers] == before


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_command_serves_until_it_is_told_to_stop(bakery_run, number, status):
    process = subprocess.Popen(
        command("serve", f"rye={bakery_run.path}", "--port", 0, "--drain", 0),
        env=environment() | {"OMP_DISPLAY_ENV": "true"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"serving at (http://127\.0\.0\.1:\d+);", line):
            break
    answer = httpx.post(f"{found[1]}/v1/predict", json={"texts": "a secret loaf", "model": "rye"}, timeout=60)
    assert answer.json()["model"] == "rye"
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (status, "")
    assert "POST /v1/predict 200" in stderr
    assert "secret" not in stderr
    policies = set(re.findall(r"OMP_WAIT_POLICY = '(\w+)'", "".join(said)))
    assert sys.platform != "linux" or policies == {"PASSIVE"}, (
        "threads spin for each other on cores that a client or the event loop needs"
    )
