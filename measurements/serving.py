"""How many requests a second a service answers in time, and what it does with five times as many: docs/serving.md.

    python measurements/serving.py [--seconds 20] [--run RUN] [--out FILE]

One text of 30 tokens a request. tunelet serve, FastAPI with transformers' pipeline, and LitServe in the settings below
take turns on this machine; the client runs on it, too, in a process of its own. The rate is found by bisection: the
highest at which every request is answered 200 and 99 % of them within 250 ms of the moment that they were due. A rate
that fails is tried once more, as a shared machine has bad moments. Then
tunelet serve gets five times its rate, and half of it afterwards. What lies in the file is measured anew.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from measured import environment_and_commit
from serving_page import write_page

import tunelet

_HERE = Path(__file__).parent
_OUT = _HERE / "serving.json"
_TOKENS, _TEXTS = 30, 1000
_LIMIT_MS = 250.0
_CLOSE = 1.05  # the bisection ends where the bounds are so close
_LOWEST, _HIGHEST = 1.0, 20_000.0  # requests per second
_OVERLOAD = 5
LITSERVE = tuple(
    ("--batch", str(batch), "--wait", str(wait), "--dtype", dtype)
    for batch, wait in ((1, 0.0), (8, 0.005), (32, 0.02))
    for dtype in ("float32", "bfloat16")
)
PLAIN = tuple(("--dtype", dtype) for dtype in ("float32", "bfloat16"))


def texts_of(run: tunelet.Run) -> list[str]:
    """Beginnings of reviews that have 30 tokens each, as the run's tokenizer counts them."""
    classifier = tunelet.Classifier.load(run)
    found: list[str] = []
    for review in tunelet.read("sample").splits["train"].texts:
        words = review.split()
        for begin in range(0, len(words) - _TOKENS, 5):
            lengths = [
                text.length for text in classifier.encode([" ".join(words[begin : begin + n]) for n in range(15, 30)])
            ]
            if _TOKENS in lengths:
                found.append(" ".join(words[begin : begin + 15 + lengths.index(_TOKENS)]))
        if len(found) >= _TEXTS:
            break
    return found[:_TEXTS]


@contextmanager
def started(command: Sequence[str], health: str, port: int, log: Path) -> Iterator[psutil.Process]:
    """A service in a process of its own, once it answers; its process tree ends with the block."""
    with log.open("w") as written:
        process = psutil.Popen([sys.executable, *command], stdout=written, stderr=written)
    try:
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"{' '.join(command)} ended: {log.read_text()[-500:]}")
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=5):
                break
            time.sleep(0.2)
        yield process
    finally:
        tree = [process, *process.children(recursive=True)]
        process.terminate()
        _, left = psutil.wait_procs(tree, timeout=30)
        for one in left:
            one.kill()


def load(url: str, bodies: Path, rate: float, seconds: float, process: psutil.Process | None = None) -> dict[str, Any]:
    """Figures of a load at a rate; with a process also the largest memory of its tree in each half of it."""
    client = subprocess.Popen(
        [
            sys.executable,
            str(_HERE / "serving_load.py"),
            url,
            str(bodies),
            "--rate",
            str(rate),
            "--seconds",
            str(seconds),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    memory: list[int] = []
    while client.poll() is None:
        if process is not None:
            memory.append(sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]))
        time.sleep(0.2)
    figures: dict[str, Any] = json.loads(client.communicate()[0])
    if memory:
        half = len(memory) // 2
        figures["memory_bytes"] = [max(memory[: half or 1]), max(memory[half:])]
    return figures


def keeps_up(figures: dict[str, Any]) -> bool:
    """Whether every request was answered, and 99 % in time."""
    return bool(set(figures["statuses"]) == {"200"} and figures["p99_ms"] <= _LIMIT_MS)


def highest_rate(loaded: Callable[[float], dict[str, Any]]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The figures at the highest rate that is kept up with, and all that were tried; None: not even one a second."""
    tried: list[dict[str, Any]] = []

    def passes(rate: float) -> bool:
        tried.append(loaded(rate))
        if not keeps_up(tried[-1]):
            tried.append(loaded(rate))
        return keeps_up(tried[-1])

    low, high = 0.0, 8.0
    while high < _HIGHEST and passes(high):
        low, high = high, 2 * high
    while high > _LOWEST and high > low * _CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if passes(middle) else (low, middle)
    kept = [figures for figures in tried if keeps_up(figures)]
    return max(kept, key=lambda figures: figures["rate"], default=None), tried


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def measure(run: Path, folder: Path, seconds: float, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Each arm in turn."""
    tunelet.export(run, to="merged", out=folder / "merged")
    texts = texts_of(tunelet.Run.load(run))
    bodies = {name: folder / f"{name}.jsonl" for name in ("texts", "text")}
    for name, file in bodies.items():
        file.write_text("".join(json.dumps({name: text}) + "\n" for text in texts), encoding="utf-8")
    model = str(folder / "merged")
    arms = [("tunelet", "-m", ("tunelet", "serve", str(run), "--port"), ())]
    arms += [("plain", str(_HERE / "serving_plain.py"), (model,), options) for options in PLAIN]
    arms += [("litserve", str(_HERE / "serving_litserve.py"), (model,), options) for options in LITSERVE]
    for name, program, first, options in arms:
        port = free_port()
        ours = name == "tunelet"
        url = f"http://127.0.0.1:{port}{'/v1/predict' if ours else '/predict'}"
        file = bodies["texts" if ours else "text"]
        command = [program, *first, str(port), *options]
        with started(command, "/healthz" if ours else "/health", port, folder / "log") as process:
            best, tried = highest_rate(lambda rate, url=url, file=file: load(url, file, rate, seconds))
            say(f"{name} {' '.join(options)}: {best and best['rate']} a second")
            arm = {"name": name, "options": list(options), "best": best, "tried": tried}
            if ours and best is not None:
                rate = best["rate"]
                arm["overload"] = load(url, file, _OVERLOAD * rate, seconds, process)
                arm["afterwards"] = load(url, file, rate / 2, seconds, process)
        yield arm


def trained(out: Path) -> Path:
    """A run that transformers' own classes can hold: one linear head on first tokens, and no TF-IDF.

    How well it classifies does not matter here.
    """
    settings = {
        "evaluation.baseline": False, "data.validation": "held-out", "model.pooling": "first", "training.probe": False,
    }  # fmt: skip
    run = tunelet.train("sample", model="minilm", limit=200, epochs=1, settings=settings, out=out, quiet=True)
    return run.path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="run without TF-IDF; default: MiniLM, trained on the sample")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each trial")
    parser.add_argument("--out", type=Path, default=_OUT, help="JSON file of the measurement")
    parser.add_argument("--page-only", action="store_true", help="write the section of the page from the file")
    arguments = parser.parse_args()
    if not arguments.page_only:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            run = arguments.run or trained(folder / "run")
            arms = list(measure(run, folder, arguments.seconds, lambda line: print(line, file=sys.stderr, flush=True)))
        document = {
            "seconds": arguments.seconds, "tokens": _TOKENS, "limit_ms": _LIMIT_MS, "overload": _OVERLOAD,
            **environment_and_commit(), "arms": arms,
        }  # fmt: skip
        arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if arguments.out.resolve() == _OUT.resolve():
        write_page(json.loads(_OUT.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
