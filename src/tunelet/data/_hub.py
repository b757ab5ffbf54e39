"""Data sets of the Hugging Face Hub: one configuration's files are downloaded, then `datasets` reads them from disk.

`datasets.load_dataset` could fetch them itself, but it asks several services, waits up to 100 s for each, and always
takes the `unsupervised` split along. Code of a data set is never run (`datasets` 4 and later cannot).
"""

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunelet import hub
from tunelet._choice import nearest
from tunelet._words import first_line
from tunelet.data._raw import RawTable, split_of
from tunelet.data.readers._arrow import table_from_arrow
from tunelet.data.readers._folders import left_out_note
from tunelet.errors import DataError
from tunelet.hub import LOCAL_DATA_HINT, OutOfReach, explain

ALIASES = {"imdb": "hub:stanfordnlp/imdb"}
PREFIX = "hub:"

_README = "README.md"
_DATA_FILE = re.compile(r".+\.(parquet|csv|tsv|jsonl|json)(\.(gz|zst))?")
_NO_DATA = ("dataset_infos.json", "dataset_dict.json", "state.json")
_IGNORED_SPLITS = ("unsupervised", "unlabeled", "unlabelled")
_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})(.*)")


@dataclass(frozen=True)
class _Configuration:
    """One configuration of a data set.

    Attributes:
        name: as README.md has it; None where README.md names none.
        splits: split -> its files; empty where `datasets` is to tell the splits by the files' names.
        files: all files to download.
    """

    name: str | None
    splits: Mapping[str, tuple[str, ...]]
    files: tuple[str, ...]


def read_hub_tables(data: str) -> tuple[dict[str, RawTable], str]:
    """The splits of a Hub data set as raw tables, and its format for the screen.

    Args:
        data: `hub:OWNER/NAME`, `hub:OWNER/NAME:CONFIG`, either with `@REVISION` after the name, or `imdb`.

    Returns:
        split ("train" always, "validation", "test") -> table, with the label names of its `ClassLabel` columns;
        and "Hub data set ...".

    Raises:
        DataError: no such data set or configuration, not for this user, out of reach, or nothing to train on.
    """
    name, _, config = ALIASES.get(data, data).removeprefix(PREFIX).partition(":")
    repo_id, revision = hub.parse_id(name)
    if not repo_id:
        raise DataError(f"expected hub:OWNER/NAME or hub:OWNER/NAME:CONFIG, found {data!r}", "name the data set")
    folder, configuration = _files_on_disk(repo_id, revision, config or None)
    splits = _tables_by_split(_load(folder, configuration, repo_id), repo_id)
    commit = hub.commit_of(folder)
    details = [f"configuration {configuration.name}"] if configuration.name not in (None, "default") else []
    details += [f"commit {commit[:7]}"] if commit else []
    form = ", ".join(["Hub data set", *details])
    return {split: replace(table, format=form) for split, table in splits.items()}, form


def _files_on_disk(repo_id: str, revision: str, config: str | None) -> tuple[Path, _Configuration]:
    cached = hub.cached_folder(repo_id, "dataset", revision)
    timeout = None if cached is None else hub.QUICK
    answer = hub.look_up(repo_id, "dataset", revision=revision, timeout=timeout, offline_hint=LOCAL_DATA_HINT)
    if isinstance(answer, OutOfReach):
        configuration = None if cached is None else _cached_configuration(cached, config, repo_id)
        if cached is None or configuration is None:
            raise explain(answer.error, repo_id, "dataset", offline_hint=_offline_hint()) from answer.error
        return cached, configuration
    readme = None
    if _README in answer.files:
        readme = hub.download(answer, [_README], last=False, offline_hint=LOCAL_DATA_HINT) / _README
    configuration = _choose(readme, config, answer.files, repo_id)
    _require(configuration.files, repo_id, answer.files)
    names = [*([_README] if readme else []), *configuration.files]
    return hub.download(answer, names, offline_hint=LOCAL_DATA_HINT), configuration


def _cached_configuration(folder: Path, config: str | None, repo_id: str) -> _Configuration | None:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    readme = folder / _README
    configuration = _choose(readme if readme.is_file() else None, config, names, repo_id)
    return configuration if configuration.files and _all_shards(configuration.files) else None


def _all_shards(names: Iterable[str]) -> bool:
    """Whether none of the files `...-00000-of-00002...` is missing: another configuration may have come first."""
    shards = [match.group(1, 3, 4) for name in names if (match := _SHARD.fullmatch(name))]
    return all(count == int(total) for (_, total, _), count in Counter(shards).items())


def _choose(readme: Path | None, wanted: str | None, names: Iterable[str], repo_id: str) -> _Configuration:
    """The configuration to read, by the metadata at the head of README.md.

    See https://huggingface.co/docs/hub/datasets-manual-configuration.
    """
    files = sorted(name for name in names if _DATA_FILE.fullmatch(name) and Path(name).name not in _NO_DATA)
    configs = _declared(readme)
    if not configs:
        if wanted is not None:
            raise DataError(f"the data set {repo_id!r} has no configurations, found {wanted!r}", f"type hub:{repo_id}")
        return _Configuration(None, {}, tuple(files))
    chosen: Mapping[str, Any] | None
    if wanted is not None:
        chosen = configs.get(wanted)
        if chosen is None:
            raise DataError(f"the data set {repo_id!r} has no configuration {wanted!r}", nearest(wanted, configs))
    else:
        chosen = next((entry for entry in configs.values() if entry.get("default")), configs.get("default"))
        if chosen is None and len(configs) == 1:
            chosen = next(iter(configs.values()))
        if chosen is None:
            first = next(iter(configs))
            raise DataError(
                f"the data set {repo_id!r} has several configurations: {', '.join(configs)}",
                f"type hub:{repo_id}:{first}",
            )
    name = str(chosen["config_name"])
    splits = _split_files(chosen, files)
    kept = {split: paths for split, paths in splits.items() if paths and split.casefold() not in _IGNORED_SPLITS}
    selected = sorted({path for paths in kept.values() for path in paths})
    if not splits:
        prefix = f"{str(chosen.get('data_dir') or '').strip('/')}/".lstrip("/")
        selected = [path for path in files if path.startswith(prefix)]
    return _Configuration(name, kept, tuple(selected))


def _declared(readme: Path | None) -> dict[str, Mapping[str, Any]]:
    from huggingface_hub import DatasetCard

    if readme is None:
        return {}
    try:
        configs = DatasetCard.load(readme, ignore_metadata_errors=True).data.to_dict().get("configs")
    except ValueError:
        return {}
    entries = configs if isinstance(configs, list) else []
    return {str(entry["config_name"]): entry for entry in entries if isinstance(entry, dict) and "config_name" in entry}


def _split_files(config: Mapping[str, Any], files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Split -> files, where the configuration names both; {} where it leaves the splits to the files' names."""
    prefix = f"{str(config.get('data_dir') or '').strip('/')}/".lstrip("/")
    declared = config.get("data_files")
    entries = declared if isinstance(declared, list) else []
    if isinstance(declared, str):
        entries = [{"split": "train", "path": declared}]
    splits: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if not isinstance(entry, dict) or "path" not in entry:
            return {}
        patterns = [entry["path"]] if isinstance(entry["path"], str) else list(entry["path"])
        matching = [f for f in files for pattern in patterns if _matches(f, prefix + str(pattern).removeprefix("./"))]
        splits[str(entry.get("split", "train"))] = tuple(dict.fromkeys(matching))
    return splits


def _matches(name: str, pattern: str) -> bool:
    if "**/" in pattern and fnmatch.fnmatchcase(name, pattern.replace("**/", "")):
        return True
    return fnmatch.fnmatchcase(name, pattern)


def _require(files: Iterable[str], repo_id: str, names: Iterable[str]) -> None:
    if any(files):
        return
    script = next((name for name in names if name.endswith(".py")), None)
    instead = f"only code ({script}), which is never run" if script else "none"
    raise DataError(
        f"expected Parquet, CSV or JSON files in the data set {repo_id!r}, found {instead}",
        f"a converted copy may be at hub:{repo_id}@refs/convert/parquet" if script else LOCAL_DATA_HINT,
    )


def _load(folder: Path, configuration: _Configuration, repo_id: str) -> Mapping[str, Any]:
    """`datasets.DatasetDict` of the files on the disk; README.md gives the features."""
    import datasets

    files = {split: [str(folder / path) for path in paths] for split, paths in configuration.splits.items()}
    shown = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        # With files named, `datasets` no longer takes the features from README.md by itself; and the splits left out
        # are no error, hence no checks against the counts there.
        loaded = datasets.load_dataset(
            str(folder),
            configuration.name,
            data_files=files or None,
            features=_features(folder / _README, configuration.name) if files else None,
            verification_mode="no_checks",
        )
    except Exception as error:  # `datasets` raises whatever its readers raise; each is about the files
        reason = first_line(error.__cause__ or error)
        raise DataError(f"the data set {repo_id!r} cannot be read: {reason}", "look at its files on the Hub") from error
    finally:
        if not shown:
            datasets.enable_progress_bars()
    by_split: Mapping[str, Any] = loaded
    return by_split


def _features(readme: Path, config: str | None) -> Any:
    """`datasets.Features` that README.md declares for the configuration, or None."""
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCard

    infos = DatasetInfosDict.from_dataset_card_data(DatasetCard.load(readme, ignore_metadata_errors=True).data)
    info = infos.get(config or "default")
    return None if info is None else info.features


def _tables_by_split(loaded: Mapping[str, Any], repo_id: str) -> dict[str, RawTable]:
    """The table of each split; a split of another name, or with hidden labels (-1) only, is left out."""
    splits: dict[str, RawTable] = {}
    unnamed, unlabelled = [], []
    for name, dataset in loaded.items():
        split = split_of(name) or ("train" if len(loaded) == 1 and name not in _IGNORED_SPLITS else None)
        if split is None or split in splits:
            unnamed += [name] if name not in _IGNORED_SPLITS else []
        elif (table := _table(dataset, f"{repo_id}, {name}")) is None:
            unlabelled.append(name)
        else:
            splits[split] = table
    notes = [left_out_note(unnamed)] if unnamed else []
    notes += [f"left out: {name}, whose labels are kept secret" for name in unlabelled]
    if notes and "train" in splits:
        splits["train"] = replace(splits["train"], notes=tuple(notes))
    if "train" not in splits:
        raise DataError(
            f"expected a split `train` in the data set {repo_id!r}, found {', '.join(loaded)}", LOCAL_DATA_HINT
        )
    return splits


def _table(dataset: Any, source: str) -> RawTable | None:
    names = {column: list(feature.names) for column, feature in dataset.features.items() if hasattr(feature, "names")}
    table = table_from_arrow(dataset.data.table, "Hub data set", source=source, class_names=names)
    columns = dict(table.columns)
    for column in names:
        # The convention of `datasets` for labels that are kept secret.
        columns[column] = [None if value == -1 else value for value in columns[column]]
        if columns[column] and all(value is None for value in columns[column]):
            return None
    return replace(table, columns=columns)


def _offline_hint() -> str:
    cached = hub.cached_ids("dataset", _README)
    return LOCAL_DATA_HINT + (f", or from the Hub's cache: hub:{', hub:'.join(cached[:5])}" if cached else "")
