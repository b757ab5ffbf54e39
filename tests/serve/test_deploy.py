"""`deploy/`, as far as it can be checked where there is no Docker: what it says agrees with the package and itself."""

import ast
import json
import re
import shlex
import tomllib

import pytest
import yaml

from command_line import ROOT, call, refused

DEPLOY = ROOT / "deploy"
INSTRUCTIONS = {
    "FROM",
    "RUN",
    "WORKDIR",
    "COPY",
    "USER",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
}


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Instructions with what follows them."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def all_of(dockerfile: list[tuple[str, str]], instruction: str) -> list[str]:
    return [rest for name, rest in dockerfile if name == instruction]


def test_the_dockerfile_is_one(dockerfile):
    assert {name for name, _ in dockerfile} <= INSTRUCTIONS
    assert dockerfile[0] == ("FROM", "python:3.12-slim")
    for command in all_of(dockerfile, "RUN"):
        shlex.split(command)


def test_everything_that_is_copied_is_there(dockerfile):
    for copied in all_of(dockerfile, "COPY"):
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists(), source


def test_it_installs_extras_that_there_are_with_pinned_torch(dockerfile):
    (install,) = [command for command in all_of(dockerfile, "RUN") if "pip install" in command]
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", install)
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "serve" in extras.split(",")
    assert set(extras.split(",")) <= set(offered)
    assert "--constraint constraints.txt" in install
    assert "torch==" in (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_it_runs_as_nobody_in_particular_and_looks_whether_it_is_ready(dockerfile):
    assert all_of(dockerfile, "USER") == ["1000"]
    after = [name for name, _ in dockerfile][[name for name, _ in dockerfile].index("USER") :]
    assert "RUN" not in after
    (check,) = all_of(dockerfile, "HEALTHCHECK")
    program = json.loads(check[check.index("[") :])
    assert "/readyz" in program[-1]
    ast.parse(program[-1])


def test_what_it_starts_is_what_the_command_takes(dockerfile, capsys, tmp_path):
    (entry,), (options,) = all_of(dockerfile, "ENTRYPOINT"), all_of(dockerfile, "CMD")
    command, *arguments = [*json.loads(entry), *json.loads(options)]
    assert command == "tunelet"
    # Here there is no such secret, which is what is said: the command has parsed.
    refused(call(capsys, *arguments), "token file /run/secrets/token")


def test_compose_agrees_with_the_dockerfile(compose, dockerfile):
    service = compose["services"]["tunelet"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    (run,) = service["volumes"]
    assert run["read_only"] is True
    started = " ".join(all_of(dockerfile, "CMD"))
    assert run["target"] in started
    assert [f"/run/secrets/{name}" in started for name in service["secrets"]] == [True]
    assert set(service["secrets"]) == set(compose["secrets"])
    assert service["ports"] == [f"127.0.0.1:8000:{port}" for port in all_of(dockerfile, "EXPOSE")]
    cache = dict(pair.split("=") for pair in shlex.split(" ".join(all_of(dockerfile, "ENV"))))["TUNELET_CACHE"]
    assert any(place.startswith(cache) for place in service["tmpfs"])
