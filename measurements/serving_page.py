"""The measured section of docs/serving.md, from serving.json."""

from pathlib import Path
from typing import Any

from measured import environment_line, put_section

_PAGE = Path(__file__).parents[1] / "docs" / "serving.md"
_BEGIN, _END = "<!-- measured: written by measurements/serving.py -->\n", "<!-- end of measured -->"
_NAMES = {
    "tunelet": "tunelet serve",
    "plain": "FastAPI with transformers' pipeline",
    "litserve": "LitServe with transformers' pipeline",
}


def write_page(document: dict[str, Any]) -> None:
    """Write the section between its marks."""
    put_section(_PAGE, _BEGIN, _END, f"\n{section(document)}\n")


def section(document: dict[str, Any]) -> str:
    """Rates of every arm, and what tunelet serve does under a load that is too much."""
    asked = (
        f"One text of {document['tokens']} tokens a request. The highest rate at which every request is answered and "
        f"99 % of them within {document['limit_ms']:.0f} ms of the moment that they were due, found by bisection with "
        f"{document['seconds']:.0f} s at each rate, and a second try where that failed; the client runs on "
        "the same cores."
    )
    lines = ["## How many requests a second", "", asked, ""]
    lines += ["| service | requests a second | p50, ms | p99, ms |", "| --- | ---: | ---: | ---: |"]
    lines += [_row(arm) for arm in document["arms"]]
    ours = next((arm for arm in document["arms"] if "overload" in arm), None)
    if ours is not None:
        lines += ["", _overload(ours, document["overload"])]
    return "\n".join([*lines, "", environment_line(document), ""])


def _row(arm: dict[str, Any]) -> str:
    options = " ".join(arm["options"]).replace("--", "")
    name = f"{_NAMES[arm['name']]}{f', {options}' if options else ''}"
    best = arm["best"]
    if best is None:
        return f"| {name} | less than 1 | | |"
    return f"| {name} | {best['rate']:.0f} | {best['p50_ms']:.0f} | {best['p99_ms']:.0f} |"


def _overload(arm: dict[str, Any], times: int) -> str:
    load, after = arm["overload"], arm["afterwards"]
    statuses = load["statuses"]
    answered, shed = statuses.get("200", 0), statuses.get("429", 0)
    before, later = (size / 2**20 for size in load["memory_bytes"])
    return (
        f"At {times} times that rate, {load['rate']:.0f} a second for {load['seconds']:.0f} s, tunelet serve answered "
        f"{answered:,} of {load['asked']:,} requests with 200 (p99 {_ms(load)}) and {shed:,} with 429; "
        f"{load['asked'] - answered - shed:,} ended otherwise. Its memory was at most {before:.0f} MiB in the first "
        f"half and {later:.0f} MiB in the second. At half the rate afterwards it answered "
        f"{after['statuses'].get('200', 0):,} of {after['asked']:,}, p99 {_ms(after)}."
    )


def _ms(figures: dict[str, Any]) -> str:
    return "undefined" if figures["p99_ms"] is None else f"{figures['p99_ms']:.0f} ms"
