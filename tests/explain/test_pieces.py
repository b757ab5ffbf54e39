"""An explained text for people: coloured by strength and sign, never by colour alone, and without anybody's markup."""

import re
from html.parser import HTMLParser

import pytest

from tunelet.errors import DataError
from tunelet.explain import Explanation, Word, explanations_page, html_fragment, html_page, pieces
from tunelet.explain._html import _COLOURS, _GROUNDS, _STRENGTHS

HOSTILE = '<script>alert(1)</script> & "quoted" \x1b[31m\u202eevil <img src=x onerror=alert(2)>'


def explained(text: str, contributions: dict[str, float], unread: str = "", label: str = "good") -> Explanation:
    words = tuple(
        Word(
            text=match[0],
            field=0,
            begin=match.start(),
            end=match.end(),
            contribution=contributions.get(match[0], 0.0),
            read=match[0] not in unread.split(),
        )
        for match in re.finditer(r"\S+", text)
    )
    return Explanation(
        fields=(text,),
        label=label,
        predicted=label,
        probability=0.9,
        log_odds=2.2,
        reference_log_odds=0.1,
        reference="[MASK]",
        words=words,
        completeness_error=0.001,
        steps=16,
    )


def test_levels_are_quarters_of_the_strongest_word():
    (field,) = pieces(explained("a b c d e f", {"a": 2.0, "b": -2.0, "c": 0.9, "d": -0.2, "e": 0.05}))
    assert [piece.level for piece in field if piece.text.strip()] == [4, -4, 2, -1, 0, 0]
    assert "".join(piece.text for piece in field) == "a b c d e f"


def test_nothing_contributes_nothing_is_coloured():
    (field,) = pieces(explained("a b", {}))
    assert not any(piece.level for piece in field)


class Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("render", [html_fragment, lambda one: html_page([one])], ids=["fragment", "page"])
def test_markup_in_texts_and_labels_is_text(render):
    page = render(explained(HOSTILE, {"&": 1.0, "<img": -1.0}, label=HOSTILE))
    seen = Seen(page)
    assert not {"script", "img"} & set(seen.tags)
    assert "<script>alert(1)</script>" in seen.text
    assert not set("\x1b\u202e") & set(page)


def test_sign_and_strength_stand_in_the_text_too():
    page = html_fragment(explained("fine but long", {"fine": 1.5, "long": -0.5}))
    assert 'class="for-4" title="+1.500"' in page
    assert 'class="against-2" title="-0.500"' in page
    assert "(+1.500)" in Seen(page).text
    assert "(-0.500)" in Seen(page).text


def test_what_is_not_read_is_said_to_be():
    assert "[not read: c d]" in Seen(html_fragment(explained("a b c d e", {"a": 1.0}, unread="c d"))).text


def _luminance(colour: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("strength", _STRENGTHS)
def test_letters_on_every_colour_have_a_contrast_of_wcag_aa(mode, strength):
    paper, ink, _ = ([int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in _GROUNDS[mode])
    for shade in _COLOURS[mode]:
        ground = [strength * c + (1 - strength) * p for c, p in zip(map(int, shade.split()), paper, strict=True)]
        light, dark = sorted((_luminance(ground), _luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_page_is_written_once(tmp_path):
    path = explanations_page([explained("a b", {"a": 1.0})], tmp_path / "page.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(DataError):
        explanations_page([], path)


def test_a_record_comes_back_from_json():
    one = explained(HOSTILE, {"&": 1.0})
    assert Explanation.model_validate_json(one.model_dump_json()) == one
    assert one.to_dict()["schema_version"] == 1
