"""``faces.head``: which morphable model a shot's faces are fitted with, and what that changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_textures

from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs
from fsvfx.rights.weights import used_by
from fsvfx.runner.dag import stage, stages, units_of
from fsvfx.stages.swap import SwapSettings, SwapStage
from schemas.job import ShotJob

SWAP = """    replace:
      - {performer: double, identity: lead, engine: landmark_warp, settings: {},
         overrides: [{frames: 1100-1120, settings: {}}]}
"""
DRIVER = "{person: lead, plate: {path: takes/ada.mp4, first_frame: 1, frames: 1-240, color_space: sRGB}}"


def shot(entry: str, head: str = "makehuman") -> str:
    return f"    faces: {{head: {head}}}\n    replace:\n      - {{performer: double, identity: lead, {entry}}}\n"


def changed(one: ShotJob, other: ShotJob) -> set[str]:
    """The stages whose settings or weights tell two jobs apart."""
    found = set()
    for name in stages():
        made = stage(name)
        for unit in units_of(name, one):
            said = [made.settings(job, unit) for job in (one, other)]
            if len({each.model_dump_json() for each in said}) == 2 or len({made.weights(each) for each in said}) == 2:
                found.add(name)
    return found


# id, the entry, the stages that know the head, the texture basis with another
CHOSEN = [
    ("blanz", "engine: blanz", {"fit", "swap"}, "none"),
    ("cheng", "engine: cheng", {"fit", "swap"}, None),
    ("driven", f"engine: cheng, driver: {DRIVER}", {"fit", "driver", "swap"}, None),
    ("flat", "engine: landmark_warp", set(), None),
]


@pytest.mark.parametrize(("entry", "stages_", "texture"), [row[1:] for row in CHOSEN], ids=[row[0] for row in CHOSEN])
def test_a_change_runs_only_what_knows_the_head(
    write: Callable[..., Path], entry: str, stages_: set[str], texture: str | None
) -> None:
    kit, hand = (jobs(write(shot(entry, head), SWAP))[0] for head in ("ict_facekit", "makehuman"))
    assert changed(kit, hand) == stages_
    used = {one.name for one in used_by(hand)}
    assert used.isdisjoint({"ict_facekit", "made_up"})
    assert ("makehuman" in used) == bool(stages_)
    made = SwapStage()
    settings = made.settings(hand, units_of("swap", hand)[0])
    assert isinstance(settings, SwapSettings)
    ((_, values),) = settings.entries[0].groups
    assert getattr(values, "texture", None) == texture
    assert settings.entries[0].head == ("makehuman" if stages_ else "ict_facekit")


# id, the entry, where it is told, what is told, how it is to be fixed
WRONG = [
    ("a basis", "engine: blanz, settings: {texture: '%s'}", "settings.texture", "UV of ict_facekit", "texture: none"),
    ("a basis in some frames", "engine: blanz, overrides: [{frames: 1001-1009, settings: {texture: '%s'}}]",
     "overrides[0].settings.texture", "head is makehuman", "head: ict_facekit"),
    ("a network that knows the other", "engine: unifacegan, settings: {model: m, sha256: '000000000000'}", "engine",
     "was trained on the head ict_facekit", "blanz or cheng"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "field", "what", "hint"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_another_head_can_not_do_is_told(
    write: Callable[..., Path], entry: str, field: str, what: str, hint: str
) -> None:
    card = toy_textures.placed(write().parent / "packages")
    path = write(shot(entry.replace("%s", f"toys@{card.sha256[:12]}")), SWAP)
    with pytest.raises(ManifestError) as refused:
        jobs(path)
    told = [one for one in refused.value.problems if one.field == f"shots[0].replace[0].{field}"]
    assert any(what in one.what and hint in one.hint for one in told), [str(one) for one in refused.value.problems]


def test_there_is_no_third_one(write: Callable[..., Path]) -> None:
    with pytest.raises(ManifestError) as refused:
        jobs(write(shot("engine: blanz", "flame"), SWAP))
    assert [one.field for one in refused.value.problems] == ["shots[0].faces.head"]
