"""Looking before anything is trained: at a checkpoint, and at the machine."""

from tunelet.inspection._describe import doctor_facts, doctor_record, inspection_facts, inspection_record
from tunelet.inspection._doctor import Examination, examine
from tunelet.inspection._inspect import Inspection, inspect_checkpoint

__all__ = [
    "Examination",
    "Inspection",
    "doctor_facts",
    "doctor_record",
    "examine",
    "inspect_checkpoint",
    "inspection_facts",
    "inspection_record",
]
