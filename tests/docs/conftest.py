"""A place where the commands of the docs are quick: short recipes, tiny encoders, small files of the names they use."""

import csv
import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

import several_labels
import tunelet
from brief import BRIEF
from encoders import make_checkpoint
from tunelet.checkpoint import _offline
from tunelet.recipe import _named, dump_recipe, named_recipes, with_settings

_SHORT = {
    "data.limit": 40,
    "data.max_length": 32,
    "data.validation": "held-out",
    "model.pooling": "mean",
    "model.layers": 3,
    "training.min_steps": 1,
    **BRIEF,
}
_COMMIT = "0" * 40
_WORDS = ("film", "story", "music", "ending", "cast", "hour", "scene", "joke", "light", "sea", "town", "train", "wall")
_OPINIONS = {"positive": ("wonderful", "moving", "funny"), "negative": ("dull", "empty", "endless")}


def _reviews(n: int, seed: int) -> list[tuple[str, str]]:
    drawn = random.Random(seed)
    rows = []
    for number in range(n):
        label = ("negative", "positive")[number % 2]
        words = [*drawn.sample(_WORDS, 6), drawn.choice(_OPINIONS[label])]
        drawn.shuffle(words)
        rows.append((f"{' '.join(words)} {seed}", label))
    return rows


def _write(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([header, *rows])


def _write_odd_files(folder: Path) -> None:
    """What docs/troubleshooting.md is about."""
    rows = _reviews(40, 20)
    (folder / "from_excel.csv").write_bytes("text;label\nGrüße aus Köln, ein schöner Film;gut\n".encode("cp1252") * 4)
    _write(
        folder / "no_names.csv", [(text, f"{text} again", label) for text, label in rows], ("first", "second", "third")
    )
    (folder / "quoted.csv").write_text(
        "text\tlabel\n" + "".join(f'"{text[:9]}" {text}\t{label}\n' for text, label in rows)
    )
    _write(folder / "two_columns.csv", [(text, text, label) for text, label in rows], ("text", "review", "label"))
    _write(folder / "without_labels.csv", [(text,) for text, _ in rows], ("text",))
    _write(folder / "one_label.csv", [(text, "positive") for text, _ in rows], ("text", "label"))
    _write(folder / "rare_label.csv", [*rows, ("A film about a lighthouse", "mixed")], ("text", "label"))
    _write(
        folder / "spellings.csv",
        [(text, (label, label.title())[n % 3 == 0]) for n, (text, label) in enumerate(rows)],
        ("text", "label"),
    )
    _write(
        folder / "stars.csv", [(text, label.replace("positive", "5 stars")) for text, label in rows], ("text", "label")
    )
    _write(
        folder / "prices.csv",
        [(text, str(n * 1.25)) for n, (text, _) in enumerate(_reviews(120, 21))],
        ("text", "price"),
    )
    _write(folder / "dated.csv", [(*row, "03/04/2024") for row in rows], ("text", "label", "day"))
    (folder / "empty.csv").write_text("")
    (folder / "pages.pdf").write_bytes(b"%PDF-1.7")


@pytest.fixture(scope="module")
def _quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """`minilm` and `distilbert` are tiny, and every recipe that ships is short."""
    minilm = make_checkpoint("bert", tmp_path_factory.mktemp("minilm"))
    hub = Path(os.environ["TUNELET_CACHE"]) / "hf" / "hub"  # as `command_line.call` has it
    distilbert = hub / "models--distilbert--distilbert-base-uncased"
    shutil.copytree(
        make_checkpoint("distilbert", tmp_path_factory.mktemp("distilbert"), names_words=True),
        distilbert / "snapshots" / _COMMIT,
    )
    (distilbert / "refs").mkdir()
    (distilbert / "refs" / "main").write_text(_COMMIT)
    recipes = tmp_path_factory.mktemp("recipes")
    for name, recipe in named_recipes().items():
        (recipes / f"{name}.toml").write_text(dump_recipe(with_settings(recipe, _SHORT | {"training.epochs": 1})))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        patch.setattr(constants, "HF_HUB_CACHE", str(hub))
        patch.setattr(_named, "_FOLDER", recipes)
        patch.setattr(_offline, "package_folder", lambda: minilm)
        patch.setattr(_offline, "SHA256", hashlib.sha256((minilm / "model.safetensors").read_bytes()).hexdigest())
        yield


@pytest.fixture(scope="module")
def _furnished(_quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the docs name."""
    folder = tmp_path_factory.mktemp("furnished")
    for number, name in enumerate(("reviews", "later_reviews", "other")):
        _write(folder / f"{name}.csv", _reviews(60, number), ("text", "label"))
    for number, name in enumerate(("more", "texts", "tickets"), 10):
        _write(folder / f"{name}.csv", [(text,) for text, _ in _reviews(30, number)], ("text",))
    for number, name in enumerate(("feelings", "later_feelings")):
        rows = several_labels.rows(60, number)
        _write(folder / f"{name}.csv", [(row["text"], row["feelings"]) for row in rows], ("text", "feelings"))
    stars = [(str(row["text"]), str(row["stars"])) for row in several_labels.rated(60, 3)]
    _write(folder / "ratings.csv", stars, ("text", "stars"))
    shares = (0.0, 0.25, 0.75, 1.0) * 15
    judged = [(text, str(share), str(1 - share)) for (text, _), share in zip(_reviews(60, 4), shares, strict=True)]
    _write(folder / "judged.csv", judged, ("text", "p_good", "p_bad"))
    _write_odd_files(folder)
    (folder / "mine.toml").write_text(
        'name = "mine"\n\n[data]\nlimit = 40\nmax_length = 32\n\n[training]\nepochs = 1\n'
    )
    for name, seed in (("A", 1), ("B", 2)):
        tunelet.train(
            folder / "reviews.csv",
            test=folder / "other.csv",
            model="minilm",
            seed=seed,
            out=folder / "runs" / name,
            quiet=True,
        )
    for name in ("NAME", "demo"):
        shutil.copytree(folder / "runs" / "A", folder / "runs" / name)
    return folder


@pytest.fixture
def furnished(_furnished: Path, in_folder: Path) -> Path:
    """The same, a copy in the working directory."""
    shutil.copytree(_furnished, in_folder, dirs_exist_ok=True)
    return in_folder
