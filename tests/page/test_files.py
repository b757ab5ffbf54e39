"""The files of the page: whole, without a build step, and nothing in them that a strict policy would have to allow."""

import json
import re
from html.parser import HTMLParser

import pytest

from tunelet.data import TEXT_NAMES
from tunelet.page import files, policy

HTTP = {name: content.decode() for name, content in files("http").items()}
SCRIPTS = {name: content for name, content in HTTP.items() if name.endswith(".js")}


def test_every_file_that_another_one_names_is_there_and_each_is_named():
    named = {f"page/{name}" for text in SCRIPTS.values() for name in re.findall(r'from "\./([\w.]+)"', text)}
    named |= set(re.findall(r'(?:src|href)="([^"]+)"', HTTP["index.html"]))
    assert named == set(HTTP) - {"index.html"}
    assert next(iter(HTTP)) == "index.html"


def test_there_is_one_source_and_it_exports_what_the_page_asks():
    assert not {name for name in HTTP if "source_" in name}
    exported = set(re.findall(r"^export (?:async function|const) (\w+)", HTTP["page/source.js"], re.MULTILINE))
    assert exported == {"models", "predict", "explain", "place"}


@pytest.mark.parametrize("source", ["http", "browser"])
def test_no_other_host_is_named_but_the_readers_own_machine(source):
    for name, content in files(source).items():
        named = set(re.findall(r"(?:https?:)?//[a-z\d][\w-]*[.:][\w.-]+", content.decode()))
        assert named <= {"http://www.w3.org", "http://127.0.0.1"}, name


@pytest.mark.parametrize("source", ["http", "browser"])
def test_markup_holds_no_script_and_no_style_and_scripts_make_none(source):
    texts = {name: content.decode() for name, content in files(source).items()}
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)|javascript:", texts["index.html"])
    scripts = {name: text for name, text in texts.items() if name.endswith(".js")}
    for name, text in scripts.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function", text), name
    assert [name for name, text in scripts.items() if "DOMParser" in text] == ["page/figure.js"]


def test_the_policies_let_in_the_pages_own_files_alone():
    for source in ("http", "browser"):
        assert "default-src 'self'" in policy(source)
        assert "unsafe-inline" not in policy(source)
        assert "'unsafe-eval'" not in policy(source)
    assert "frame-ancestors 'none'" in policy("http")


def test_a_page_in_a_folder_bears_its_policy_above_all_that_it_loads():
    class Tags(HTMLParser):
        seen: list[tuple[str, dict[str, str | None]]]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.append((tag, dict(attrs)))

    for source, policies in (("http", []), ("browser", [policy("browser")])):
        tags = Tags()
        tags.seen = []
        tags.feed(files(source)["index.html"].decode())
        named = [at for at, (_, attributes) in enumerate(tags.seen) if "http-equiv" in attributes]
        assert [tags.seen[at][1]["content"] for at in named] == policies
        assert all(at < next(n for n, (tag, _) in enumerate(tags.seen) if tag in ("script", "link")) for at in named)


def test_columns_are_recognised_by_the_names_that_training_knows():
    written = re.search(r"TEXT_NAMES = (.*);", HTTP["page/names.js"])
    assert written is not None
    assert json.loads(written[1]) == [list(names) for names in TEXT_NAMES]
