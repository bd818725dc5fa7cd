"""What a run lists as delivered: only what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from footage import shot_job

from fsvfx.runner.graph import Graph
from fsvfx.runner.plan import Entry, Estimate, Plan
from schemas.deliver import DeliverExr, DeliverReview
from schemas.frames import FrameRange
from schemas.receipts import ChunkState

REVIEW, EXR = "/out/a.mp4", "/out/a.{frame}.exr"


@pytest.mark.parametrize(
    ("frames", "until", "listed"),
    [(None, None, (REVIEW, EXR)), ("1003-1004", None, (EXR,)), (None, "composite", ()), ("1003", "detect", ())],
)
def test_a_run_lists_what_it_delivers(frames: str | None, until: str | None, listed: tuple[str, ...]) -> None:
    wishes = (DeliverReview(kind="review", path=REVIEW), DeliverExr(kind="exr", path=EXR))
    job = shot_job(Path("/plate.mov"), "1001-1096").model_copy(update={"deliver": wishes})
    graph = Graph.of(job)
    steps = {step: Entry(step.stage, step.unit, ChunkState.DONE) for step in graph}
    wanted = graph.wanted(FrameRange.parse(frames) if frames else None, until=until)
    plan = Plan(job, graph, steps, wanted, FrameRange(()), Estimate())
    assert plan.outcome().deliverables == listed
    assert {step.unit.chunk is None for step in wanted if step.stage == "deliver"} <= {not frames, False}
