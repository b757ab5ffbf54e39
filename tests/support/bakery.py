"""A file of texts that a run is trained on, and read again from when it is exported."""

import csv
from pathlib import Path

WORDS = {"fresh": ("warm", "rye", "crisp", "sweet"), "stale": ("cold", "burnt", "soggy", "sour")}


def rows(n: int) -> list[tuple[str, str]]:
    """Texts that one word tells apart; every third is longer than 24 tokens."""
    made = []
    for number in range(n):
        label = list(WORDS)[number % 2]
        word = WORDS[label][number // 2 % 4]
        long = " and then some more of it" * (8 if number % 3 == 0 else 0)
        made.append((f"{word} loaf {number} of baker {number * 37 % 101}{long} for lunch number {number}", label))
    return made


def write_rows(path: Path, n: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("note", "verdict"), *rows(n)])
    return path
