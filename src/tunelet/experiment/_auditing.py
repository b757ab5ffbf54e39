"""The audit of a run's data, as it was read: what `tunelet.audit` says of it, with the run's own tokenizer."""

from typing import TYPE_CHECKING

from tunelet.audit import AuditRecord, Part, Reader, audit_parts, without_texts
from tunelet.data import Reading
from tunelet.experiment._splits import split_seed
from tunelet.recipe import Recipe

if TYPE_CHECKING:
    from tunelet.experiment._material import Material


def audit_of(material: "Material", recipe: Recipe) -> AuditRecord | None:
    """What is wrong with the texts of a run, before any of them is dropped; None: the recipe asks for no audit.

    A run that keeps no text of its errors (evaluation.errors = 0) keeps none here either.
    """
    if not recipe.data.audit:
        return None
    reading, test = material.reading, material.test_reading
    parts = {name: _part(reading, name, name) for name in reading.splits}
    if test is not None:
        parts["test"] = _part(test, test.held_out(), "test")
    found = audit_parts(
        reading,
        parts,
        test_source=None if test is None else test.source,
        copies=material.prepared.copies,
        reader=Reader(material.checkpoint.name, material.tokenizer),
        seed=split_seed(recipe),
        left_out={} if reading.beside else {"columns": "there are no others"},
    ).record
    return found if recipe.evaluation.errors else without_texts(found)


def _part(reading: Reading, split: str, name: str) -> Part:
    examples = reading.splits[split]
    rows = reading.rows.get(split)
    whole = Part.of(name, examples)
    return Part(
        name,
        examples,
        whole.rows if rows is None else rows,
        beside=reading.beside if name == "train" else {},
        dropped=reading.dropped.get(split, {}),
        dropped_rows=reading.dropped_rows.get(split, {}),
    )
