"""What an audit finds in IMDb reviews, and how long it takes: figures for docs/audit.md.

    python measurements/audit.py [../shared/imdb] [--out measurements/audit.json] [--only official] [--only planted] ...

Parts: `official` (the copies of the official split), `planted` (copies of three kinds at 1, 5 and 10 %), `labels` (5 %
wrong labels in 2,000 reviews), `ratings` (the same of ratings), `several` (the same of texts with several labels),
`index` (what the library's own index of copies would take), `cpu` (processor seconds of the whole command on some
thousand reviews), `time` (100,000 reviews, the whole command). What was measured before and is not asked for again is
kept in the JSON file. Time wants a quiet machine; processor seconds want one less.
"""

import argparse
import json
import os
import random
import re
import resource
import statistics
import string
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measured import environment_and_commit, environment_line, put_section

from tunelet.audit import Part, audit, suspects
from tunelet.data import Examples, duplicate_groups, find_copies, label_space, read, words_of

ROOT = Path(__file__).parents[1]
_PAGE = ROOT / "docs" / "audit.md"
_BEGIN, _END = "<!-- written by measurements/audit.py -->\n", "<!-- end -->\n"
_OFFICIAL = 25_000  # test reviews in all
_SHARES = (0.01, 0.05, 0.1)
_KINDS = ("exact", "normalised", "near")
_SENTENCE = "I saw it twice and would not see it again."


def official(folder: Path) -> dict[str, Any]:
    """The official split as it is: copies within training, and training texts that are test texts, too."""
    record = audit(str(folder / "train.parquet"), test=str(folder / "test.parquet"), label="label").record
    overlap = next(each for each in record.overlaps if each.part == "train")
    written = pq.read_table(folder / "train.parquet", columns=["text"]).column("text").to_pylist()
    return {
        "repeats_as_written": len(written) - len(set(written)),
        "texts": {name: part.rows for name, part in record.parts.items()},
        "repeats": {kind: getattr(record.copies, kind) for kind in _KINDS},
        "contradicting": record.copies.contradicting,
        "overlap": {kind: getattr(overlap, kind) for kind in _KINDS},
    }


def planted(folder: Path, texts: int = 10_000, seed: int = 1) -> list[dict[str, Any]]:
    """Recall and precision of copies planted in reviews of which none is a copy of another."""
    distinct = _distinct(read(str(folder / "train.parquet"), label="label").splits["train"].texts)[:texts]
    rows = []
    for share in _SHARES:
        for kind in _KINDS:
            chance = random.Random(f"{seed} {share} {kind}")
            sources = chance.sample(range(len(distinct)), round(share * len(distinct)))
            copies = [_copied(kind, distinct[row], chance) for row in sources]
            order = chance.sample(range(len(distinct) + len(copies)), len(distinct) + len(copies))
            everything = [*distinct, *copies]
            found = find_copies([everything[at] for at in order])
            place = {at: new for new, at in enumerate(order)}  # where each text came to lie
            pairs = {
                tuple(sorted((place[source], place[len(distinct) + number]))) for number, source in enumerate(sources)
            }
            groups: dict[int, list[int]] = {}
            for row, group in enumerate(found.groups.tolist()):
                groups.setdefault(group, []).append(row)
            flagged = {(members[0], row) for members in groups.values() for row in members[1:]}
            rows.append(
                {
                    "share": share,
                    "kind": kind,
                    "planted": len(pairs),
                    "recall": len(pairs & flagged) / len(pairs),
                    "precision": len(pairs & flagged) / len(flagged) if flagged else 1.0,
                }
            )
    return rows


def labels(folder: Path, seeds: Sequence[int] = (1, 2, 3, 4, 5)) -> list[dict[str, Any]]:
    """Share of 5 % wrong labels in 2,000 reviews that is among the first 200 suspects."""
    whole = read(str(folder / "train.parquet"), label="label").splits["train"]
    rows = []
    for seed in seeds:
        random_rows = np.random.default_rng(seed).permutation(len(whole))[:2000]
        examples = whole.take(random_rows)
        names = sorted(set(examples.labels))
        wrong = np.random.default_rng(seed + 100).permutation(2000)[:100].tolist()
        given = list(examples.labels)
        for row in wrong:
            given[row] = names[1 - names.index(given[row])]
        changed = Examples(examples.ids, examples.texts, tuple(given))
        found, record = suspects(Part.of("train", changed), duplicate_groups(changed.texts), seed=seed)
        first = set(found.ranked[:200].tolist())
        rows.append(
            {
                "seed": seed,
                "planted": len(wrong),
                "in_first_200": len(first & set(wrong)),
                "suspected": record.found,
                "planted_suspected": int(found.suspected[wrong].sum()),
                "accuracy": record.accuracy,
            }
        )
    return rows


def ratings(folder: Path, seeds: Sequence[int] = (1, 2, 3, 4, 5)) -> list[dict[str, Any]]:
    """Share of 5 % wrong ratings in 2,000 reviews, each as far on the other side, among the first 200 suspects."""
    whole = read(str(folder / "train.parquet"), label="rating", task="ordinal").splits["train"]
    rows = []
    for seed in seeds:
        examples = whole.take(np.random.default_rng(seed).permutation(len(whole))[:2000])
        wrong = np.random.default_rng(seed + 100).permutation(2000)[:100].tolist()
        given = list(examples.labels)
        for row in wrong:
            given[row] = str(11 - int(given[row]))
        changed = Examples(examples.ids, examples.texts, tuple(given))
        rows.append({"seed": seed, **_found(changed, wrong, seed, "ordinal")})
    return rows


def several(folder: Path, seeds: Sequence[int] = (1, 2, 3)) -> list[dict[str, Any]]:
    """Share of wrong labels in 10,000 comments of 28 labels, 5 % of them with one label for another."""
    whole = read(str(folder.parent / "sets" / "goemotions"), task="multilabel").splits["train"]
    space = label_space("multilabel", separator=";").with_names(whole.labels)
    rows = []
    for seed in seeds:
        chance = np.random.default_rng(seed)
        examples = whole.take(chance.permutation(len(whole))[:10_000])
        wrong = chance.permutation(len(examples))[: len(examples) // 20].tolist()
        given = list(examples.labels)
        for row in wrong:
            own = set(space.parts(given[row]))
            gone = {str(chance.choice(sorted(own)))} if own else set()
            given[row] = space.of_parts((own - gone) | {str(chance.choice(sorted(set(space.names) - own)))})
        changed = Examples(examples.ids, examples.texts, tuple(given))
        rows.append({"seed": seed, **_found(changed, wrong, seed, "multilabel", first=2 * len(wrong))})
    return rows


def _found(examples: Examples, wrong: list[int], seed: int, task: Any, first: int = 200) -> dict[str, Any]:
    space = label_space(task, separator=";" if task == "multilabel" else "")
    found, record = suspects(Part.of("train", examples), duplicate_groups(examples.texts), seed=seed, space=space)
    return {
        "texts": len(examples),
        "planted": len(wrong),
        "first": first,
        "in_first": len(set(wrong) & set(found.ranked[:first].tolist())),
        "suspected": record.found,
        "planted_suspected": int(found.suspected[wrong].sum()),
        "accuracy": record.accuracy,
    }


def index(folder: Path, texts: int = 1000) -> dict[str, Any]:
    """Memory and processor seconds a text of datasketch's own index, with the bands that we have."""
    from datasketch import MinHash, MinHashLSH

    reviews = read(str(folder / "train.parquet"), label="label").splits["train"].texts[:texts]
    shingled = []
    for text in reviews:
        words = words_of(text)
        shingled.append([" ".join(words[at : at + 3]).encode() for at in range(max(1, len(words) - 2))])
    sketches = MinHash.bulk(shingled, num_perm=128)
    tracemalloc.start()
    begin, lsh = time.process_time(), MinHashLSH(num_perm=128, params=(32, 4))
    for row, sketch in enumerate(sketches):
        lsh.insert(row, sketch)
    taken = time.process_time() - begin
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"texts": len(reviews), "bytes_a_text": held / len(reviews), "cpu_seconds_a_text": taken / len(reviews)}


def cpu(folder: Path, sizes: Sequence[int] = (20_000, 28_000)) -> dict[str, Any]:
    """Processor seconds of the whole command by the number of reviews, and what 100,000 take by the difference.

    Tokens are counted of 20,000 texts at most, so that fewer reviews would say nothing of very many.
    """
    used = {}
    for size in sizes:
        before = os.times()
        record = _command(folder, size)["record"]
        after = os.times()
        used[size] = after.children_user + after.children_system - before.children_user - before.children_system
        print("cpu", size, used[size], record["seconds"], flush=True)
    small, large = min(sizes), max(sizes)
    slope = (used[large] - used[small]) / (large - small)
    whole = used[large] + slope * (100_000 - large)
    return {"cpu_seconds": {str(size): value for size, value in used.items()}, "per_100000": whole}


def seconds(folder: Path) -> dict[str, Any]:
    """The whole command on 100,000 reviews: all of IMDb; those without a label get one at random."""
    return {name: value for name, value in _command(folder, 100_000).items() if name != "record"}


def _command(folder: Path, most: int) -> dict[str, Any]:
    texts: list[str] = []
    given: list[str] = []
    chance = random.Random(1)
    for name in ("train", "test", "unsup"):
        table = pq.read_table(folder / f"{name}.parquet")
        texts += table.column("text").to_pylist()
        known = table.column("label").to_pylist() if name != "unsup" else [None] * table.num_rows
        given += [str(label) if label in (0, 1) else chance.choice("01") for label in known]
    chosen = random.Random(2).sample(range(len(texts)), min(most, len(texts)))
    texts, given = [texts[row] for row in chosen], [given[row] for row in chosen]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "reviews.parquet"
        pq.write_table(pa.table({"text": texts, "label": given}), path)
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "tunelet", "audit", str(path), "--json"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        whole = time.monotonic() - begin
    record = json.loads(done.stdout)
    words = sum(len(text.split()) for text in texts) / len(texts)
    return {
        "record": record,
        "texts": len(texts),
        "mean_words": words,
        "seconds": whole,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,  # of the largest so far
        "audit_seconds": record["seconds"],
        "repeats": {kind: record["copies"][kind] for kind in _KINDS},
    }


def _distinct(texts: Sequence[str]) -> list[str]:
    groups = duplicate_groups(texts)
    sizes = np.bincount(groups, minlength=len(texts))
    return [text for row, text in enumerate(texts) if sizes[groups[row]] == 1]


def _copied(kind: str, text: str, chance: random.Random) -> str:
    if kind == "exact":
        return text
    if kind == "normalised":
        plain = re.sub(f"[{re.escape(string.punctuation)}]", "", text)
        return chance.choice((text.upper(), f"<p>{text}</p>", "  ".join(text.split(" ")), plain, f"{text} !!!"))
    return _edited(text, chance)


def _edited(text: str, chance: random.Random) -> str:
    """Of a hundred words one or two are dropped, misspelt and moved each; every second text gets a sentence."""
    words = text.split()
    for _ in range(max(1, round(0.015 * len(words)))):
        del words[chance.randrange(len(words))]
        at = chance.randrange(len(words))
        word = words[at]
        cut = chance.randrange(len(word))
        words[at] = word[:cut] + chance.choice(string.ascii_lowercase) + word[cut:]
        at = chance.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
    if chance.random() < 0.5:
        words.append(_SENTENCE)
    return " ".join(words)


def page(results: dict[str, Any]) -> str:
    """The section of the page, of the parts that were measured."""
    lines = ["## Measured", ""]
    if found := results.get("official"):
        repeats, overlap = found["repeats"], found["overlap"]
        picked = "" if found["texts"]["test"] == _OFFICIAL else ", which were picked to share no text with them"
        lines += [
            (
                f"The {found['texts']['train']:,} official training reviews of IMDb, and {found['texts']['test']:,} "
                f"official test reviews{picked}: "
                f"{found['repeats_as_written']} training reviews equal an earlier one to the last character, "
                f"{repeats['exact']} once markup is cleaned, {repeats['normalised']} more but for case, "
                f"markup or punctuation, {repeats['near']} are near copies; {overlap['exact']} training reviews are "
                f"also test reviews, {overlap['normalised']} and {overlap['near']} more in the two other ways."
            ),
            "",
        ]
    if found := results.get("planted"):
        lines += [
            "Copies planted in 10,000 reviews of which none is a copy of another. Near copies: of a hundred words one",
            "or two are dropped, misspelt and moved each, and to every second text a sentence is added.",
            "",
            "| planted | kind | recall | precision |",
            "| --- | --- | --- | --- |",
            *(
                f"| {100 * row['share']:g} % | {row['kind']} | {row['recall']:.4f} | {row['precision']:.4f} |"
                for row in found
            ),
            "",
        ]
    if found := results.get("labels"):
        first = [row["in_first_200"] for row in found]
        lines += [
            (
                f"Wrong labels, 5 % of 2,000 reviews, {len(found)} draws: of 100 of them {min(first)} to {max(first)} "
                f"(mean {statistics.mean(first):.0f}) are among the first 200 suspects. The models are right for "
                f"{100 * statistics.mean(row['accuracy'] for row in found):.1f} % of the labels as given."
            ),
            "",
        ]
    if found := results.get("ratings"):
        first = [row["in_first"] for row in found]
        lines += [
            (
                f"Wrong ratings, 5 % of 2,000 reviews with 1 to 10 stars, each turned round (2 into 9), {len(found)} "
                f"draws: of 100 of them {min(first)} to {max(first)} (mean {statistics.mean(first):.0f}) are among the "
                "first 200 suspects."
            ),
            "",
        ]
    if found := results.get("several"):
        shares = [row["in_first"] / row["planted"] for row in found]
        lines += [
            (
                f"Wrong labels among 28, in 5 % of {found[0]['texts']:,} comments one for another at random, "
                f"{len(found)} draws: {100 * min(shares):.0f} to {100 * max(shares):.0f} % of them are among the first "
                f"{found[0]['first']:,} suspects, which are a tenth of the comments."
            ),
            "",
        ]
    if found := results.get("index"):
        lines += [
            (
                f"The library's own index of bands would keep {found['bytes_a_text']:,.0f} bytes a text; here a text "
                "keeps 128."
            ),
            "",
        ]
    if found := results.get("cpu"):
        small, large = sorted(map(int, found["cpu_seconds"]))
        lines += [
            (
                f"Processor seconds of the whole command: {found['cpu_seconds'][str(small)]:.1f} for {small:,}, "
                f"{found['cpu_seconds'][str(large)]:.1f} for {large:,} reviews; by the difference "
                f"{found['per_100000']:.0f} for 100,000."
            ),
            "",
        ]
    if found := results.get("time"):
        lines += [
            (
                f"The whole command on {found['texts']:,} reviews of {found['mean_words']:.0f} words on average: "
                f"{found['seconds']:.0f} s, {found['peak_memory_bytes'] / 2**30:.1f} GiB at most."
            ),
            "",
        ]
    return "\n".join([*lines, environment_line(results), ""])


PARTS: dict[str, Callable[[Path], Any]] = {
    "official": official,
    "planted": planted,
    "labels": labels,
    "ratings": ratings,
    "several": several,
    "index": index,
    "cpu": cpu,
    "time": seconds,
}


def main() -> None:
    """Measure what is asked for and write the JSON file and the page's section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "imdb")
    parser.add_argument("--out", type=Path, default=ROOT / "measurements" / "audit.json")
    parser.add_argument("--only", action="append", choices=sorted(PARTS))
    arguments = parser.parse_args()
    results = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    results |= environment_and_commit()
    for name in arguments.only or PARTS:
        results[name] = PARTS[name](arguments.folder)
        print(name, json.dumps(results[name]), flush=True)
        arguments.out.write_text(json.dumps(results, indent=2) + "\n")
    put_section(_PAGE, _BEGIN, _END, page(results))


if __name__ == "__main__":
    main()
