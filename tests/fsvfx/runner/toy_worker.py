"""A process that runs one unit of the toy shot: ``python toy_worker.py STORE PLATE RUN_ID STAGE UNIT``."""

from __future__ import annotations

import sys
from pathlib import Path

import toy_stages

from fsvfx import runner


def main(store: str, plate: str, run_id: str, stage: str, name: str) -> None:
    toy_stages.install()
    job = toy_stages.toy_job(store, Path(plate), run_id=run_id)
    unit = next(unit for unit in runner.units_of(stage, job) if unit.name == name)
    print(runner.run_unit(job, stage, unit, list(runner.plan(job).receipts.values())).attempt, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
