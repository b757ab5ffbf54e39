"""What workers cost and gain on this machine, from which docs/scale.md reckons what many machines would take.

    python measurements/scale.py [--seeds 4] [--texts 6000] [--turns 2] [--manifest 1000000] [--jobs 2000] [--out FILE]
                                 [--only seeds,one,exchange,scoring,expected,waiting,dispatch,manifest]
    python measurements/scale.py --page

Seeds and scoring run on one process with all threads and on one worker a core with one thread each, in turns, as
`tunelet.train_seeds` and `tunelet.predict_files` are called, MiniLM on the sample's texts; the start of the processes
is in the time. Once more each runs on several workers alone, for what it said before the start that it would take, and
what it took from that moment on. Beside that: jobs a second that do nothing, on local workers and on Ray, and with a
thousand workers that only wait, which are no processes; the exchange of trained parameters and gradients with a worker;
reading and parsing the records of parts; and a manifest of so many parts in memory and on disk. Each is written down
when it is done; with --only the others are kept as they are there, of whatever commit. --page writes the table of
docs/scale.md. Half an hour on two cores.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
from bulk import texts
from measured import environment_and_commit, environment_line, put_section

import tunelet
from tunelet.classifier import PartRecord, PredictedFiles
from tunelet.scale import Cost, Job, Place, workers_at

OUT = Path(__file__).with_name("scale.json")
PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
BEGIN, END = "<!-- scale: written by measurements/scale.py -->\n", "<!-- end of scale -->\n"
SETTINGS = {"data.validation": "held-out", "evaluation.explained": 0, "data.audit": False, "training.max_steps": 40}
MACHINES = (1, 10, 100, 1000)  # workers of one core
BATCH, TOKENS = 1024, 128  # of the reckoned training: texts in a batch, tokens in a text


def timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def nothing(number: int) -> int:
    return number


def echo(parameters: Any) -> Any:
    return parameters


def train_seeds(out: Path, number: int, workers: int) -> None:
    tunelet.train_seeds(
        "sample", tuple(range(1, number + 1)), model="minilm", settings=SETTINGS, out=out, quiet=True, workers=workers
    )


def train_one(out: Path, workers: int) -> tunelet.Run:
    return tunelet.train(
        "sample", model="minilm", batch_size=64, settings=SETTINGS | {"training.max_steps": 12}, out=out, quiet=True,
        workers=workers,
    )  # fmt: skip


def files(folder: Path, number: int) -> tuple[tunelet.Run, Path]:
    """A run, and a folder of so many texts in eight files."""
    run = tunelet.train("sample", model="minilm", limit=60, settings=SETTINGS, out=folder / "run", quiet=True)
    parts = folder / "parts"
    parts.mkdir()
    lines = list(texts(number))
    for part in range(8):
        (parts / f"{part}.txt").write_text("".join(f"{line}\n" for line in lines[part::8]), encoding="utf-8")
    return run, parts


def seeds(folder: Path, number: int, turns: int) -> dict[str, Any]:
    """Seconds for so many seeds, by workers."""
    cores = os.cpu_count() or 1
    found: dict[str, Any] = {"number": number, "seconds": {}}
    for turn in range(turns):
        for workers in (1, cores):
            out = folder / f"seeds-{turn}-{workers}"
            seconds = timed(lambda out=out, workers=workers: train_seeds(out, number, workers))
            found["seconds"].setdefault(str(workers), []).append(seconds)
            print(f"{number} seeds, {workers} workers: {seconds:.1f} s", flush=True)
    return found


def one_training(folder: Path, turns: int) -> dict[str, Any]:
    """Tokens a second of one training's steps, by workers, in batches of 64."""
    cores = os.cpu_count() or 1
    found: dict[str, Any] = {"tokens_per_second": {}}
    for turn in range(turns):
        for workers in (1, cores):
            rate = train_one(folder / f"one-{turn}-{workers}", workers).facts.tokens_per_second
            found["tokens_per_second"].setdefault(str(workers), []).append(rate)
            print(f"one training, {workers} workers: {rate:,.0f} tokens/s", flush=True)
    return found


def expected(folder: Path, number: int, rows: int, turns: int) -> dict[str, Any]:
    """What each use says that it will take, and seconds from then on, on a worker for each core."""
    cores = os.cpu_count() or 1
    run, parts = files(folder, rows)
    uses: dict[str, Callable[[Path], object]] = {
        "seeds": lambda out: train_seeds(out, number, cores),
        "scoring": lambda out: tunelet.predict_files(run, parts, out, output_format="csv", workers=cores, quiet=True),
        "one": lambda out: train_one(out, cores),
    }
    found: dict[str, Any] = {use: [] for use in uses}
    words = Cost.in_words.fget
    for turn in range(turns):
        for use, work in uses.items():
            said: list[tuple[float, float]] = []

            def noted(cost: Cost, said: list[tuple[float, float]] = said) -> str:
                said.append((cost.elapsed, time.monotonic()))
                return str(words(cost))

            with mock.patch.object(Cost, "in_words", property(noted)):
                work(folder / f"{use}-{turn}-expected")
            elapsed, moment = said[0]
            found[use].append({"expected": elapsed, "took": time.monotonic() - moment})
            print(f"{use}: {found[use][-1]}", flush=True)
    return found


def scoring(folder: Path, number: int, turns: int) -> dict[str, Any]:
    """Seconds for so many texts in eight files, by workers."""
    run, parts = files(folder, number)
    cores = os.cpu_count() or 1
    found: dict[str, Any] = {"number": number, "seconds": {}}
    found["load"] = timed(lambda: tunelet.Classifier.load(run))
    for turn in range(turns):
        for workers in (1, cores):
            out = folder / f"scored-{turn}-{workers}"
            seconds = timed(
                lambda out=out, workers=workers: tunelet.predict_files(
                    run, parts, out, output_format="csv", workers=workers, quiet=True
                )
            )
            found["seconds"].setdefault(str(workers), []).append(seconds)
            print(f"{number} texts, {workers} workers: {seconds:.1f} s", flush=True)
    return found


def dispatch(jobs: int) -> dict[str, float]:
    """Jobs a second that do nothing."""
    found = {}
    for on in ("local", "ray"):
        with workers_at(Place.of(on, os.cpu_count() or 1)) as workers:
            list(workers.map(nothing, [Job("warm", 0)] * 8))
            todo = [Job(str(number), number) for number in range(jobs)]
            found[on] = jobs / timed(lambda workers=workers, todo=todo: list(workers.map(nothing, todo)))
            print(f"{found[on]:,.0f} jobs/s on {on}", flush=True)
    return found


class _Waiting:
    """In the place of a worker's process: it answers a second later, and computes nothing."""

    death = ""

    def __init__(self, threads: int) -> None:
        self.begun = time.monotonic()
        self.pipe, self._theirs = Pipe()

    def give(self, work: Any, argument: Any) -> None:
        timer = threading.Timer(1.0, self._theirs.send, [argument])
        timer.daemon = True
        timer.start()

    def take(self) -> Any:
        result = self.pipe.recv()
        return SimpleNamespace(value=lambda: result)

    def dismiss(self) -> None:
        self.pipe.close()

    kill = dismiss


def waiting(workers: int, jobs: int) -> dict[str, float]:
    """Jobs a second that so many workers do which each wait for a second."""
    threading.stack_size(2**18)
    with mock.patch("tunelet.scale._local._Process", _Waiting), workers_at(Place.of("local", workers)) as many:
        seconds = timed(lambda: list(many.map(nothing, [Job(str(number), number) for number in range(jobs)])))
    print(f"{workers:,} workers that wait: {jobs / seconds:,.0f} jobs/s")
    return {"workers": workers, "jobs": jobs, "per_second": jobs / seconds}


def exchange(jobs: int = 200) -> dict[str, float]:
    """Seconds to send the trained parameters of MiniLM to a worker and to get as many gradients back."""
    parameters = 443_138  # LoRA r = 8 on the linear layers of five layers, and the head
    array = np.zeros(parameters, dtype=np.float32)
    with workers_at(Place.of("local", 2)) as workers:
        list(workers.map(echo, [Job("warm", array)] * 8))
        seconds = timed(lambda: list(workers.map(echo, [Job("parameters", array)] * jobs))) / jobs
    print(f"{parameters:,} parameters there and back: {seconds * 1000:.2f} ms")
    return {"parameters": parameters, "seconds": seconds}


def manifest(folder: Path, parts: int) -> dict[str, float]:
    """A manifest of so many parts, and as many records as a hundredth of them read from files."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    one = PartRecord(
        source="/data/in/part-000000000.parquet", output="part-000000000.parquet", bytes=1, modified_ns=1,
        job="0" * 64, sha256="0" * 64, rows=1000, n=1000, empty=0, unsure=0,
    )  # fmt: skip
    few = parts // 100
    files = folder / "records"
    files.mkdir()
    content = one.model_dump_json()
    writing = timed(lambda: [(files / f"{number}.json").write_text(content) for number in range(few)])
    reading = timed(
        lambda: [PartRecord.model_validate_json((files / f"{number}.json").read_text()) for number in range(few)]
    )
    begun = time.monotonic()
    records = tuple(one.model_copy(update={"rows": number}) for number in range(parts))
    whole = PredictedFiles(
        run="run", output="out", parts=records, files=parts, rows=1, n=1, empty=0, unsure=0, resumed=0, seconds=1.0
    )
    path = folder / "manifest.json"
    path.write_text(whole.model_dump_json(indent=1))
    seconds = time.monotonic() - begun
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    size = path.stat().st_size
    print(f"a manifest of {parts:,} parts: {seconds:.1f} s, {size / 2**20:.0f} MiB, {memory / 2**30:.2f} GiB of memory")
    return {
        "parts": parts, "seconds": seconds, "bytes": size, "memory_bytes": memory,
        "records_written_per_second": few / writing, "records_read_per_second": few / reading,
    }  # fmt: skip


def table(title: str, rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; the first row is its head."""
    head, *body = rows
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *(f"| {' | '.join(row)} |" for row in body)]
    return f"{title}\n\n" + "\n".join(lines) + "\n"


def words(seconds: float) -> str:
    """Seconds in the unit that people would name."""
    for unit, size in (("years", 365.25 * 86400), ("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:,.0f} s"


def write_up(found: dict[str, Any]) -> str:
    """The section of the page."""
    cores = str(max(map(int, found["seeds"]["seconds"])))
    gains = []
    for name, what in (("seeds", "trainings of seeds"), ("scoring", "scoring of files")):
        one, many = (statistics.median(found[name]["seconds"][workers]) for workers in ("1", cores))
        gains.append((what, f"{one:.1f} s", f"{many:.1f} s", f"{one / many:.2f}"))
    alone, together = (statistics.median(found["one"]["tokens_per_second"][workers]) for workers in ("1", cores))
    gains.append(
        (
            "one training, batches of 64",
            f"{alone:,.0f} tokens/s",
            f"{together:,.0f} tokens/s",
            f"{together / alone:.2f}",
        )
    )
    seed = statistics.median(found["seeds"]["seconds"][cores]) * int(cores) / found["seeds"]["number"]
    text = statistics.median(found["scoring"]["seconds"][cores]) * int(cores) / found["scoring"]["number"]
    load = found["scoring"]["load"]
    rows = [("workers of one core", "1e9 texts scored", "core-hours", "1,000 seeds trained", "core-hours")]
    for workers in MACHINES:
        scored, trained = 1e9 * text / workers + load, -(-1000 // workers) * seed
        rows.append(
            (
                f"{workers:,}", words(scored), f"{(1e9 * text + load * workers) / 3600:,.0f}", words(trained),
                f"{1000 * seed / 3600:,.0f}",
            )
        )  # fmt: skip
    sheet, rates = found["manifest"], found["dispatch"]
    return "\n".join(
        [
            environment_line(found, commits=found["commits"].values()),
            "",
            table(
                f"{found['seeds']['number']} seeds and {found['scoring']['number']:,} texts in 8 files, medians of "
                f"{found['turns']}:",
                [("", "one process, all threads", f"{cores} workers of one thread", "gain"), *gains],
            ),
            table(
                "Reckoned from the workers' core-seconds: "
                f"{text * 1000:.2f} ms a text, {seed:.0f} s a seed (40 steps on the sample):",
                rows,
            ),
            trained_on(found, together / int(cores)),
            reckoned(found["expected"], cores),
            (
                f"Jobs that do nothing: {rates['local']:,.0f} a second on local workers, {rates['ray']:,.0f} on Ray; "
                f"{found['waiting']['workers']:,} local workers that wait for a second at each job do "
                f"{found['waiting']['per_second']:,.0f} a second. "
                f"A manifest of {sheet['parts']:,} parts takes {sheet['seconds']:.0f} s, "
                f"{sheet['bytes'] / 2**20:,.0f} MiB on disk and {sheet['memory_bytes'] / 2**30:.1f} GiB of memory; "
                f"records are written at {sheet['records_written_per_second']:,.0f} and read at "
                f"{sheet['records_read_per_second']:,.0f} a second."
            ),
            "",
        ]
    )


def trained_on(found: dict[str, Any], rate: float) -> str:
    """The table of one training on 1e8 texts, at so many tokens a second and core."""
    steps, exchanged = 1e8 / BATCH, found["exchange"]["seconds"]
    rows = [("workers of one core", "a step's gradients", "its exchange", "1e8 texts once", "core-hours")]
    for workers in MACHINES:
        computing, exchanging = BATCH * TOKENS / rate / workers, exchanged * workers
        seconds = steps * (computing + exchanging)
        hours = f"{seconds * workers / 3600:,.0f}"
        rows.append((f"{workers:,}", f"{computing:.2f} s", f"{exchanging:.2f} s", words(seconds), hours))
    return table(
        f"One training, MiniLM on texts of {TOKENS} tokens in batches of {BATCH:,}, reckoned from {rate:,.0f} tokens/s "
        f"a core and {exchanged * 1000:.1f} ms to send {found['exchange']['parameters']:,} parameters to a worker and "
        "get their gradients back, one worker after the other:",
        rows,
    )


def reckoned(found: dict[str, Any], cores: str) -> str:
    """The table of what was said before the start, and what it took."""
    rows = [("", "expected", "took")]
    for name, what in (("seeds", "trainings of seeds"), ("scoring", "scoring of files"), ("one", "one training")):
        each = [", ".join(f"{line[part]:.1f}" for line in found[name]) for part in ("expected", "took")]
        rows.append((what, *(f"{seconds} s" for seconds in each)))
    return table(f"What {cores} workers said before the start, and what it took from then on, each time:", rows)


def page(found: dict[str, Any]) -> None:
    """Put the section into the page."""
    put_section(PAGE, BEGIN, END, write_up(found))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--texts", type=int, default=6000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--manifest", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--only", type=lambda value: value.split(","))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.page:
        page(json.loads(asked.out.read_text(encoding="utf-8")))
        return
    known = json.loads(asked.out.read_text(encoding="utf-8")) if asked.only and asked.out.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "seeds": lambda: seeds(folder, asked.seeds, asked.turns),
            "one": lambda: one_training(folder, asked.turns),
            "exchange": exchange,
            "scoring": lambda: scoring(folder, asked.texts, asked.turns),
            "expected": lambda: expected(folder / "expected", asked.seeds, asked.texts, asked.turns),
            "waiting": lambda: waiting(1000, 5000),
            "dispatch": lambda: dispatch(asked.jobs),
            "manifest": lambda: manifest(folder, asked.manifest),
        }
        (folder / "expected").mkdir()
        for part in asked.only or parts:
            record = environment_and_commit()
            commits = known.get("commits", {}) | {part: record["commit"]}
            known |= record | {"turns": asked.turns, part: parts[part](), "commits": commits}
            asked.out.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
