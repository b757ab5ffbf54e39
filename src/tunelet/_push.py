"""A finished run to the Hugging Face Hub, through huggingface_hub: what others need to use it and to judge it.

What is uploaded is a copy: paths of this machine become names, and texts of the data stay here unless asked for.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from tunelet.errors import RunError
from tunelet.model._plain import forget_base
from tunelet.recipe import dump_recipe, with_settings
from tunelet.report import write_report
from tunelet.run import Run, RunFolder, RunGroup

_UPLOADED = (
    "README.md", "recipe.toml", "metrics.json", "data.json", "environment.json", "report.html", "report.pdf",
    "figures/*.svg", "adapter/*", "model/*", "tokenizer/*",
)  # fmt: skip


def push(run: str | Path | Run, repository: str, *, private: bool = False, texts: bool = False) -> str:
    """Write report and model card, and upload them with adapter, tokenizer, recipe and metrics.

    Neither data nor predictions are uploaded. Who downloads the repository loads it by `tunelet.Classifier.load`.

    Args:
        run: a finished run, or its folder.
        repository: OWNER/NAME on the Hub; made where there is none.
        private: make it private, where it is made now; else it is what the owner's settings say, most often public.
        texts: quote the texts of the most confident errors in the report, as the run's own report does.

    Returns:
        Its address.

    Raises:
        RunError: no such run, one that nobody else could load, a name that the Hub does not take, or the Hub refuses.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    run = run if isinstance(run, Run) else Run.load(run)
    try:
        validate_repo_id(repository)
    except HFValidationError:
        raise RunError(f"{repository!r} is no name of a repository", "write OWNER/NAME") from None
    if "/" not in repository:
        raise RunError(f"{repository!r} names no owner", "write OWNER/NAME")
    checkpoint = run.environment["checkpoint"]
    if run.recipe.adapter.method == "lora" and checkpoint["origin"] == "folder":
        raise RunError(
            f"{run.path}: its adapter belongs to an encoder in a folder of this machine, where nobody else has it",
            "push the encoder first, and train with its name on the Hub",
        )
    with tempfile.TemporaryDirectory(prefix="tunelet-push-") as folder:
        staged = Path(folder) / run.path.resolve().name
        _stage(run, staged)
        write_report(RunGroup.load(staged), texts=texts)
        return _upload(staged, repository, private=private)


def _stage(run: Run, staged: Path) -> None:
    """A copy of the run without paths of this machine."""
    left = shutil.ignore_patterns("*.parquet", "baseline", "tracking", "report.*", "figures")
    shutil.copytree(run.path, staged, ignore=left)
    copy = RunFolder(staged)
    forget_base(copy.weights)
    sources = {key: _name(run.data[key]) for key in ("source", "test_source")}
    copy.write_json(copy.data, run.data | sources)
    summary, recipe, checkpoint = run.summary | {"run": staged.name}, run.recipe, run.environment["checkpoint"]
    if checkpoint["origin"] == "folder":  # a name on the Hub is kept whole
        name = _name(checkpoint["name"])
        summary |= {"model": name}
        recipe = with_settings(recipe, {"model.name": name})
        checkpoint = checkpoint | {"name": name, "reason": "a folder of the machine that trained it"}
    copy.write_json(copy.metrics, summary)
    copy.write_text(copy.recipe, dump_recipe(recipe))
    copy.write_json(copy.environment, run.environment | {"checkpoint": checkpoint})


def _name(source: Any) -> Any:
    """The last part of a path; names such as hub:OWNER/NAME or sample are none."""
    return source if source is None or str(source).startswith("hub:") else Path(str(source)).name


def _upload(staged: Path, repository: str, *, private: bool) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    from tunelet._hub_errors import out_of_reach

    api = HfApi()
    try:
        # None, not False: what an organisation set for new repositories holds.
        address = api.create_repo(repository, private=private or None, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=staged,
            allow_patterns=list(_UPLOADED),
            commit_message="Upload a tunelet run",
        )
    except LocalTokenNotFoundError:
        raise RunError("the Hub wants to know who uploads", "log in first: hf auth login") from None
    except Exception as error:
        if (reason := out_of_reach(error)) is not None:
            raise RunError(f"{repository} was not uploaded: {reason}", "try again when the Hub is in reach") from None
        if not isinstance(error, HfHubHTTPError):
            raise
        refused = getattr(error.response, "status_code", None) in (401, 403)
        raise RunError(
            f"the Hub did not take {repository}: {' '.join(str(error).split())[:200]}",
            "log in with hf auth login, as someone who may write there" if refused else "try again",
        ) from None
    return str(address)
