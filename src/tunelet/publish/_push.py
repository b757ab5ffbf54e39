"""Upload a finished run to the Hugging Face Hub, through huggingface_hub: all that others need to use and judge it.

The files are assembled in memory, as `tunelet.publish._files` decides; no copy is written to the disk.
"""

from collections.abc import Mapping
from pathlib import Path

from tunelet._arguments import checked
from tunelet.errors import RunError
from tunelet.publish._files import published
from tunelet.run import Run


@checked
def push(
    run: str | Path | Run, repository: str, *, private: bool = False, texts: bool = False, words: bool = False
) -> str:
    """Write report and model card, and upload them with adapter, tokenizer, recipe and metrics.

    Neither data nor predictions are uploaded. After a download, `tunelet.Classifier.load` loads the model.

    >>> tunelet.push("runs/second", "someone/films")
    'https://huggingface.co/someone/films'

    Args:
        run: a finished run, or its folder.
        repository: OWNER/NAME on the Hub; it is created where there is none.
        private: make a new repository private; otherwise the owner's settings decide, which mostly make it public.
        texts: quote the texts of the most confident errors in the report, as the run's own report does.
        words: upload TF-IDF, where the model has its logits added (`kept.blend`) and is another one without them. It is
            a list of words, pairs of words and pieces of words of the training texts, names among them: 100,000 at
            most, of 200 texts or more only those that stand in two of them. No text can be put together from it.

    Returns:
        The address of the repository.

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
    checkpoint = run.environment.checkpoint
    if run.recipe.adapter.method == "lora" and checkpoint.origin == "folder":
        raise RunError(
            f"{run.path}: its adapter belongs to an encoder in a folder of this machine, where nobody else has it",
            "push the encoder first, and train with its name on the Hub",
        )
    if run.facts.blend and not words:
        raise RunError(
            f"{run.path}: to its logits those of TF-IDF are added, whose terms are words of the training texts",
            f"look through {run.folder.baseline}, and add words=True to upload it, too; or train again with "
            "settings={'evaluation.errors': 0}, adding nothing",
        )
    files = published(run, repository.rpartition("/")[2], texts=texts, words=words)
    return _upload(files, repository, private=private)


def _upload(files: Mapping[str, bytes | Path], repository: str, *, private: bool) -> str:
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    from tunelet.hub import out_of_reach, without_credentials

    api = HfApi()
    try:
        # None, not False: an organisation's own setting for new repositories decides.
        address = api.create_repo(repository, private=private or None, exist_ok=True)
        additions = [CommitOperationAdd(path, content) for path, content in files.items()]
        api.create_commit(repository, additions, commit_message="Upload a tunelet run")
    except LocalTokenNotFoundError:
        raise RunError("the Hub wants to know who uploads", "log in first: hf auth login") from None
    except Exception as error:
        if (reason := out_of_reach(error)) is not None:
            raise RunError(f"{repository} was not uploaded: {reason}", "try again when the Hub is in reach") from None
        if not isinstance(error, HfHubHTTPError):
            raise
        refused = getattr(error.response, "status_code", None) in (401, 403)
        raise RunError(
            f"the Hub did not take {repository}: {without_credentials(' '.join(str(error).split()))[:200]}",
            "log in with hf auth login, as someone who may write there" if refused else "try again",
        ) from None
    return without_credentials(str(address))
