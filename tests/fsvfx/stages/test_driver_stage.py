"""Driver: somebody's footage becomes a performance for the shot's frames; known by rendered heads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from fsvfx import models
from fsvfx.actors import Moment, actor, render
from fsvfx.actors.clips import shown
from fsvfx.arrays import LazyFrames, Result
from fsvfx.errors import InputError, ModelError
from fsvfx.models import HEAD
from fsvfx.morphable import ict
from fsvfx.stages.contract import Work
from fsvfx.stages.driver import DriverStage
from fsvfx.stages.footage import Remade
from fsvfx.stages.swap import SwapStage
from schemas.frames import Chunk, FrameRange
from schemas.job import ShotJob
from schemas.manifest import Driver, Person, Plate, Replace, Shot
from schemas.receipts import Unit

SIDE, TAKE = 192, 10
JAWS = np.array([0, 0, 0.15, 0.3, 0.45, 0.6, 0.45, 0.3, 0.15, 0])
SHOT = FrameRange.span(1001, 1006)


@pytest.fixture(scope="module", autouse=True)
def weights(head: None) -> None:
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")


@lru_cache(maxsize=1)
def take() -> np.ndarray:
    """Ada opens her mouth, nods a little, and shuts it: (n, S, S, 3) u8."""
    moments = [Moment({"jawOpen": jaw}, pitch=6 * jaw) for jaw in JAWS.tolist()]
    return np.stack([np.asarray(shown(render(actor("ada"), one, SIDE).rgb) * 255 + 0.5, np.uint8) for one in moments])


class Source:
    """The take, or what is left of it where some frames are black; how often it was read."""

    def __init__(self, black: tuple[int, ...] = ()) -> None:
        self.black, self.read = black, 0

    def fingerprint(self) -> dict[str, str]:
        return {}

    def pictures(self, series: str = "") -> Iterator[np.ndarray]:
        assert series == "r1"
        self.read += 1
        for number, picture in enumerate(take(), 1):
            yield picture * (number not in self.black)


def job(**said: Any) -> ShotJob:
    """The second of two entries is driven."""
    plates = [
        Plate(path=f"{name}.mp4", first_frame=first, frames=frames, color_space="sRGB")
        for name, first, frames in (("p", 1001, SHOT), ("d", 1, FrameRange.span(1, TAKE)))
    ]
    driver = Driver(person="ada", plate=plates[1], **said)
    entries = (
        Replace(performer="cleo", identity="ben", engine="landmark_warp"),
        Replace(performer="dan", identity="ben", engine="blanz", driver=driver),
    )
    return ShotJob(
        production="p",
        shot=Shot(name="sh", plate=plates[0], replace=entries, chunk_size=4),
        people={name: Person(consent="c.yaml") for name in ("ada", "ben", "cleo", "dan")},
        deliver=(),
        store="memory://t",
        colour_config="studio-config-v4.0.0_aces-v2.0_ocio-v2.5",
        manifest="m.yaml",
    )


def run(source: Source, **said: Any) -> Result:
    stage, made = DriverStage(), job(**said)
    unit = Unit.of_shot()
    result = stage.run(Work(unit, tuple(SHOT), stage.settings(made, unit), {}, source=source))
    stage.outputs.check("driver", result)
    return result


def frames(result: Result, name: str) -> np.ndarray:
    return np.concatenate([np.asarray(part.frames[f"r1/{name}"]) for part in result.parts.values()])


def test_the_jaw_follows_the_truth_from_the_frame_that_is_named() -> None:
    source = Source()
    result = run(source, starts=999, neutral=1)
    assert list(result.parts) == ["1001-1004", "1005-1006"]
    jaw = frames(result, "expression")[:, ict().names.index("jawOpen")]
    truth = JAWS[2:8]
    assert np.corrcoef(jaw, truth)[0, 1] > 0.97
    assert np.abs(jaw - truth).max() < 0.2
    assert (frames(result, "share") == 1).all()
    figures = result.qc["r1"]
    assert (figures["frames"], figures["drives"]) == (TAKE, 6)
    assert source.read <= 4, "pictures are read in order, and few times"


def test_a_mouth_is_kept_upright_with_its_lips() -> None:
    result = run(Source(), starts=999)
    mouth, lips = frames(result, "mouth")[3], frames(result, "lips")[3]
    across = lips[10] - lips[0]
    assert abs(across[1]) < 2
    assert across[0] == pytest.approx(mouth.shape[1] / 1.5, rel=0.02)
    inside, cheek = mouth[48:56, 44:52].astype(float).mean(), mouth[2:10, 44:52].astype(float).mean()
    assert inside < 0.8 * cheek


def test_a_face_that_is_not_seen_where_it_plays_is_told() -> None:
    with pytest.raises(InputError) as refused:
        run(Source(black=(7, 8, 9, 10)), starts=997)
    assert "frames that play: 7-10" in refused.value.what
    assert refused.value.where is not None
    assert refused.value.where.field == "replace[1].driver"


def test_nobody_in_the_footage() -> None:
    with pytest.raises(InputError) as refused:
        run(Source(black=tuple(range(1, TAKE + 1))))
    assert refused.value.where is not None
    assert refused.value.where.field == "replace[1].driver"


def test_frames_that_it_does_not_drive_are_zero() -> None:
    settings = DriverStage().settings(job(starts=1003, beyond="own", ease=1), Unit.of_shot())
    assert list(settings.entries[0].plays) == [(1003, 1, 0.5), (1004, 2, 1), (1005, 3, 1), (1006, 4, 1)]
    part = run(Source(), starts=1003, beyond="own", ease=1).parts["1001-1004"]
    assert np.asarray(part.frames["r1/share"]).tolist() == [0, 0, 0.5, 1]
    assert not np.asarray(part.frames["r1/expression"])[:2].any()


def test_what_a_key_depends_on() -> None:
    """How far it counts is the swap's; what plays where, and the footage's color space, are the driver's."""
    stage, unit, chunk = DriverStage(), Unit.of_shot(), Unit.of_chunk(Chunk(first=1001, last=1004))
    base, before = stage.settings(job(), unit), SwapStage().settings(job(), chunk)
    assert stage.settings(job(strength=0.5, pose=True), unit) == base
    assert SwapStage().settings(job(strength=0.5), chunk) != before
    assert SwapStage().settings(job(starts=1000, beyond="loop"), chunk) == before
    for other in ({"starts": 1000, "beyond": "loop"}, {"neutral": 3}, {"track": 1}):
        assert stage.settings(job(**other), unit) != base
    assert {"ict_facekit", "facemesh"} <= set(stage.weights(base))
    assert HEAD in stage.weights(base)
    assert not stage.is_wanted(job().model_copy(update={"shot": job().shot.model_copy(update={"replace": ()})}))
    assert {need.stage for need in SwapStage().reads(job(), chunk)} >= {"fit", "driver"}


def test_lazy_arrays_are_read_on_and_made_anew() -> None:
    made: list[int] = []

    def make() -> Result:
        made.append(1)
        lazy = LazyFrames((), np.dtype(np.int64), (np.array(each) for each in range(5)))
        return Result({"a": lazy, "b": np.arange(5)}, {"t": {"frame": np.arange(2)}})

    data = Remade(range(10, 15), make)
    assert [int(data.frame("a", number)) for number in (10, 12, 12, 14)] == [0, 2, 2, 4]
    assert len(made) == 2
    assert int(data.frame("a", 11)) == 1
    assert len(made) == 3
    assert int(data.frame("b", 13)) == 3
    assert data.has("t")
    assert not data.has("c")
