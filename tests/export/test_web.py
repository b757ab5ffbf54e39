"""`web`: a folder behind a plain web server, under a path of it, in a real browser, gives tunelet's probabilities."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tunelet
from browsers import LOOKS_AT_PAGES
from report_texts import NASTY
from static_site import static_site
from tunelet import Classifier, Run
from tunelet.data import clean
from tunelet.errors import ExportError, RunError
from tunelet.export import Exported
from tunelet.export._web import sentences_alike

TEXTS = [
    "warm rye loaf",
    "a <b>cold</b><br /><br>and soggy one &amp; more &hellip; \x93so\x94",
    "Crème brûlée, naïve cafés: İstanbul, ΟΔΥΣΣΕΎΣ ΑΣ, Straße ﬁ ½",
    "🙂 👩‍🍳 日本語のテキスト 한국어 هذه जुमला",
    "burnt and cold " * 90,
    "word-by_word [SEP] ##ing \ufeff\u200b\u2028 tab\tend",
    "",
    " \n\t\x1c ",
    "<p></p>&#8203;",
]
ASK = "async (texts) => (await import('./page/source.js')).predict('', texts)"
NAMES = [f"\x1b[31m{NASTY['markup']}", "__proto__"]
PAIR = [[0.5, 0.5], [0.2, 0.8]]  # probabilities of two sentences
SINGLE = (
    "<br> <BR/> <p> </p> <a href='x'> <a href=x/> <grin> <li <b> </b> <h1> <h7> < & ; = / > ' word Ü 🙂 &amp; &amp;lt; "
    "&notit; &nbsp; &#39; &#x27; &#0; &#128; &#xFFFE; &#9999999; &#xD800; &constructor; <\u0130mg> <\u0131>"
)
CONTROLS = "\t\r\n\x00\x80\x93\x81\x85\ufeff\u3000\xa0\x1c"
SPACED = [
    '<div class="a b">',
    "<span  a = b c>",
    "<p a=''>",
    '<a href="x>',
    "< p>",
    "<p\x85>",
    "<p\ufeff>",
    " ",
    "\r\n",
]
PIECES = [*SINGLE.split(" "), *CONTROLS, *SPACED]


@pytest.fixture(scope="module")
def web(blended_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """BERT with TF-IDF beside it, as a page."""
    try:
        return tunelet.export(blended_run, to="web", out=tmp_path_factory.mktemp("web") / "under a path")
    except ExportError as error:
        if "cannot be had" in error.message:
            pytest.skip(f"the npm registry is out of reach: {error.message}")
        raise


class Tab:
    """A page of the browser, with what it asked for and what it complained of."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address = address
        self.asked: list[str] = []
        self.said: list[str] = []
        self.refused = ""
        self.page = browser.new_page()
        browser.contexts[-1].on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(address)

    def predict(self, texts: list[str], names: tuple[str, ...]) -> np.ndarray:
        answers = self.page.evaluate(ASK, texts)
        return np.array([[one["probabilities"][name] for name in names] for one in answers], dtype=np.float64)


@pytest.fixture(scope="module")
def tab(web, browser) -> Iterator[Tab]:
    with static_site(web.folder.parent) as address:
        found = Tab(browser, f"{address}under%20a%20path/")
        found.page.wait_for_selector("#text:not([hidden])")
        yield found
        found.page.close()


@pytest.fixture(scope="module")
def changed(web, browser, tmp_path_factory) -> Iterator[Tab]:
    """A tab on a copy of the folder with other labels and odd characters, whose check is wrong at first."""
    folder = tmp_path_factory.mktemp("changed")
    copy = shutil.copytree(web.folder, folder / "copy", copy_function=_linked)
    path = copy / "browser.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"labels": NAMES, "unlike": "\u2603"}
    right = content["check"]["probabilities"]
    wrong = [[share + 0.001 for share in right[0]], *right[1:]]

    def write(probabilities: list[list[float]]) -> None:
        path.unlink()
        path.write_text(json.dumps(content | {"check": content["check"] | {"probabilities": probabilities}}))

    write(wrong)
    with static_site(folder) as address:
        tab = Tab(browser, f"{address}copy/")
        tab.page.wait_for_selector("#trouble [role=alert]")
        tab.refused = tab.page.inner_text("main")
        write(right)
        tab.page.click("#trouble button")
        tab.page.wait_for_selector("#text:not([hidden])")
        yield tab
        tab.page.close()


def _linked(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def slow(test: Any) -> Any:
    for mark in LOOKS_AT_PAGES:
        test = mark(test)
    return test


@slow
def test_its_probabilities_are_those_of_tunelet(tab, web, blended_run):
    assert web.record.tfidf
    found = tab.predict(TEXTS, web.record.label_names)
    np.testing.assert_allclose(found, Classifier.load(web.folder).probabilities(TEXTS), atol=1e-5)
    np.testing.assert_allclose(found, Classifier.load(blended_run.path, device="cpu").probabilities(TEXTS), atol=5e-3)


@slow
def test_markup_is_taken_out_as_tunelet_does(tab):
    drawn = random.Random(0)
    texts = ["".join(drawn.choices(PIECES, k=drawn.randint(1, 14))) for _ in range(5000)]
    found = tab.page.evaluate(
        """async (texts) => {
          const { cleaner } = await import("./page/clean.js");
          return texts.map(cleaner(await (await fetch("characters.json")).json()));
        }""",
        texts,
    )
    assert [each for each in zip(texts, map(clean, texts), found, strict=True) if each[1] != each[2]] == []


@slow
def test_a_typed_text_gets_its_label_and_coloured_words_and_nothing_is_asked_elsewhere(tab, web):
    text = "a warm and crisp loaf"
    tab.page.fill("textarea", text)
    tab.page.wait_for_selector(".coloured mark")
    label = Classifier.load(web.folder).predict([text])[0].label
    assert label in tab.page.inner_text(".verdict")
    assert "left out" in tab.page.inner_text(".legend")
    assert tab.page.inner_text("#place").startswith("Texts stay in this browser")
    assert {url.startswith(tab.address) for url in tab.asked} == {True}
    assert tab.said == []


@slow
def test_each_word_is_explained_in_its_place(tab):
    explain = "async (text) => (await import('./page/source.js')).explain('', text)"
    found = tab.page.evaluate(explain, "🙂 a <b>warm</b>, crisp loaf...<br>&amp; 日本")
    (read,) = found["fields"]
    assert read == "🙂 a warm, crisp loaf...\n& 日本"  # as the model reads it
    units = read.encode("utf-16-le")
    for word in found["words"]:
        assert units[2 * word["start"] : 2 * word["end"]].decode("utf-16-le") == word["text"]
        assert np.isfinite(word["weight"])
    assert [word["text"] for word in found["words"]] == "🙂 a warm , crisp loaf ... & 日 本".split()  # noqa: SIM905
    nothing = tab.page.evaluate(explain, " ")
    assert nothing["label"] is None
    assert nothing["words"] == []


@slow
def test_what_is_stopped_is_not_waited_for(tab):
    ended = tab.page.evaluate(
        """async () => {
          const { predict } = await import("./page/source.js");
          const stop = new AbortController();
          const asked = predict("", Array(200).fill("a warm loaf"), stop.signal).catch((error) => error.name);
          stop.abort();
          return [await asked, (await predict("", ["cold"])).length];
        }"""
    )
    assert ended == ["AbortError", 1]


@slow
def test_a_typed_text_goes_ahead_of_a_file(tab):
    order, answers = tab.page.evaluate(
        """async () => {
          const { explain, predict } = await import("./page/source.js");
          const order = [];
          const ended = (name) => (answer) => (order.push(name), answer);
          const texts = Array.from({ length: 300 }, (_, at) => `a loaf of ${at % 7} days`);
          const [file] = await Promise.all([
            predict("", texts).then(ended("file")),
            predict("", texts).then(ended("next of the file")),
            predict("", ["a warm loaf"]).then(ended("text")),
            explain("", "a warm loaf").then(ended("words")),
          ]);
          return [order, file.map(({ probabilities }) => Object.values(probabilities)[0])];
        }"""
    )
    assert order == ["text", "words", "file", "next of the file"]
    np.testing.assert_allclose(answers, (answers[:7] * 43)[:300], atol=1e-6)  # each text kept its own


@slow
def test_names_of_labels_stay_text(changed, web):
    tab = changed
    tab.page.fill("textarea", "a warm loaf")
    tab.page.wait_for_selector(".coloured")
    assert tab.page.title() != "owned"
    assert tab.page.query_selector("main img, main script:not([src])") is None
    assert tab.said == []
    exact = Classifier.load(web.folder).probabilities(["a warm loaf"])
    answer = tab.page.evaluate(
        """async () => {
          const [answer] = await (await import("./page/source.js")).predict("", ["a warm loaf"]);
          return Object.entries(answer.probabilities);
        }"""
    )
    assert [name for name, _ in answer] == NAMES
    np.testing.assert_allclose([value for _, value in answer], exact[0], atol=1e-5)


@slow
def test_a_browser_that_computes_otherwise_gives_no_answers(changed):
    assert "other probabilities than tunelet" in changed.refused
    assert "A text" not in changed.refused  # its section is hidden


@slow
@pytest.mark.parametrize(("computed", "expected"), [([], []), ([[]], [[]]), (PAIR[:1], PAIR), ([*PAIR, *PAIR], PAIR)])
def test_a_check_of_nothing_or_of_other_sentences_is_none(tab, computed, expected):
    compare = """async ([computed, expected]) => {
      const { largestDifference } = await import("./page/check.js");
      try { return largestDifference(computed, expected); } catch (error) { return error.message; }
    }"""
    assert "copy the exported folder anew" in tab.page.evaluate(compare, [computed, expected])
    assert tab.page.evaluate(compare, [[[0.5, 0.5], [0.3, 0.7]], PAIR]) == pytest.approx(0.1)


@slow
def test_a_model_whose_worker_has_died_is_loaded_again(changed, web):
    exact = Classifier.load(web.folder).probabilities(["a warm loaf"])
    page = changed.page
    (worker,) = page.workers
    worker.evaluate("() => void setTimeout(() => { throw new Error('out of memory'); })")
    for _ in range(500):
        if not page.workers:
            break
        page.wait_for_timeout(20)
    (answer,) = page.evaluate(ASK, ["a warm loaf"])
    assert answer["probabilities"][NAMES[0]] == pytest.approx(exact[0][0], abs=1e-5)
    assert len(page.workers) == 1
    assert "Loading" not in page.inner_text("#subtitle")


@slow
def test_a_text_that_its_tokenizer_would_read_otherwise_gets_no_answer(changed):
    plain, odd = changed.page.evaluate(ASK, ["a loaf", "a loaf of \u2603"])
    assert plain["label"]
    assert "U+2603" in odd["error"]


@slow
def test_opened_as_a_file_it_says_what_to_type(browser, web):
    page = browser.new_page()
    page.goto((web.folder / "index.html").as_uri())
    assert "python -m http.server --bind 127.0.0.1" in page.inner_text("#unserved:visible")
    page.close()


@slow
def test_a_page_from_a_server_never_says_that_it_was_opened_as_a_file(browser, web):
    page = browser.new_page()
    page.route("**/*.js", lambda route: route.abort() if "/app.js" in route.request.url else route.continue_())
    with static_site(web.folder) as address:
        page.goto(address)  # modules are not read: an old browser, a slow network
        assert page.is_hidden("#unserved")
        assert page.evaluate("document.querySelector('#unserved').getAnimations().length") == 0  # nor later
    page.close()


@pytest.mark.slow
def test_the_folder_is_whole_and_an_export_like_others(web, graph, blended_run):
    own = {path.relative_to(web.folder).as_posix() for path in web.folder.rglob("*") if path.is_file()}
    assert {path.relative_to(graph.folder).as_posix() for path in graph.folder.rglob("*") if path.is_file()} < own
    assert {"runtime/LICENSE-onnxruntime-web.txt", "runtime/LICENSE-tokenizers.txt", "runtime/onnxruntime.wasm"} < own
    assert not [name for name in own if name.endswith((".mjs", ".map", ".tgz"))]
    said = (web.folder / "browser.json").read_text(encoding="utf-8")
    assert str(blended_run.path.parents[1]) not in said  # nor any other folder of this machine
    assert web.parity.largest_difference < 1e-5
    said = (web.folder / "README.md").read_text(encoding="utf-8")
    assert "python -m http.server" in said
    assert "onnxruntime-web" in said
    with pytest.raises(RunError, match="finished export"):
        tunelet.export(blended_run, to="web", out=web.folder)


def test_a_page_that_no_browser_could_check_is_refused():
    assert len(sentences_alike("\u200d\t")) == len(sentences_alike("")) - 1
    with pytest.raises(ExportError, match="could be checked") as refused:
        sentences_alike("aeiou")
    assert "to='onnx'" in refused.value.hint


def test_without_its_packages_nothing_is_left(own_head_run, tmp_path):
    (tmp_path / "packages").mkdir()
    with pytest.raises(ExportError, match=r"onnxruntime-web-.*\.tgz") as refused:
        tunelet.export(own_head_run, to="web", out=tmp_path / "new" / "out", runtime=tmp_path / "packages")
    assert "npm pack onnxruntime-web@" in refused.value.hint
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("to", ["merged", "onnx"])
def test_packages_for_the_web_are_refused_elsewhere(own_head_run, to, tmp_path):
    with pytest.raises(ExportError, match="runtime"):
        tunelet.export(own_head_run, to=to, out=tmp_path / "out", runtime=tmp_path)


@pytest.mark.parametrize("to", ["web", "web-int8"])
def test_a_run_of_two_columns_is_refused(own_head_run, to, tmp_path):
    data = own_head_run.data.changed(text_columns=("title", "body"))
    known = {"recipe": own_head_run.recipe, "summary": own_head_run.summary, "data": data}
    run = Run.of_records(own_head_run.path, **known, evaluation=own_head_run.evaluation)
    with pytest.raises(ExportError, match="two columns") as refused:
        tunelet.export(run, to=to, out=tmp_path / "out")
    assert f"tunelet serve {run.path}" in refused.value.hint  # whose page can ask for both
    assert "to='onnx'" in refused.value.hint
