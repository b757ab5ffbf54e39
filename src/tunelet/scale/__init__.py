"""The scale room: the same function for many jobs, on processes of this machine or on a Ray cluster.

It knows nothing of trainings and texts, and no other room knows of Ray.
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.scale._cost import Cost
    from tunelet.scale._job import Job, Work
    from tunelet.scale._place import HERE, Place
    from tunelet.scale._workers import Workers, workers_at

__all__ = ["HERE", "Cost", "Job", "Place", "Work", "Workers", "workers_at"]

__getattr__ = lazy_exports(
    __name__,
    {
        "_cost": ("Cost",),
        "_job": ("Job", "Work"),
        "_place": ("HERE", "Place"),
        "_workers": ("Workers", "workers_at"),
    },
)
