"""Windows of long texts: nothing is lost, nothing is read more often than the overlap says, and all are whole texts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders import minilm_folder
from tunelet.data import Tokens, Windows, gather, token_spans, tokenise
from tunelet.errors import RecipeError
from tunelet.model import load_tokenizer
from tunelet.recipe import with_settings

LONG = " ".join(f"word{n}" for n in range(200))
TEXTS = ["A short one.", LONG, "", "naïve 🎬 שלום", "no, " * 90]
WINDOWS = Windows(overlap=5, most=40)
ROOM = 30  # tokens of a text in a window of 32


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(minilm_folder())


@pytest.fixture(scope="module")
def tokens(tokenizer) -> Tokens:
    return in_windows(tokenizer, WINDOWS)


def in_windows(tokenizer, windows, texts=TEXTS, **arguments) -> Tokens:
    return tokenise(texts, tokenizer, max_length=ROOM + 2, truncation="windows", windows=windows, **arguments)


def inner(tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def windows_of(tokens: Tokens, row: int) -> list[list[int]]:
    batch = gather(tokens, np.array([row]))
    return [part.tolist() for part in np.split(batch.token_ids, np.cumsum(batch.lengths)[:-1])]


@given(
    room=st.integers(2, 600),
    overlap=st.floats(0, 0.5) | st.integers(1, 300),
    tokens=st.integers(0, 5000),
)
def test_every_token_is_in_a_window_and_neighbours_share_the_overlap(room, overlap, tokens):
    windows = Windows(overlap, most=10**4)
    if (overlap if overlap >= 1 else 0) > room // 2:
        with pytest.raises(RecipeError, match="more than half of a window"):
            windows.shared(room)
        return
    shared, bounds = windows.shared(room), windows.bounds(tokens, room)
    assert bounds[0][0] == 0
    assert bounds[-1][1] == tokens
    lengths = [end - begin for begin, end in bounds]
    assert max(lengths) <= room
    assert max(lengths) - min(lengths) <= 1
    assert all(before[1] - behind[0] == shared for before, behind in itertools.pairwise(bounds))
    covered = np.zeros(tokens + 1, dtype=np.int64)
    for begin, end in bounds:
        covered[begin:end] += 1
    assert (covered[:tokens] >= 1).all()
    assert covered.max() <= (2 if 3 * shared <= room else 3)
    # One window fewer would not do.
    assert len(bounds) == 1 or tokens > Windows(overlap, len(bounds) - 1).capacity(room)
    assert tokens <= Windows(overlap, len(bounds)).capacity(room)


def test_each_window_is_a_text_to_the_model_and_together_they_are_the_whole(tokenizer, tokens):
    for row, text in enumerate(TEXTS):
        windows = windows_of(tokens, row)
        assert len(windows) == tokens.windows[row]
        assert all(window[0] == tokenizer.cls_token_id for window in windows)
        assert all(window[-1] == tokenizer.sep_token_id for window in windows)
        assert max(map(len, windows)) <= ROOM + 2
        contents = [window[1:-1] for window in windows]
        assert contents[0] + [id_ for content in contents[1:] for id_ in content[5:]] == inner(tokenizer, text)
    assert tokens.truncated == tokens.cut == 0
    assert tokens.windows.tolist() == [1, 21, 1, 1, 7]


def test_a_text_that_fits_is_what_it_is_without_windows(tokenizer, tokens):
    plain = tokenise(TEXTS, tokenizer, max_length=ROOM + 2, truncation="head")
    assert plain.windows is None
    for row in (0, 2, 3):
        assert np.array_equal(tokens.text(row).token_ids, plain.text(row).token_ids)


def test_what_lies_beyond_the_last_window_is_cut_and_counted(tokenizer):
    windows = Windows(overlap=0.2, most=3)
    tokens = in_windows(tokenizer, windows)
    whole = inner(tokenizer, LONG)
    kept = ROOM + 2 * (ROOM - 6)
    assert tokens.windows.tolist() == [1, 3, 1, 1, 3]
    assert tokens.truncated == 2
    assert tokens.cut == len(whole) - kept + 180 - kept
    content = [window[1:-1] for window in windows_of(tokens, 1)]
    assert content[0] + content[1][6:] + content[2][6:] == whole[:kept]


def test_of_a_huge_text_the_first_windows_are_read_and_the_rest_is_estimated(tokenizer):
    text = "never " * 400_000
    tokens = in_windows(tokenizer, Windows(overlap=5, most=4), [text])
    assert windows_of(tokens, 0) == windows_of(in_windows(tokenizer, Windows(5, 4), ["never " * 200]), 0)
    assert tokens.cut == pytest.approx(400_000, rel=0.01)


def test_what_was_cut_of_one_part_is_counted_in_tokens_too(tokenizer):
    for truncation in ("head", "tail", "head+tail"):
        cut = tokenise(TEXTS, tokenizer, max_length=ROOM + 2, truncation=truncation).cut
        assert cut == sum(max(0, len(inner(tokenizer, text)) - ROOM) for text in TEXTS)


def test_chosen_joined_and_single_texts_keep_their_windows(tokenizer, tokens):
    rows = np.array([4, 1, 0])
    taken = tokens.take(rows)
    plain = tokenise(["More."], tokenizer, max_length=ROOM + 2)
    joined = Tokens.together([taken, plain])
    for at, row in enumerate(rows):
        assert windows_of(joined, at) == windows_of(taken, at) == windows_of(tokens, row)
        assert windows_of(tokens.text(row), 0) == windows_of(tokens, row)
    assert joined.windows.tolist() == [7, 21, 1, 1]


def test_the_cache_keeps_windows_and_tells_them_apart(tokenizer, tokens, tmp_path):
    for windows in (WINDOWS, replace(WINDOWS, most=3), replace(WINDOWS, overlap=4)):
        first, again = (in_windows(tokenizer, windows, cache=tmp_path) for _ in range(2))
        direct = in_windows(tokenizer, windows)
        for found in (first, again):
            assert isinstance(found.token_ids, np.memmap)
            assert np.array_equal(found.token_ids, direct.token_ids)
            assert np.array_equal(found.windows, direct.windows)
            assert found.cut == direct.cut
    assert len(list((tmp_path / "tokens").iterdir())) == 3


def test_a_batch_says_which_windows_are_of_one_text(tokens):
    batch = gather(tokens, np.array([1, 0, 4]))
    assert batch.windows == (21, 1, 7)
    assert len(batch.lengths) == 29
    assert sum(batch.lengths) == len(batch.token_ids) == tokens.lengths[[1, 0, 4]].sum()


def test_the_tokens_of_each_window_lie_where_they_stand_in_the_text(tokenizer, tokens):
    spans = token_spans(
        LONG, tokenizer, max_length=ROOM + 2, truncation="windows", windows=WINDOWS, several_fields=False
    )
    assert spans.token_ids.tolist() == tokens.text(1).token_ids.tolist()
    assert spans.windows == gather(tokens, np.array([1])).lengths
    for token, special, begin, end in zip(spans.token_ids, spans.special, spans.begins, spans.ends, strict=True):
        if not special:
            assert LONG[begin:end] == tokenizer.convert_ids_to_tokens(int(token)).removeprefix("##")


def test_the_recipe_says_which_windows_there_are():
    recipe = with_settings_of_data(truncation="windows", window_overlap=32, max_windows=4)
    assert Windows.of(recipe) == Windows(32, 4)
    assert Windows.of(with_settings_of_data()) is None


def test_the_longest_text_is_the_recipes_or_the_models():
    assert with_settings_of_data(max_length=0).longest(300) == 300
    assert with_settings_of_data(max_length=128).longest(300) == 128
    assert with_settings_of_data(max_length=512).longest(300) == 300
    assert with_settings_of_data(max_length=128, truncation="windows", max_windows=3).most_tokens(300) == 384


@pytest.mark.parametrize("length", [-1, 1, 7])
def test_a_length_without_room_for_a_text_is_refused(length):
    with pytest.raises(RecipeError, match=r"data\.max_length should be"):
        with_settings_of_data(max_length=length)


def with_settings_of_data(**settings):
    from tunelet.recipe import Recipe

    return with_settings(Recipe(), {f"data.{name}": value for name, value in settings.items()}).data
