"""The publishing room: which files of a run go to the Hub, what is removed from them, and the upload."""

from tunelet.publish._files import published, shown_model, shown_run
from tunelet.publish._push import push

__all__ = ["published", "push", "shown_model", "shown_run"]
