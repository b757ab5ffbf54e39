"""`tunelet predict --input` on many short texts: memory at two sizes, and the rate beside transformers' pipeline.

    python measurements/bulk.py [--sizes 100000 1000000] [--rival-texts 20000] [--turns 3] [--run RUN] [--out FILE]
    python measurements/bulk.py --only sizes     # memory: any machine; --only rival: rates, on a quiet one
    python measurements/bulk.py --page

The texts are runs of 8 to 40 words of the reviews that ship with the package, in a CSV file with three other columns.
Each size is a process of its own, as it is typed; its memory is the peak that the system reports. The question there
is whether rows need memory, so the run reads MiniLM after its first layer, six times as fast. Then a run of all layers,
as `tunelet.export` merges it, classifies texts through `pipeline("text-classification")`: batch size, order and
precision are tried on some of the texts, and the fastest goes against `tunelet predict` in turns. --page writes the
section of docs/prediction.md from the JSON file.
"""

import argparse
import csv
import json
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from measured import environment_and_commit, environment_line, peak_memory, put_section

import tunelet

_OUT = Path(__file__).with_name("bulk.json")
_PAGE = Path(__file__).parent.parent / "docs" / "prediction.md"
_BEGIN, _END = "<!-- bulk: written by measurements/bulk.py -->\n", "<!-- end of bulk -->\n"
_BATCHES, _ORDERS, _PRECISIONS = (1, 8, 32, 128), ("as they come", "by length"), ("float32", "bfloat16")
_LONGEST = 512  # tokens


def texts(count: int) -> Iterator[str]:
    """So many short texts, the same for the same count."""
    draw = random.Random(1)
    words = [text.split() for examples in tunelet.read("sample").splits.values() for text in examples.texts]
    for _ in range(count):
        review = draw.choice(words)
        length = draw.randint(8, 40)
        begin = draw.randrange(max(1, len(review) - length))
        yield " ".join(review[begin : begin + length])


def write_table(path: Path, count: int) -> None:
    """A CSV file of so many texts with three other columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "source", "price"])
        writer.writerows([f"{row:09}", text, 'a "quoted", cell', "1.50"] for row, text in enumerate(texts(count)))


def predict(run: Path, source: Path, output: Path) -> dict[str, Any]:
    """`tunelet predict` in a process of its own: what it printed, its seconds from start to end, its peak of memory."""
    command = [sys.executable, "-m", "tunelet", "predict", str(run), "--input", str(source), "--output", str(output)]
    begin, peak = time.monotonic(), 0
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.05)
        printed = process.stdout.read() if process.stdout else ""
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    found = json.loads(printed)
    return {
        "texts": found["n"], "process_seconds": time.monotonic() - begin, "seconds": found["seconds"],
        "texts_per_second": found["texts_per_second"], "peak_memory_bytes": peak,
        "input_bytes": source.stat().st_size,
    }  # fmt: skip


def pipeline_turn(folder: str, listed: list[str], batch: int, order: str, precision: str) -> tuple[float, list[float]]:
    """Seconds in which the pipeline classifies texts, and the probability that it gives the second label of each."""
    import torch
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    run = pipeline("text-classification", model=folder, dtype=getattr(torch, precision), device="cpu")
    second = run.model.config.id2label[1]
    run(listed[:8], truncation=True, max_length=_LONGEST, top_k=None)  # what is made on first use is not counted
    begin = time.monotonic()
    rows = list(range(len(listed)))
    if order == "by length":
        rows.sort(key=lambda row: -len(listed[row]))
    results = run([listed[row] for row in rows], batch_size=batch, truncation=True, max_length=_LONGEST, top_k=None)
    seconds = time.monotonic() - begin
    scores = [0.0] * len(listed)
    for row, result in zip(rows, results, strict=True):
        scores[row] = next(entry["score"] for entry in result if entry["label"] == second)
    return seconds, scores


def in_its_own_process(*arguments: Any) -> tuple[float, list[float]]:
    """`pipeline_turn` in a process that has done nothing else."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(pipeline_turn, *arguments).result()


def compare(run: tunelet.Run, folder: Path, count: int, tried: int, turns: int) -> dict[str, Any]:
    """The fastest of the pipeline's settings against `tunelet predict`, in turns, on the same texts."""
    merged, listed = folder / "merged", list(texts(count))
    tunelet.export(run, to="merged", out=merged, check={"text": listed[:500]})
    trials = []
    for batch, order, precision in product(_BATCHES, _ORDERS, _PRECISIONS):
        if batch == 1 and order != _ORDERS[0]:
            continue  # the order of single texts decides nothing
        seconds, _ = in_its_own_process(str(merged), listed[:tried], batch, order, precision)
        trials.append({"batch": batch, "order": order, "precision": precision, "texts_per_second": tried / seconds})
        print(trials[-1], file=sys.stderr)
    best = max(trials, key=lambda trial: trial["texts_per_second"])
    source = folder / "rival.csv"
    write_table(source, count)
    arms: dict[str, list[float]] = {"pipeline": [], "tunelet": []}
    apart = 0.0
    for turn in range(turns):
        seconds, scores = in_its_own_process(str(merged), listed, best["batch"], best["order"], best["precision"])
        arms["pipeline"].append(count / seconds)
        output = folder / f"turn-{turn}.csv"
        arms["tunelet"].append(predict(run.path, source, output)["texts_per_second"])
        with output.open(newline="", encoding="utf-8") as file:
            own = [float(row[f"probability_{run.label_names[1]}"]) for row in csv.DictReader(file)]
        apart = max(abs(one - other) for one, other in zip(own, scores, strict=True))
    return {"texts": count, "tried_on": tried, "trials": trials, "best": best, "turns": arms, "apart_by": apart}


def section(found: dict[str, Any]) -> str:
    """The part of docs/prediction.md that figures fill."""
    lines = [
        "| texts | file | peak memory of the process |",
        "| ---: | ---: | ---: |",
    ]
    lines += [
        f"| {size['texts']:,} | {size['input_bytes'] / 1e6:,.0f} MB | {size['peak_memory_bytes'] / 2**20:,.0f} MiB |"
        for size in found["sizes"]["files"]
    ]
    lines += ["", "By a run that reads MiniLM after its first layer.", "", environment_line(found["sizes"])]
    rival = found["rival"]
    best, turns = rival["best"], rival["turns"]
    own, other = (statistics.median(turns[name]) for name in ("tunelet", "pipeline"))
    compared = (
        f"On {rival['texts']:,} of these texts, in {len(turns['tunelet'])} turns, `tunelet predict` classifies "
        f'{own:,.0f} texts/s from file to file, and `pipeline("text-classification")` on the merged export '
        f"{other:,.0f} texts/s from a list in memory, in the fastest of {len(rival['trials'])} settings that were "
        f"tried on {rival['tried_on']:,} texts (batches of {best['batch']}, {best['order']}, {best['precision']}): "
        f"{own / other:.1f} times as many. The probabilities differ by at most {rival['apart_by']:.1g}."
    )
    lines += ["", compared, "", environment_line(rival)]
    return "\n".join(lines) + "\n"


def write_page(found: dict[str, Any], page: Path = _PAGE) -> None:
    """Put the section in its place."""
    put_section(page, _BEGIN, _END, f"\n{section(found)}\n")


def trained(out: Path, *, layers: int) -> tunelet.Run:
    """A run of so many layers of MiniLM, 0: all, on the sample. How well it classifies does not matter here."""
    settings = {
        "evaluation.baseline": False, "data.validation": "held-out", "model.layers": layers,
        "model.pooling": "first", "training.probe": False,  # or no class of transformers has the head
    }  # fmt: skip
    return tunelet.train("sample", model="minilm", epochs=1, settings=settings, out=out, quiet=True)


def measure(
    sizes: Sequence[int], rival_texts: int, tried: int, turns: int, path: Path | None, only: str | None
) -> dict[str, Any]:
    """All of it, or only "sizes" or "rival", with runs that are trained for it where none is given."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found: dict[str, Any] = {}
        if only != "rival":
            found["sizes"] = {**environment_and_commit(), "files": []}
            run = trained(folder / "shallow", layers=1) if path is None else tunelet.Run.load(path)
            for size in sizes:
                source = folder / f"{size}.csv"
                write_table(source, size)
                found["sizes"]["files"].append(predict(run.path, source, folder / f"{size}-answers.csv"))
                print(found["sizes"]["files"][-1], file=sys.stderr)
        if only != "sizes":
            run = trained(folder / "run", layers=0) if path is None else tunelet.Run.load(path)
            if run.summary.blend:
                raise SystemExit(f"{path} adds TF-IDF to its logits, which the pipeline cannot: name another run")
            found["rival"] = environment_and_commit() | compare(run, folder, rival_texts, tried, turns)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[100_000, 1_000_000], help="texts of the files")
    parser.add_argument("--rival-texts", type=int, default=20_000, help="texts that both classify")
    parser.add_argument("--tried", type=int, default=1_000, help="texts that the pipeline's settings are tried on")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", choices=["sizes", "rival"], help="measure only this; the rest stays as it was")
    parser.add_argument("--run", type=Path, help="a finished run; default: one of MiniLM on the sample")
    parser.add_argument("--out", type=Path, default=_OUT, help="JSON file of the measurement")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the section of docs/prediction.md")
    arguments = parser.parse_args()
    if arguments.page:
        write_page(json.loads(arguments.out.read_text(encoding="utf-8")))
        return
    tried = min(arguments.tried, arguments.rival_texts)
    kept = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.only and arguments.out.exists() else {}
    found = measure(arguments.sizes, arguments.rival_texts, tried, arguments.turns, arguments.run, arguments.only)
    arguments.out.write_text(json.dumps(kept | found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
