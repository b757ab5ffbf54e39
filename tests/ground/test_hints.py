"""A hint names arguments, which the command line turns into its options; no message names an option."""

import ast
import re
from pathlib import Path

import pytest

import tunelet
from tunelet.cli import as_flags, line_of
from tunelet.errors import RunError, TuneletError

SOURCE = Path(tunelet.__file__).parent


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        ("name it: text='COL'", "name it: --text COL"),
        ("name it: text='my column'", 'name it: --text "my column"'),
        ("name it: text='cost in $'", "name it: --text 'cost in $'"),
        ("name each once: text=['COL', 'two words']", 'name each once: --text COL --text "two words"'),
        ("raise it: limit=30", "raise it: --limit 30"),
        ("pass another out=..., or remove it", "pass another --out, or remove it"),
        ("repeat it with resume=True added, or another out=...", "repeat it with --resume added, or another --out"),
        ("settings={'model.random_weights': True}", "--set model.random_weights=true"),
        ("type settings={'training.epochs': 5}, or epochs=5", "type --set training.epochs=5, or --epochs 5"),
        ("settings={'data.max_bytes': 200_000}.", "--set data.max_bytes=200000."),
        ("settings={'evaluation.positive': 'a {b} c'}", '--set "evaluation.positive=a {b} c"'),
        ("learning_rate=2e-4 or batch_size=8", "--learning-rate 0.0002 or --batch-size 8"),
        ("for example seeds=(1, 2)", "for example --seeds 1,2"),
        ("add texts=True", "add --with-texts"),
        ("add words=True to upload it", "add --with-words to upload it"),
        ("type tunelet train DATA --text COL", "type tunelet train DATA --text COL"),
        ("`model='minilm'` after `pip install 'x' --no-deps`", "`--model minilm` after `pip install 'x' --no-deps`"),
        ("test='DATA' and device='auto'", "--test DATA and --device auto"),
        ("it takes text, for example adapter.rank=8, or HF_HUB_OFFLINE=1 and x==2", None),
        ("targets=['q_lin'] is no option, and text=COL no argument", None),
    ],
)
def test_arguments_become_flags_and_all_else_stays(arguments, flags):
    assert as_flags(arguments) == (arguments if flags is None else flags)


def test_an_error_reads_as_its_reader_typed():
    error = RunError("there is one already", "pass another out=...")
    assert str(error) == "there is one already; pass another out=..."
    assert line_of(error) == "there is one already; pass another --out"


def _raised() -> list[tuple[str, str, str]]:
    """(place, message, hint) of every error of ours that the source builds from literals; 1 for what is filled in."""
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["message"]:
                found.append((place, _literal(node.value), ""))
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if re.fullmatch(r"(Tunelet|Recipe|Data|Model|Run|Bench|Serve|Disk)Error", name) and node.args:
                texts = [_literal(argument) for argument in node.args[:2]]
                found.append((place, texts[0], texts[1] if texts[1:] else ""))
    return found


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "'x'" if ast.unparse(part).endswith("!r}'") else "1"
            for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_no_message_and_no_hint_names_a_flag_outside_a_command():
    raised = _raised()
    assert len(raised) > 100
    for place, message, hint in raised:
        if place.startswith(("cli", "bench", "recipe/_settings.py")):  # these read what was typed
            continue
        for text in (message, re.sub(r"\b(tunelet|pip|hf) [a-z][^`;]*", "", hint)):
            assert not re.search(r"(?<![\w-])--[a-z]", text), (place, text)


def test_every_argument_that_a_hint_names_becomes_an_option():
    hints = {place: hint for place, _, hint in _raised() if re.search(r"(?<![\w.])[a-z_]+=", hint)}
    assert len(hints) > 40
    for place, hint in hints.items():
        left = re.findall(r"(?<![\w.])([a-z_]+)=", as_flags(hint).replace("--set ", "--set ."))
        # What no command has an option for is only ever met in Python.
        assert not [name for name in left if as_flags(f"{name}=...") != f"{name}=..."], (place, hint)


def test_what_the_api_raises_names_arguments(tmp_path):
    with pytest.raises(TuneletError, match="did you mean 'cuda'") as caught:
        tunelet.train([("a", "x")], device="gpu", quiet=True)
    assert "--" not in str(caught.value)
    (tmp_path / "taken").mkdir()
    with pytest.raises(TuneletError, match="another out") as caught:
        tunelet.train([("a", "x")], out=tmp_path / "taken", quiet=True)
    assert "--out" in line_of(caught.value)
    with pytest.raises(TuneletError, match="label='COL'"):
        tunelet.train([("a text of words", "x"), ("another text", "x")], out=tmp_path / "run", quiet=True)


def test_an_error_reaches_another_process_whole():
    import pickle

    for kind in (TuneletError, *TuneletError.__subclasses__()):
        found = pickle.loads(pickle.dumps(kind("what there is", "what to type")))  # noqa: S301  (our own)
        assert (type(found), found.message, found.hint) == (kind, "what there is", "what to type")
