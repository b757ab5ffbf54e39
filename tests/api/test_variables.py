"""An environment variable of a wrong form is named, with what it takes, before a library stumbles over it."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import tunelet
from command_line import ROOT, environment, refused, run
from tunelet import TuneletError
from tunelet._variables import _FORMS, check_variables


@pytest.mark.parametrize("name", sorted(_FORMS))
def test_a_variable_of_a_wrong_form_is_named_with_what_it_takes(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for value in ("abc", "nan", "1e300", "9" * 5000, "\x1b[31m", "1;2", "\udcff"):
        monkeypatch.setenv(name, value)
        with pytest.raises(
            TuneletError, match=f"the environment variable {name} takes .*; for example {name}="
        ) as caught:
            check_variables()
        assert len(str(caught.value)) < 300
    monkeypatch.setenv(name, _FORMS[name].example)
    check_variables()
    monkeypatch.setenv(name, "")
    check_variables()


def test_a_python_without_docstrings_is_named_and_help_is_given(tmp_path: Path) -> None:
    refused(run("recipes", cwd=tmp_path, PYTHONOPTIMIZE="2"), "-OO", "PYTHONOPTIMIZE=1")
    assert run("recipes", cwd=tmp_path, PYTHONOPTIMIZE="1").status == 0


def test_no_variable_of_tqdm_changes_the_bar_of_a_download(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.stderr.isatty = lambda: True\nfrom tunelet.hub._client import _bar\n"
    code += "with _bar(lambda: None)(total=2, name='x') as bar:\n    bar.update(2)"
    odd = {
        "TQDM_FILE": "abc",
        "TQDM_BAR_FORMAT": "{nope}",
        "TQDM_POSTFIX": "1",
        "TQDM_LOCK_ARGS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(**odd), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "100%" in done.stderr) == (0, True), done


def test_an_address_may_hold_a_password_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "user:secret@host")
    with pytest.raises(TuneletError) as caught:
        check_variables()
    assert "secret" not in str(caught.value)


def test_the_command_line_and_the_api_look_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong = {"HF_HUB_DOWNLOAD_TIMEOUT": "abc", "SOURCE_DATE_EPOCH": "abc"}
    done = run("train", "sample", "--model", "someone/encoder", cwd=tmp_path, **wrong)
    refused(
        done,
        "HF_HUB_DOWNLOAD_TIMEOUT takes a whole number of seconds from 1 on, found 'abc'",
        "HF_HUB_DOWNLOAD_TIMEOUT=10",
    )
    assert run("--help", **wrong).status == 0
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "abc")
    with pytest.raises(TuneletError, match="HF_HUB_DOWNLOAD_TIMEOUT"):
        tunelet.train("sample")


def test_backends_of_matplotlib_are_not_asked_for(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['tunelet', 'recipes']\nfrom tunelet.cli import main\n"
    code += "try:\n    main()\nexcept SystemExit:\n    import matplotlib.figure"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(MPLBACKEND="abc"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_user_of_a_container_has_neither_a_home_nor_a_name() -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv")
    code = "import os; from tunelet._cache import cache_folder; from tunelet._variables import check_variables\n"
    code += "check_variables(); print(cache_folder(), os.environ['HF_HOME'])"
    hidden = ("HOME", "TUNELET_CACHE", "XDG_CACHE_HOME", "HF_HOME", "USER", "LOGNAME")
    kept = {key: value for key, value in environment().items() if key not in hidden}
    with tempfile.TemporaryDirectory(prefix="tunelet-test-") as work:
        os.chown(work, 61234, 61234)
        kept |= {"TMPDIR": work, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        as_nobody = [setpriv, "--reuid=61234", "--regid=61234", "--clear-groups", sys.executable, "-c", code]
        done = subprocess.run(as_nobody, cwd=work, env=kept, capture_output=True, text=True, check=False)
        if done.returncode and "RuntimeError" not in done.stderr:
            pytest.skip(f"this Python cannot be run by others: {done.stderr[-200:]}")
        assert done.stdout.split() == [f"{work}/tunelet-61234", f"{work}/tunelet-61234/huggingface"], done
        assert stat.S_IMODE(Path(work, "tunelet-61234").stat().st_mode) == 0o700
