"""Looking before anything is trained: at a checkpoint, and at the machine."""

from tunelet.inspection._doctor import Examination, doctor
from tunelet.inspection._inspect import Inspection, inspect

__all__ = ["Examination", "Inspection", "doctor", "inspect"]
