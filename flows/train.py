"""The flow ``train``: from footage to a model package, on Dask workers. Its body is ``flows.told_training``."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.shot import api_of_run
from flows.told_training import train_told
from flows.watch import WATCHER
from fsvfx.executors.dask import Dask
from schemas.training import TrainingOutcome
from tasks.teller import Teller

log = logging.getLogger(__name__)


@flow(flow_run_name="{manifest}", persist_result=False)
def train(manifest: str, store: str | None = None, gpus: int = 0) -> State[TrainingOutcome]:
    """Train the model of a training manifest: what is not done.

    Args:
        manifest: its path, as the machine that runs the flow sees it.
        store: another store than the manifest's: a folder or s3://bucket/prefix.
        gpus: that many train together, a process on each; 0: one process, on a GPU if there is one.
    """
    with Teller(api_of_run(), log.warning) as teller, Dask() as executor:
        outcome = train_told(manifest, store, gpus, executor, teller, WATCHER.get(), str(flow_run.id))
    if outcome.state == "partial":
        return Failed(data=outcome, message=f"{outcome.reason}; run {outcome.command}")
    return Completed(data=outcome, message=outcome.package)
