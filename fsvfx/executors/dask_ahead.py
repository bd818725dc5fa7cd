"""The process that a run's workers are copies of. It can start before Dask is even imported: its own imports take
about as long as looking at the shots does."""

from __future__ import annotations

from fsvfx.executors.seats import seats
from fsvfx.executors.spawned import PRELOAD, Template

_QUIET = {"DASK_LOGGING__DISTRIBUTED": "critical"}
"""A closing cluster's workers complain at length."""


def template(preload: str = PRELOAD) -> Template:
    """Of workers that import the module ``preload`` as they start."""
    return Template("fsvfx.executors.dask_worker", preload, _QUIET)


def ahead(workers: int = 0) -> Template:
    """The same, at its imports already: for ``Dask``. Whoever has no use for it after all closes it."""
    made = template()
    made.begin(seats(workers)[0])
    return made
