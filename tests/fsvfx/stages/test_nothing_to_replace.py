"""A shot in which nobody is replaced has no steps that only swaps want."""

from __future__ import annotations

from fsvfx.runner import Graph, dag
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Replace, Shot

CHUNKWISE = ("ingest", "detect", "measure", "deliver")
SWAPS = ("align", "swap", "occlude", "composite")


def job(*replace: Replace) -> ShotJob:
    plate = Plate(path="p.mp4", frames=FrameRange.span(1001, 1048), color_space="sRGB")
    return ShotJob(
        production="p", shot=Shot(name="s", plate=plate, replace=replace), people={},
        deliver=({"kind": "exr", "path": "{shot}.{frame}.exr"},), store="s", colour_config="none", manifest="m.yaml",
    )  # fmt: skip


def test_swaps_have_no_steps_where_nobody_is_replaced() -> None:
    stages = {step.stage for step in Graph.of(job())}
    assert stages.issuperset(CHUNKWISE)
    assert not stages & set(SWAPS)
    some = {step.stage for step in Graph.of(job(Replace(performer="a", identity="b", engine="landmark_warp")))}
    assert some.issuperset(SWAPS)
    assert not dag.units_of("swap", job())
