"""`--to web`: a static folder with a page, the graph and what runs it in a browser; nothing is fetched when it is used.

The graph is that of `--to onnx`, run by the smallest build of ONNX Runtime for browsers. The page does to a text what
the run does: it takes markup out, tokenises, adds TF-IDF. A few sentences come along with the probabilities that the
graph gives here: each browser computes them before its first answer, and refuses to answer where it gets others.
"""

import html
import html.entities
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import CONTROLS
from tunelet.errors import ExportError
from tunelet.export._browser_tokenizer import unlike
from tunelet.export._comparing import comparison_of
from tunelet.export._npm import Package, package_files
from tunelet.export._parity import FLOAT32
from tunelet.export._source import Source
from tunelet.page import about, files
from tunelet.publish import shown_run
from tunelet.run import ExportFolder, ExportRecord

# The build without WebGPU and WebNN: half the size of what transformers.js brings along, and as fast on a processor.
PACKAGES = (
    Package(
        name="onnxruntime-web",
        version="1.30.0",
        integrity="sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
        size=33_106_585,
        files={
            "dist/ort.wasm.bundle.min.mjs": "onnxruntime.js",  # a name that every host serves as JavaScript
            "dist/ort-wasm-simd-threaded.wasm": "onnxruntime.wasm",
            "README.md": "README-onnxruntime-web.md",
        },
    ),
    Package(
        name="@huggingface/tokenizers",
        version="0.2.0",
        integrity="sha512-LidMHe1FpcSYH4vcSjXooda34pC0M8m1gmDOv7SQi6Iv+ib1zX7J3sHBCC9/3FPCkn2k1b55FneVqMRxrr99pg==",
        size=87_011,
        files={"dist/tokenizers.min.mjs": "tokenizers.js", "LICENSE": "LICENSE-tokenizers.txt"},
    ),
)
# onnxruntime-web names its licence, and has no file with its words.
_MIT = """MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
# Of several scripts and shapes: where a browser's tokenizer or arithmetic differs, it shows in one of these.
_SENTENCES = (
    "A wonderful film, warm and funny.",
    "It's dull & far too long... I'd rather not see it again!",
    "Crème brûlée à la carte, naïve cafés: İstanbul, ΟΔΥΣΣΕΎΣ, Straße.",
    "日本語のテキストです。한국어 문장입니다. Это предложение. هذه جملة.",
    "🙂 👩‍🍳 <b>bold</b> &amp; 50% — “quoted” ½ ﬁ\tend",
)
_FEWEST = 3  # of them, for a check that says anything
_INT8 = 0.1  # of a probability: activations are rounded, and processors round their products in their own ways


def runtime_files(place: Path | None) -> dict[str, bytes]:
    """The files of the folder `runtime`. Raises ExportError where they cannot be had."""
    return {**package_files(PACKAGES, place), "LICENSE-onnxruntime-web.txt": _MIT.encode()}


def check_web(source: Source) -> None:
    """Raise ExportError where the page could not ask what the run reads."""
    if source.task.several_fields:
        raise ExportError(
            f"{source.run.path} reads two columns together, the page asks for one text",
            f"type tunelet serve {shlex.quote(str(source.run.path))}, whose page has a field for each; pass to='onnx'; "
            "or train again on one column of both joined",
        )


def write_page(
    folder: ExportFolder,
    source: Source,
    record: ExportRecord,
    runtime: Mapping[str, bytes],
    probabilities: Callable[[Sequence[str]], NDArray[np.float64]],
) -> None:
    """Write page, runtime, and `browser.json`, from which the page takes what its model is.

    Args:
        folder: of the export, with the graph in it.
        source: what is exported.
        record: of the export.
        runtime: what `runtime_files` gives.
        probabilities: those of the graph for texts as they are typed, [n, classes].
    """
    contents = {**files("browser"), **{f"runtime/{name}": content for name, content in runtime.items()}}
    for path, content in contents.items():
        place = folder.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    if record.clean_markup:
        folder.write(folder.characters, _characters())
    odd = unlike(json.loads(folder.tokenizer_file.read_text(encoding="utf-8")))
    sentences = sentences_alike(odd)
    graph = folder.graph_of(record)
    # One by one: activations are quantised over all texts of a batch.
    found = np.concatenate([probabilities([sentence]) for sentence in sentences])
    share = _INT8 if record.is_int8 else FLOAT32
    folder.write(
        folder.browser,
        {
            "name": record.origin.run,
            "columns": list(record.text_columns),
            "labels": list(record.label_names),
            **_shape(record),
            "graph": graph.relative_to(folder.path).as_posix(),
            "bytes": graph.stat().st_size,
            "clean_markup": record.clean_markup,
            "tfidf": record.tfidf,
            "alone": record.is_int8,
            "unlike": odd,
            "about": _about(source, record),
            "check": {
                "texts": sentences,
                "probabilities": found.tolist(),
                "tolerance": comparison_of(record.task).tolerance(share, found),
            },
        },
    )


def _shape(record: ExportRecord) -> dict[str, Any]:
    """What deciding.js needs beside the labels, of another shape than one a text."""
    if record.shape == "multiclass":
        return {}
    own: dict[str, Any] = {"shape": record.shape, "separator": record.separator, "reach": record.reach}
    own["thresholds"] = list(record.thresholds)
    return {name: value for name, value in own.items() if value}


def sentences_alike(odd: str) -> list[str]:
    """The sentences without any character that a browser reads in another way. Raises ExportError: too few."""
    kept = [sentence for sentence in _SENTENCES if not set(odd) & set(sentence)]
    if len(kept) < _FEWEST:
        raise ExportError(
            f"no browser could be checked: of {len(_SENTENCES)} sentences for it, {len(_SENTENCES) - len(kept)} hold "
            "characters that the page reads in another way than the model",
            "pass to='onnx', and run that where the library tokenizers is",
        )
    return kept


def _about(source: Source, record: ExportRecord) -> dict[str, Any]:
    """What the page says of the run, whose figures are those of both where TF-IDF is left out."""
    said = about(shown_run(source.run, record.origin.run, texts=False))
    if source.run.facts.blend and not record.tfidf:
        said = said.changed(data=f"{said.data}, with TF-IDF, which this page does without")
    return said.to_dict()


def _characters() -> dict[str, Any]:
    """What Python knows of entities and control characters, for clean.js."""
    odd = [
        *range(0xA0),
        *range(0xFDD0, 0xFDF0),
        *(plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)),
    ]
    numbers = {str(code): html.unescape(f"&#{code};") for code in odd}
    return {
        "named": html.entities.html5,
        "numbers": {code: meant for code, meant in numbers.items() if meant != chr(int(code))},
        "controls": {str(code): meant for code, meant in CONTROLS.items() if meant is not None},
    }
