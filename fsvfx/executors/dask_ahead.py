"""The template process of a run's workers. It can start before Dask is even imported: its own imports take about as
long as checking the shots."""

from __future__ import annotations

from fsvfx.executors.seats import seats
from fsvfx.executors.spawned import PRELOAD, Template

_QUIET = {"DASK_LOGGING__DISTRIBUTED": "critical"}
"""A closing cluster's workers print long complaints."""


def template(preload: str = PRELOAD) -> Template:
    """For workers that import the module ``preload`` on startup."""
    return Template("fsvfx.executors.dask_worker", preload, _QUIET)


def ahead(workers: int = 0) -> Template:
    """The same, already importing: for ``Dask``. If it turns out not to be needed, the caller closes it."""
    made = template()
    made.begin(seats(workers)[0])
    return made
