"""What leaves the machine: which files of a run, made fit for others, and their way to the Hub."""

from tunelet.publish._files import published
from tunelet.publish._push import push

__all__ = ["published", "push"]
