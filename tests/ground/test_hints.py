"""A hint names flags to who typed a command, and arguments to who called a function; no message names either."""

import ast
import re
from pathlib import Path

import pytest

import tunelet
from tunelet._hints import as_arguments
from tunelet.errors import RunError, TuneletError

SOURCE = Path(tunelet.__file__).parent


@pytest.mark.parametrize(
    ("flags", "arguments"),
    [
        ("name it: --text COL", "name it: text='COL'"),
        ("name it: --text 'my column'", "name it: text='my column'"),
        ("raise it: --limit 30", "raise it: limit=30"),
        ("pass another --out, or remove it", "pass another out, or remove it"),
        ("repeat it with --resume added, or another --out", "repeat it with resume=True added, or another out"),
        ("--set model.random_weights=true", "settings={'model.random_weights': True}"),
        ("type --set training.epochs=5, or --epochs 5", "type settings={'training.epochs': 5}, or epochs=5"),
        ("--lr 2e-4 or --batch-size 8", "learning_rate=2e-4 or batch_size=8"),
        ("for example --seeds 1,2", "for example seeds=(1, 2)"),
        ("type tunelet train DATA --text COL", "type tunelet train DATA --text COL"),
        ("`--model minilm` after `pip install 'x' --no-deps`", "`model='minilm'` after `pip install 'x' --no-deps`"),
        ("--test DATA and --device auto", "test='DATA' and device='auto'"),
    ],
)
def test_flags_become_arguments_and_commands_stay(flags, arguments):
    assert as_arguments(flags) == arguments


def test_an_error_reads_as_its_reader_typed():
    error = RunError("there is one already", "pass another --out")
    assert str(error) == "there is one already; pass another out"
    assert error.on_command_line() == "there is one already; pass another --out"


def _raised() -> list[tuple[str, str, str]]:
    """(place, message, hint) of every error of ours that the source builds from literals; X for what is filled in."""
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["message"]:
                found.append((place, _literal(node.value), ""))
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if re.fullmatch(r"(Tunelet|Recipe|Data|Model|Run|Bench|Disk)Error", name) and node.args:
                texts = [_literal(argument) for argument in node.args[:2]]
                found.append((place, texts[0], texts[1] if texts[1:] else ""))
    return found


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_no_message_names_a_flag_and_no_hint_shows_one_to_python():
    raised = _raised()
    assert len(raised) > 100
    for place, message, hint in raised:
        if place.startswith(("cli", "bench", "recipe/_settings.py")):  # these read what was typed
            continue
        assert not re.search(r"(?<![\w-])--[a-z]", message), (place, message)
        outside = re.sub(r"\b(tunelet|pip) [a-z][^`;]*", "", as_arguments(hint))
        assert not re.search(r"(?<![\w-])--[a-z]", outside), (place, hint)


def test_what_the_api_raises_names_arguments(tmp_path):
    with pytest.raises(TuneletError, match="did you mean 'cuda'") as caught:
        tunelet.train([("a", "x")], device="gpu", quiet=True)
    assert "--" not in str(caught.value)
    (tmp_path / "taken").mkdir()
    with pytest.raises(TuneletError, match="another out") as caught:
        tunelet.train([("a", "x")], out=tmp_path / "taken", quiet=True)
    assert "--out" in caught.value.on_command_line()
    with pytest.raises(TuneletError, match="label='COL'"):
        tunelet.train([("a text of words", "x"), ("another text", "x")], out=tmp_path / "run", quiet=True)
