"""What workers, machines and the command itself leave when they are killed: `kill -9` at random moments of every use.

    python measurements/faults.py [--kills 10] [--uses seeds,folds,search,one,files] [--victims worker,...] [--out FILE]
    python measurements/faults.py --page

Every use runs once undisturbed on two workers of this machine. Then it runs while something is killed with signal 9,
at moments drawn at random, in as many runs as so many kills take; a command that ends before its work is done is typed
again. Afterwards files, predictions, weights, losses and trials are compared with the undisturbed ones.

- worker: a process at work, of this machine's workers
- ray worker: a process at work on a Ray cluster of two nodes, processes of this machine
- raylet: a node of that cluster, without warning; another one takes its place
- command: the process that the user started
- ray command: the same, where its workers are on the cluster

Cases that were measured before are kept where they are not asked for, each with its commit. --page writes the table of
docs/scale.md. One to two hours on two cores.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from bulk import texts
from measured import environment_and_commit, environment_line, put_section

OUT = Path(__file__).with_name("faults.json")
PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
BEGIN, END = "<!-- faults: written by measurements/faults.py -->\n", "<!-- end of faults -->\n"
VICTIMS = ("worker", "ray worker", "raylet", "command", "ray command")
PAUSES = {"worker": (1.5, 5.0), "ray worker": (2.0, 6.0), "raylet": (4.0, 9.0)}  # seconds between two kills
A_RUN = 5  # kills of workers in one run: three at the same job give it up
LIFE = 4.0, 16.0  # seconds that a command has until it is killed
ROUNDING = 1e-5  # of losses, where several processes add up gradients

TRAINED = {
    "evaluation.resamples": "100", "evaluation.explained": "0", "evaluation.baseline": "false", "data.audit": "false",
    "data.max_length": "32", "training.probe": "false", "training.checkpoint_seconds": "0.5",
}  # fmt: skip
HELD_OUT = TRAINED | {"data.validation": "held-out"}


@dataclass(frozen=True)
class Use:
    """One use of workers.

    Attributes:
        arguments: of the command, before its output.
        output: the option that names it.
        again: what is typed besides, where some of the work is done.
    """

    arguments: tuple[str, ...]
    output: str = "--out"
    again: tuple[str, ...] = ("--resume",)


def options(settings: dict[str, str]) -> tuple[str, ...]:
    return tuple(part for key, value in settings.items() for part in ("--set", f"{key}={value}"))


def uses(folder: Path) -> dict[str, Use]:
    """All uses; the run that classifies and its files are made."""
    begin = ("train", "sample", "--model", "minilm", "--limit", "60")
    run, parts = folder / "run", folder / "parts"
    tunelet([*begin, "--epochs", "1", *options(HELD_OUT), "--out", str(run)])
    parts.mkdir()
    lines = list(texts(1600))
    for part in range(8):
        (parts / f"{part}.txt").write_text("".join(f"{line}\n" for line in lines[part::8]), encoding="utf-8")
    space = folder / "space.toml"
    space.write_text("[adapter]\nrank = [2, 4, 8, 16]\n[training]\nepochs = { low = 4, high = 8 }\n")
    search = ("tune", "sample", "--model", "minilm", "--limit", "120", "--trials", "6", "--space", str(space))
    return {
        "seeds": Use((*begin, "--seeds", "1,2,3,4", "--epochs", "12", *options(HELD_OUT))),
        "folds": Use((*begin, "--folds", "4", "--epochs", "12", *options(TRAINED))),
        "search": Use((*search, "--pruner", "none", *options(HELD_OUT))),
        "one": Use((*begin, "--epochs", "20", *options(HELD_OUT))),
        "files": Use(
            ("predict", str(run), "--input", str(parts), "--output-format", "csv"), output="--output", again=()
        ),
    }


def begun(arguments: Sequence[str], log: int, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tunelet", *arguments], stdout=subprocess.DEVNULL, stderr=log,
        env=os.environ | {"OMP_NUM_THREADS": "2"} | (environment or {}),
    )  # fmt: skip


def tunelet(arguments: Sequence[str]) -> None:
    process = begun(arguments, subprocess.PIPE)
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {said.decode()}")


def contents(folder: Path) -> dict[str, Any]:
    """What must be the same afterwards: files by their content, losses and trials by their values."""
    found: dict[str, Any] = {}
    for name in ("adapter_model.safetensors", "predictions*", "*.csv"):
        for path in folder.rglob(name):
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in folder.rglob("history.jsonl"):
        lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found[str(path.relative_to(folder))] = [line["loss"] for line in lines if "loss" in line]
    for path in folder.glob("study.json"):
        trials = json.loads(path.read_text(encoding="utf-8"))["trials"]
        found["trials"] = [(trial["settings"], trial["figure"]) for trial in trials]
    if not found:
        raise SystemExit(f"{folder} holds nothing to compare")
    return found


def same(use: str, one: dict[str, Any], two: dict[str, Any]) -> bool:
    if use != "one":
        return one == two
    losses = "history.jsonl"  # how many processes added up a step's gradients, and in which parts, differs by rounding
    return len(one[losses]) == len(two[losses]) and all(
        abs(first - second) <= ROUNDING for first, second in zip(one[losses], two[losses], strict=True)
    )


@dataclass
class Cluster:
    """A Ray cluster of a head, which does no work, and two nodes with a core each."""

    made: Any = field(init=False)
    nodes: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        from ray.cluster_utils import Cluster as RayCluster

        self.made = RayCluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self.nodes = [self.made.add_node(num_cpus=1) for _ in range(2)]
        self.made.wait_for_nodes()

    def kill_node(self, chance: random.Random) -> None:
        """Kill a node without warning, and add another."""
        self.made.remove_node(self.nodes.pop(chance.randrange(2)), allow_graceful=False)
        self.nodes.append(self.made.add_node(num_cpus=1))


def workers_of(process: subprocess.Popen[bytes], *, on_ray: bool) -> list[psutil.Process]:
    """Processes at work."""
    if not on_ray:
        servers = [each for each in psutil.Process(process.pid).children() if "forkserver" in " ".join(each.cmdline())]
        return [worker for server in servers for worker in server.children()]
    return [each for each in psutil.process_iter(["name", "cmdline"]) if "ray::answered" in " ".join(each.cmdline())]


def disturbed(use: Use, victim: str, out: Path, kills: int, chance: random.Random, cluster: Cluster | None) -> int:
    """Run a use to its end, however often it must be typed; the number of kills, which are so many at most."""
    on_ray = victim != "worker" and victim != "command"
    place = ("--on", "ray", "--workers", "2") if on_ray else ("--workers", "2")
    environment = {"RAY_ADDRESS": cluster.made.address} if on_ray and cluster is not None else None
    done, typed, refused = 0, 0, False
    while True:
        there = out.exists() or out.with_name(f"{out.name}.partial").exists()
        # What was killed before it had begun says that there is nothing to go on with.
        again = use.again if there and not refused else ()
        process = begun([*use.arguments, *place, use.output, str(out), *again], subprocess.DEVNULL, environment)
        typed += 1
        while process.poll() is None:
            if done >= kills:
                process.communicate()
                break
            pause = chance.uniform(*(LIFE if victim.endswith("command") else PAUSES[victim]))
            try:
                process.wait(pause)
            except subprocess.TimeoutExpired:
                done += _killed(process, victim, chance, cluster, on_ray=on_ray)
        if process.returncode == 0:
            return done
        refused = process.returncode == 2 and not refused
        if typed > kills + 20:
            raise SystemExit(f"{use.arguments}: typed {typed} times")


def _killed(
    process: subprocess.Popen[bytes], victim: str, chance: random.Random, cluster: Cluster | None, *, on_ray: bool
) -> int:
    if victim.endswith("command"):
        process.kill()
        process.wait()
    elif cluster is not None and victim == "raylet":
        cluster.kill_node(chance)
    else:
        try:
            chance.choice(workers_of(process, on_ray=on_ray)).kill()
        except (IndexError, psutil.NoSuchProcess):  # none is at work just now
            return 0
    return 1


def measure(asked: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = environment_and_commit() | {"kills": asked.kills, "cases": known(asked)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = uses(folder)
        cluster = Cluster() if any(victim.startswith("ray") for victim in asked.victims) else None
        for use in asked.uses:
            whole = folder / f"{use}-whole"
            tunelet([*made[use].arguments, "--workers", "2", made[use].output, str(whole)])
            expected = contents(whole)
            for victim in asked.victims:
                chance = random.Random(f"{use} {victim}")
                kills = runs = 0
                alike, begin = True, time.monotonic()
                while kills < asked.kills:
                    out = folder / f"{use}-{victim.replace(' ', '-')}-{runs}"
                    most = asked.kills - kills if victim.endswith("command") else min(A_RUN, asked.kills - kills)
                    kills += disturbed(made[use], victim, out, most, chance, cluster)
                    alike &= same(use, expected, contents(out))
                    runs += 1
                    shutil.rmtree(out)
                seconds = time.monotonic() - begin
                found["cases"].append(
                    {
                        "use": use, "victim": victim, "kills": kills, "runs": runs, "same": alike, "seconds": seconds,
                        "commit": found["commit"],
                    }
                )  # fmt: skip
                result = "the same" if alike else "DIFFERENT"
                say(f"{use}, {victim}: {kills} kills in {runs} runs, {result}, {seconds:.0f} s")
                asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        if cluster is not None:
            cluster.made.shutdown()
    return found


def known(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Cases measured before that are not measured now."""
    if not asked.out.exists():
        return []
    cases = json.loads(asked.out.read_text(encoding="utf-8"))["cases"]
    return [case for case in cases if case["use"] not in asked.uses or case["victim"] not in asked.victims]


def write_up(found: dict[str, Any]) -> str:
    """The section of the page."""
    named = {"seeds": "seeds", "folds": "folds", "search": "a search", "one": "one training", "files": "files"}
    victims = [victim for victim in VICTIMS if any(case["victim"] == victim for case in found["cases"])]
    by = {(case["use"], case["victim"]): case for case in found["cases"]}

    def cell(use: str, victim: str) -> str:
        case = by.get((use, victim))
        return "" if case is None else f"{case['kills']} in {case['runs']}: {'same' if case['same'] else 'different'}"

    lines = [f"| killed | {' | '.join(victims)} |", f"|{' --- |' * (len(victims) + 1)}"]
    lines += [f"| {named[use]} | {' | '.join(cell(use, victim) for victim in victims)} |" for use in named]
    return "\n".join([environment_line(found, commits=(case["commit"] for case in found["cases"])), "", *lines, ""])


def page(found: dict[str, Any]) -> None:
    """Put the section into the page."""
    put_section(PAGE, BEGIN, END, write_up(found))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed = {"type": lambda value: value.split(",")}
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--uses", default=["seeds", "folds", "search", "one", "files"], **listed)
    parser.add_argument("--victims", default=list(VICTIMS), **listed)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.page:
        page(json.loads(asked.out.read_text(encoding="utf-8")))
        return
    measure(asked, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
