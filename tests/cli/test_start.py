"""Starting is instant, and loads nothing that is not needed."""

import subprocess
import sys

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


def test_help_loads_few_modules():
    code = (
        "import sys\nsys.argv = ['tunelet', '--help']\nfrom tunelet.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(len(sys.modules))"
    )
    # Python itself and its command-line library are 150: what a busy machine makes of their loading is not ours.
    assert int(run("-c", code).split()[-1]) < 200


def test_every_public_name_is_there():
    import tunelet

    assert all(getattr(tunelet, name) is not None for name in tunelet.__all__)
    assert set(tunelet.__all__) <= set(dir(tunelet))
