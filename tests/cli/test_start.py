"""Starting is instant, and loads nothing that is not needed."""

import subprocess
import sys
import time

HEAVY = ("torch", "transformers", "peft", "pandas", "sklearn", "pyarrow", "datasets", "rich")


def run(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def test_importing_tunelet_and_asking_for_help_load_nothing_heavy():
    code = "import sys, tunelet; {}; print([name for name in {!r} if name in sys.modules])"
    assert run("-c", code.format("tunelet.TuneletError", HEAVY)).strip() == "[]"
    code = (
        "import sys\nsys.argv = ['tunelet', '--help']\nfrom tunelet.cli import main\n"
        f"try:\n    main()\nexcept SystemExit:\n    print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert run("-c", code).rstrip().endswith("[]")


def test_help_takes_under_three_tenths_of_a_second():
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        assert "Usage: tunelet" in run("-m", "tunelet", "--help")
        seconds.append(time.perf_counter() - begin)
    # The fastest of five: what else the machine does is not the command's time.
    assert min(seconds) < 0.3


def test_every_public_name_is_there():
    import tunelet

    assert all(getattr(tunelet, name) is not None for name in tunelet.__all__)
    assert set(tunelet.__all__) <= set(dir(tunelet))
