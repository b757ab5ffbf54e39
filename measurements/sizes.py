"""Many rows read, audited, split and tokenised: peak memory at several sizes, the rates, and a SIGKILL in the middle.

    python measurements/sizes.py [--rows 250000 1000000 2000000] [--forms jsonl parquet] [--form-rows 250000]
    python measurements/sizes.py --only sizes      # or forms, or killed; what was measured before stays
    python measurements/sizes.py --page

The texts are five to nine sentences of the reviews that ship with the package, some 500 characters, drawn anew for each
row; of a hundred rows one repeats an earlier text and one nearly does. The file has two further columns. Each job is a
process of its own, whose memory is the peak that the system reports: `tunelet audit FILE`, and the preparation of
`tunelet train`, which reads, splits and tokenises for MiniLM. The largest file is prepared twice more, with an empty
cache: a first process is ended by SIGKILL once half of the texts are tokenised, a second one goes on. --page writes the
section of docs/data.md from the JSON file.
"""

import argparse
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from measured import environment_and_commit, environment_line, peak_memory, put_section

import tunelet

_OUT = Path(__file__).with_name("sizes.json")
_PAGE = Path(__file__).parent.parent / "docs" / "data.md"
_BEGIN, _END = "<!-- sizes: written by measurements/sizes.py -->\n", "<!-- end of sizes -->\n"
_COLUMNS = ("id", "text", "label", "shop")
_LABELS, _SHOPS = ("good", "bad", "mixed", "none"), ("north", "south", "west")
_AT_ONCE = 100_000  # rows of a group of rows in Parquet
_MAX_LENGTH = 128  # tokens


def rows(count: int) -> Iterator[tuple[str, str, str, str]]:
    """So many rows, the same for the same count."""
    draw = random.Random(1)
    reviews = [text for examples in tunelet.read("sample").splits.values() for text in examples.texts]
    sentences = sorted({sentence for text in reviews for sentence in re.split(r"(?<=[.!?])\s+", text)})
    earlier = ""
    for row in range(count):
        text = " ".join(draw.choices(sentences, k=draw.randint(5, 9)))
        if row % 100 == 50:
            earlier = text
        elif row % 100 == 98:
            text = earlier
        elif row % 100 == 99:
            text = f"{earlier} Really."
        yield f"{row:09}", text, draw.choice(_LABELS), draw.choice(_SHOPS)


def write_table(path: Path, count: int) -> None:
    """A file of so many rows, in the form that its name says."""
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetWriter(path, pa.schema([(name, pa.string()) for name in _COLUMNS])) as writer:
            left = rows(count)
            while some := [row for row, _ in zip(left, range(_AT_ONCE), strict=False)]:
                writer.write_table(pa.table(dict(zip(_COLUMNS, map(list, zip(*some, strict=True)), strict=True))))
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(dict(zip(_COLUMNS, row, strict=True))) + "\n" for row in rows(count))
        else:
            writer_of_rows = csv.writer(file)
            writer_of_rows.writerow(_COLUMNS)
            writer_of_rows.writerows(rows(count))


def prepare(path: Path) -> None:
    """What a training does before its first step, each step as a line of JSON: its seconds, the peak of memory so far.

    Each part that is tokenised, or found in the cache, is a line of its number of texts on stderr.
    """
    from tunelet._cache import cache_folder
    from tunelet.checkpoint import find_checkpoint
    from tunelet.data import prepare as split
    from tunelet.data import read, tokenise
    from tunelet.model import load_tokenizer

    def step(name: str, work: Callable[[], Any]) -> Any:
        begin = time.monotonic()
        done = work()
        print(
            json.dumps({"step": name, "seconds": time.monotonic() - begin, "peak": peak_memory(os.getpid())}),
            flush=True,
        )
        return done

    def advance(texts: int) -> None:
        print(texts, file=sys.stderr, flush=True)

    reading = step("read", lambda: read(path))
    options: dict[str, Any] = {"limit": None, "balanced": False, "validation_size": 0.1, "seed": 1}
    prepared = step("split", lambda: split(reading, drop_duplicates=True, **options))
    tokenizer = load_tokenizer(find_checkpoint("minilm").path)
    for name, part in (("train", prepared.train), ("validation", prepared.validation)):
        step(
            f"tokenise {name}",
            lambda part=part: tokenise(
                part.texts, tokenizer, max_length=_MAX_LENGTH, cache=cache_folder(), advance=advance
            ),
        )
    counts = {"train": len(prepared.train), "validation": len(prepared.validation), "dropped": dict(prepared.dropped)}
    print(json.dumps(counts))


def job(arguments: Sequence[str], cache: Path, kill_after: int | None = None) -> dict[str, Any]:
    """A process with a cache of its own, watched to its end.

    Args:
        arguments: of Python.
        cache: the folder of the cache.
        kill_after: texts on stderr after which it gets SIGKILL; None: it is left alone.
    """
    begin, peak, texts = time.monotonic(), 0, 0
    with tempfile.TemporaryFile("w+") as printed, tempfile.NamedTemporaryFile("r") as said:
        with (
            Path(said.name).open("w", encoding="utf-8") as stderr,
            subprocess.Popen(
                [sys.executable, *arguments],
                stdout=printed, stderr=stderr, env=os.environ | {"TUNELET_CACHE": str(cache)},
            ) as process,
        ):  # fmt: skip
            while process.poll() is None:
                peak = max(peak, peak_memory(process.pid))
                texts = sum(int(line) for line in Path(said.name).read_text().splitlines() if line.isdecimal())
                if kill_after is not None and texts >= kill_after:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                time.sleep(0.05)
        if process.returncode and kill_after is None:
            raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}: {said.read()[-2000:]}")
        printed.seek(0)
        lines = printed.read().splitlines()
    return {"seconds": time.monotonic() - begin, "peak": peak, "texts": texts, "printed": list(map(json.loads, lines))}


def one_size(folder: Path, form: str, count: int) -> dict[str, Any]:
    """An audit and a preparation of a file of so many rows."""
    source = folder / f"{count}.{form}"
    write_table(source, count)
    audited = job(["-m", "tunelet", "audit", str(source), "--json"], folder / f"cache-{form}-{count}-audit")
    prepared = job([__file__, "--prepare", str(source)], folder / f"cache-{form}-{count}")
    *steps, counts = prepared["printed"]
    (record,) = audited["printed"]
    found = {
        "form": form, "rows": count, "bytes": source.stat().st_size,
        "audit": {"seconds": audited["seconds"], "peak_memory_bytes": audited["peak"]}
        | {"repeats": record["copies"]["exact"], "near": record["copies"]["near"]},
        "preparation": {"seconds": prepared["seconds"], "peak_memory_bytes": prepared["peak"], "steps": steps} | counts,
    }  # fmt: skip
    print(json.dumps(found), file=sys.stderr)
    source.unlink()
    return found


def killed(folder: Path, count: int) -> dict[str, Any]:
    """A preparation that is killed once half of its texts are tokenised, and one that goes on."""
    source, cache = folder / "killed.csv", folder / "cache-killed"
    write_table(source, count)
    first = job([__file__, "--prepare", str(source)], cache, kill_after=count // 2)
    second = job([__file__, "--prepare", str(source)], cache)
    steps = {step["step"]: step["seconds"] for step in second["printed"] if "step" in step}
    found = {
        "rows": count, "killed_after_texts": first["texts"], "killed_after_seconds": first["seconds"],
        "second_seconds": second["seconds"], "second_tokenise_seconds": steps["tokenise train"],
        "second_peak_memory_bytes": second["peak"],
    }  # fmt: skip
    print(json.dumps(found), file=sys.stderr)
    return found


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All of it, or only a part."""
    found: dict[str, Any] = environment_and_commit()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        if arguments.only in (None, "sizes"):
            found["sizes"] = [one_size(folder, "csv", count) for count in arguments.rows]
        if arguments.only in (None, "forms"):
            found["forms"] = [one_size(folder, form, arguments.form_rows) for form in arguments.forms]
        if arguments.only in (None, "killed"):
            found["killed"] = killed(folder, arguments.killed_rows or max(arguments.rows))
    return found


def section(found: dict[str, Any]) -> str:
    """The part of docs/data.md that figures fill."""
    lines = [
        "| rows | file | `tunelet audit`: peak memory | rows/s | until training: peak memory | rows/s |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for size in (*found["sizes"], *found.get("forms", ())):
        cells = [f"{size['rows']:,}", f"{size['bytes'] / 1e6:,.0f} MB {size['form']}"]
        for work in ("audit", "preparation"):
            cells.append(f"{size[work]['peak_memory_bytes'] / 2**20:,.0f} MiB")
            cells.append(f"{size['rows'] / size[work]['seconds']:,.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    if again := found.get("killed"):
        said = (
            f"A preparation of {again['rows']:,} rows that was ended by SIGKILL after "
            f"{again['killed_after_seconds']:,.0f} s, with {again['killed_after_texts']:,} texts tokenised, was done "
            f"{again['second_seconds']:,.0f} s after it was started again."
        )
        lines += ["", said]
    return "\n".join([*lines, "", environment_line(found)]) + "\n"


def write_page(found: dict[str, Any], page: Path = _PAGE) -> None:
    """Put the section in its place."""
    put_section(page, _BEGIN, _END, f"\n{section(found)}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=[250_000, 1_000_000, 2_000_000], help="of CSV files")
    parser.add_argument("--forms", nargs="+", default=["jsonl", "parquet"], help="other forms of a file")
    parser.add_argument("--form-rows", type=int, default=250_000, help="rows of these")
    parser.add_argument("--killed-rows", type=int, help="rows of the killed preparation; default: the most of --rows")
    parser.add_argument("--only", choices=["sizes", "forms", "killed"], help="measure only this; the rest stays")
    parser.add_argument("--folder", type=Path, help="where the files are made; default: the system's temporary folder")
    parser.add_argument("--out", type=Path, default=_OUT, help="JSON file of the measurement")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the section of docs/data.md")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.prepare:
        prepare(arguments.prepare)
        return
    if arguments.page:
        write_page(json.loads(arguments.out.read_text(encoding="utf-8")))
        return
    kept = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.only and arguments.out.exists() else {}
    arguments.out.write_text(json.dumps(kept | measure(arguments), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
