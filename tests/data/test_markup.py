"""Markup of web pages is cleaned, text that only looks like it is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunelet.data import clean, normalise, read


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("Good.<br /><br />Bad.<BR>So so.<br/>", "Good.\n\nBad.\nSo so."),
        ("an <i>odd</i> <b class='x'>film</b>", "an odd film"),
        ('see <a href="http://a.b/?c=1&d=2" target=_blank>this</a>', "see this"),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<grin> 3 < 4 and 5 > 4, <3 <sigh> a<b", "<grin> 3 < 4 and 5 > 4, <3 <sigh> a<b"),
        ("Tom &amp; Jerry &quot;live&quot; &#8230; &#x27;x&#x27;", "Tom & Jerry \"live\" … 'x'"),
        ("&lt;i&gt; is a tag", "<i> is a tag"),
        ("AT&T, R&D; &nosuch; &copy", "AT&T, R&D; &nosuch; &copy"),
        ("it\x92s \x96 well\x85", "it\u2019s \u2013 well…"),
        ("a\0b\x08c\ufeffd\x7f\x81e", "abcde"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("  \n plain \t", "plain"),
        ("映画 café 😀", "映画 café 😀"),
    ],
)
def test_clean(found: str, expected: str) -> None:
    assert clean(found) == expected


@settings(deadline=None)
@given(st.text())
def test_text_without_markup_or_controls_is_only_stripped(text: str) -> None:
    text = "".join(char for char in text if char.isprintable() and char not in "<&\ufeff")
    assert clean(text) == text.strip()


def test_cleaning_can_be_switched_off() -> None:
    pairs = [(" a<br />b\0", "x"), ("c", "y")]
    assert read(pairs, clean_markup=False).splits["train"].texts == (" a<br />b\0", "c")
    assert read(pairs).splits["train"].texts == ("a\nb", "c")


def test_a_text_of_markup_alone_counts_as_empty() -> None:
    assert read([("<br />", "x"), ("c", "y"), ("d", "x")]).dropped == {"train": {"empty text": 1}}


@pytest.mark.parametrize("copy", ["Straße  ﬁlm", "STRASSE film", " strasse\nfilm ", "straße ﬁlm\u00a0"])
def test_copies_meet_under_normalise(copy: str) -> None:
    assert normalise(copy) == "strasse film"


@settings(deadline=None)
@given(st.text())
def test_normalise_changes_nothing_twice(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
