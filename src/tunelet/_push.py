"""A finished run to the Hugging Face Hub, through huggingface_hub: what others need to use it and to judge it."""

from pathlib import Path

from tunelet.errors import RunError
from tunelet.report import write_report
from tunelet.run import Run, RunGroup

_FILES = (
    "README.md", "recipe.toml", "metrics.json", "environment.json", "report.html", "report.pdf", "adapter/*",
    "model/*", "tokenizer/*", "figures/*.svg",
)  # fmt: skip


def push(run: str | Path | Run, repository: str, *, private: bool = False) -> str:
    """Write report and model card anew, and upload them with adapter, tokenizer, recipe and metrics.

    Neither data nor predictions are uploaded; the report shows the texts of the most confident errors (set
    `evaluation.errors = 0` where no text may leave the house).

    Args:
        run: a finished run, or its folder.
        repository: OWNER/NAME on the Hub; made where there is none.
        private: make it private, where it is made now.

    Returns:
        Its address.

    Raises:
        RunError: no such run, a name that the Hub does not take, or the Hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    run = run if isinstance(run, Run) else Run.load(run)
    try:
        validate_repo_id(repository)
    except HFValidationError:
        raise RunError(f"{repository!r} is no name of a repository", "write OWNER/NAME") from None
    if "/" not in repository:
        raise RunError(f"{repository!r} names no owner", "write OWNER/NAME")
    write_report(RunGroup(run.path, (run,)))
    api = HfApi()
    try:
        address = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repository, folder_path=run.path, allow_patterns=list(_FILES), commit_message="Upload a tunelet run"
        )
    except LocalTokenNotFoundError:
        raise RunError("the Hub wants to know who uploads", "log in first: hf auth login") from None
    except (HfHubHTTPError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(
            f"the Hub did not take {repository}: {reason}", "log in with hf auth login, and try again"
        ) from None
    return str(address)
