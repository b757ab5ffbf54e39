"""The export room: a finished run in the forms of other libraries, each behind a gate that runs it back.

It stands on what loads runs and on the model card. The room can be called: `tunelet.export(run, to=..., out=...)`.
"""

from tunelet._lazy import callable_room
from tunelet.export._export import Exported, export

__all__ = ["Exported", "export"]

callable_room(__name__, export)
