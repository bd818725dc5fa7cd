"""Performances that drive faces: what is wrong in them is told before a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs
from schemas.job import driver_job, people_of

SWAP = """- {performer: double, identity: lead, engine: landmark_warp, settings: {},
         overrides: [{frames: 1100-1120, settings: {}}]}"""
TAKE = "path: takes/ada.mp4, first_frame: 1, frames: 1-240, color_space: sRGB"
DRIVER = f"person: lead, plate: {{{TAKE}}}"
ENTRY = f"- {{performer: double, identity: lead, engine: blanz, driver: {{{DRIVER}}}}}"
AT = "shots[0].replace[0].driver"


def test_its_footage_is_a_shot_of_its_own(write: Callable[..., Path]) -> None:
    path = write(ENTRY, SWAP)
    (job,) = jobs(path, shots=["sh0040"])
    driver = job.shot.replace[0].driver
    assert driver is not None
    assert driver.plate.path == str(path.parent / "takes/ada.mp4")
    assert people_of(job.shot.replace[0]) == {"double", "lead"}
    footage = driver_job(job, 0)
    assert footage.shot.plate == driver.plate
    assert not footage.sound
    assert [entry.performer for entry in footage.shot.replace] == ["lead"]


# id, the text that is replaced, what stands there instead, where it is told, what is told, how it is to be fixed
WRONG = [
    ("nobody", "person: lead", "person: laed", f"{AT}.person", "'laed' is not among the people", "Did you mean 'lead'"),
    ("too short", "1-240", "1-200", f"{AT}.plate.frames", "200 frames of footage can't cover", "beyond"),
    ("late", "plate:", "starts: 1011, plate:", f"{AT}.plate.frames", "shot: 10 of", "own"),
    ("one picture", "1-240", "1-1", f"{AT}.plate.frames", "nothing would move", "at rest"),
    ("elsewhere", "plate:", "starts: 2001, beyond: own, plate:", f"{AT}.starts", "frames 2001-2240", "starts"),
    ("an engine that can't", "blanz", "landmark_warp", AT, "'landmark_warp' can't be driven", "blanz, cheng"),
    ("nothing", "plate:", "expression: false, plate:", AT, "neither expression nor pose", "remove"),
    ("rest elsewhere", "plate:", "neutral: 300, plate:", f"{AT}.neutral", "frame 300 is not in the driver's", "1-240"),
    ("ease alone", "plate:", "ease: 2, plate:", f"{AT}.ease", "beyond: own", "remove"),
    ("twice told apart", "plate:", "track: 1, position: [3, 4], plate:", f"{AT}.position", "both given", "one of them"),
    ("no such space", "sRGB}", "sRGBB}", f"{AT}.plate.color_space", "sRGBB", ""),
    ("no footage", "takes/ada.mp4", "takes/ada.txt", f"{AT}.plate.path", "'.txt' are not supported", "Convert"),
    ("before its first", "1-240", "0-240", f"{AT}.plate.frames", "before the plate's first frame", "first_frame"),
    ("too strong", "plate:", "strength: 2, plate:", f"{AT}.strength", "", "1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "field", "what", "hint"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_drivers_are_refused(
    write: Callable[..., Path], old: str, new: str, field: str, what: str, hint: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        jobs(write(ENTRY.replace(old, new, 1), SWAP))
    told = [problem for problem in refused.value.problems if problem.field == field]
    assert told, f"nothing about {field}: {[str(problem) for problem in refused.value.problems]}"
    assert any(what in one.what and hint in one.hint for one in told), [str(one) for one in told]


def test_a_crowd_is_driven_by_nobody(write: Callable[..., Path]) -> None:
    basis = "{kind: privacy, decided_by: the legal desk, decided_on: 2026-11-20, why: %s}" % ("so it is " * 6)
    crowd = f"- {{performers: all, identity: {{bank: b}}, engine: blanz, basis: {basis}, driver: {{{DRIVER}}}}}"
    with pytest.raises(ManifestError) as refused:
        jobs(write(crowd, SWAP))
    assert any(one.field == AT and "for a single face" in one.what for one in refused.value.problems)
