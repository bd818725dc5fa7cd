"""Align gives engines wider pictures where they ask for them: the same picture, with more around it."""

from __future__ import annotations

import numpy as np
import pytest
from in_memory import Arrays, in_memory

from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.faces.topology import CANONICAL
from fsvfx.stages.align import AlignSettings, AlignStage
from fsvfx.stages.contract import Work
from schemas.frames import Chunk
from schemas.receipts import Unit

SIZE = 64
MESH = (CANONICAL * [1, -1, -1] * 4 + [120, 100, 0]).astype(np.float32)


def aligned(wide: float) -> dict[str, np.ndarray]:
    """Two frames; the performer is in the second one."""
    numbers = (1001, 1002)
    plate = np.random.default_rng(2).integers(0, 255, (2, 200, 240, 3), np.uint8)
    rows = {
        "frame": np.array([1002]),
        "landmarks": MESH[None],
        "segment_start": np.array([True]),
    }
    entries = {"entry": np.array([0]), "crop_size": np.array([SIZE])}
    settings = AlignSettings(
        entries=1, smooth=1.0, wide=(wide,), color_space="sRGB", colour_config=DEFAULT_CONFIG.name, exposure=0
    )
    given = {
        "ingest": Arrays(numbers, {"frames": plate}),
        "track": Arrays(numbers, tables={"r0": rows, "entries": entries}),
    }
    unit = Unit.of_chunk(Chunk(first=1001, last=1002))
    result = in_memory(AlignStage().run(Work(unit, numbers, settings, given)))
    assert AlignStage.outputs is not None
    AlignStage.outputs.check("align", result)
    return {name: np.asarray(array) for name, array in result.frames.items()}


@pytest.mark.parametrize(("wide", "margin"), [(1.25, 8), (1.3, 10)])
def test_a_wider_crop_holds_the_crop_in_its_middle(wide: float, margin: int) -> None:
    made = aligned(wide)
    crops, wider = made["r0/crops"], made["r0/wide"]
    assert wider.shape == (2, SIZE + 2 * margin, SIZE + 2 * margin, 3)
    assert not wider[0].any()
    within = slice(margin, -margin)
    assert np.abs(wider[1, within, within].astype(np.float32) - crops[1]).max() < 2e-3
    assert np.ptp(wider[1, :margin].astype(np.float32)) > 0.1, "there is picture around it"


def test_who_asks_for_no_more_gets_no_more() -> None:
    assert "r0/wide" not in aligned(1.0)
