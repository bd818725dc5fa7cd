"""Every shot of a manifest as a run of a deployment, all at once; how they ended is asked of the ledger."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.deployments import run_deployment

from fsvfx import manifests
from fsvfx.runner import plan
from schemas.outcome import Outcome

POLL_SECONDS = 5.0


def fanned_out(deployment: str, manifest: str, shots: Sequence[str], store: str | None, **limits: Any) -> list[Outcome]:
    """Run the shots on ``deployment`` and wait for all. Raises ManifestError, StoreError."""
    jobs = manifests.jobs(Path(manifest), shots=tuple(shots), store=store)
    begun: list[UUID] = []
    for job in jobs:
        given = {"manifest": manifest, "name": job.shot.name, "store": store, **limits}
        run: Any = run_deployment(deployment, parameters=given, flow_run_name=job.shot.name, timeout=0)
        begun.append(run.id)
    with get_client(sync_client=True) as client:
        for each in begun:
            _wait(client, each)
    return [plan(job, until=limits.get("until")).outcome() for job in jobs]


def _wait(client: SyncPrefectClient, run: UUID) -> None:
    while True:
        state = client.read_flow_run(run).state
        if state is not None and state.is_final():
            return
        time.sleep(POLL_SECONDS)
