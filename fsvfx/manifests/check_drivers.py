"""Whether the performances that drive faces are consistent: who acts, in which frames, for which engines."""

from __future__ import annotations

from collections.abc import Iterator

from fsvfx.documents import Finding, Loc
from fsvfx.errors import InputError
from fsvfx.manifests.check_shots import check_chosen, check_within
from fsvfx.manifests.draft import Draft
from fsvfx.printable import counted
from schemas.frames import FrameRange
from schemas.manifest import Driver, Replace


def check_drivers(draft: Draft) -> Iterator[Finding]:
    """Each drives something, covers the frames of its shot, and the engine supports drivers."""
    for shot in draft.shots:
        for index, entry in shot.replace.items():
            if entry.driver is None:
                continue
            at = (*shot.loc, "replace", index, "driver")
            yield from _check_engine(at, entry)
            yield from _check_driver(at, entry.driver)
            if shot.plate is not None:
                yield from _check_cover(at, entry.driver, shot.plate.frames)


def _check_engine(at: Loc, entry: Replace) -> Iterator[Finding]:
    from fsvfx.engines import registry

    try:
        engine = registry.engine(entry.engine)
    except InputError:
        return  # reported with the engine
    if not engine.may_be_driven:
        able = [name for name, one in registry.engines().items() if one.may_be_driven]
        what = f"engine '{entry.engine}' can't be driven by another performance"
        yield Finding(at, what, f"Use one that is based on the morphable model: {', '.join(able)}")


def _check_driver(at: Loc, driver: Driver) -> Iterator[Finding]:
    yield from check_chosen(at, driver.track, driver.position)
    if not driver.expression and not driver.pose:
        yield Finding(at, "it gives neither expression nor pose", "Set one of them, or remove the driver")
    if len(driver.plate.frames) == 1:
        what = "it is a single frame, which would also be the face at rest: nothing would move"
        yield Finding((*at, "plate", "frames"), what, "Give more of it, with frames that show the face at rest")
    if driver.neutral is not None:
        yield from check_within((*at, "neutral"), FrameRange((driver.neutral,)), driver.plate.frames, "driver")
    if "ease" in driver.model_fields_set and driver.beyond != "own":
        yield Finding((*at, "ease"), "ease needs beyond: own", "Write beyond: own, or remove ease")


def _check_cover(at: Loc, driver: Driver, frames: FrameRange) -> Iterator[Finding]:
    start, last = driver.covers(frames.first)
    if last < frames.first or start > frames.last:
        what = f"the footage plays in frames {start}-{last}, but the shot has {frames}"
        yield Finding((*at, "starts"), what, "Correct starts: the shot's frame with which the footage begins")
    elif driver.beyond == "error" and (start > frames.first or last < frames.last):
        lost = len(frames) - (min(last, frames.last) - max(start, frames.first) + 1)
        given = counted(len(driver.plate.frames), "frame")
        what = f"{given} of footage can't cover the shot: {lost} of its {len(frames)} would have none"
        hint = "Give more frames, or say what shows there: beyond: hold, loop or own (the performer's own performance)"
        yield Finding((*at, "plate", "frames"), what, hint)
