"""Deliverables of kinds that packages bring: checked by their own models, as fsvfx's own are."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from fsvfx.delivery.contract import FrameKind, Problem, Surroundings
from fsvfx.delivery.kinds import REGISTERED
from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs
from schemas.base import FilePath, StrictModel, Text
from schemas.deliver import DeliverOther

REVIEW = '{kind: review, path: "out/{shot}/{shot}.mp4"}'


class ToySettings(StrictModel):
    kind: Literal["toy"]
    path: FilePath
    size: int = Field(3, ge=1)
    color_space: Text | None = None


class Toy(FrameKind[ToySettings]):
    name, Settings, endings, version = "toy", ToySettings, (".toy",), 2

    def problems(self, settings: ToySettings, around: Surroundings) -> Any:
        if settings.size == 13:
            yield Problem("size", "13 is unlucky", "Give 12")

    def write(self, path: Path, settings: ToySettings, scene: Any) -> None:
        raise AssertionError("nothing is written here")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("toy", f"{__name__}:Toy", REGISTERED.group)
    monkeypatch.setitem(REGISTERED.__dict__, "_points", REGISTERED._points | {"toy": point})


def test_a_job_has_its_defaults_and_its_version(write: Callable[..., Path]) -> None:
    path = write('{kind: toy, path: "out/{shot}.####.toy", color_space: acescg}', REVIEW)
    toy = jobs(path)[0].deliver[1]
    assert isinstance(toy, DeliverOther)
    assert toy.model_dump() == {
        "kind": "toy",
        "path": f"{path.parent}/out/sh0040.{{frame}}.toy",
        "kind_version": 2,
        "size": 3,
        "color_space": "ACEScg",
    }


@pytest.mark.parametrize(
    ("toy", "field", "what", "hint"),
    [
        ('{kind: toi, path: "{shot}.####.toy"}', "deliver[1]", "'toi' is not a valid choice", "Did you mean toy?"),
        ("{kind: revue, path: a}", "deliver[1]", "'revue' is not a valid choice", "Did you mean review?"),
        ("{kind: toy}", "deliver[1].path", "path is missing", "Add path"),
        ('{kind: toy, path: "{shot}.####.toy", size: 0}', "deliver[1].size", "0 is out of range", "at least 1"),
        ('{kind: toy, path: "{shot}.####.toy", size: big}', "deliver[1].size", "'big' is not a whole number", ""),
        ('{kind: toy, path: "{shot}.####.toy", sise: 4}', "deliver[1].sise", "'sise' is not a field", "'size'"),
        ('{kind: toy, path: "{shot}.####.toy", size: 13}', "deliver[1].size", "13 is unlucky", "Give 12"),
        ('{kind: toy, path: "{shot}.####.png"}', "deliver[1].path", "toy files can't end in '.png'", ".toy"),
        ('{kind: toy, path: "{shot}.toy"}', "deliver[1].path", "each frame needs its own file", "####"),
        (
            '{kind: toy, path: "all.####.toy"}',
            "deliver[1].path",
            "would overwrite deliver[1] of shot sh0040",
            "{shot}",
        ),
        ('{kind: toy, path: "{shot}.####.toy", color_space: Rec709ish}', "deliver[1].color_space", "Rec709ish", ""),
    ],
)
def test_what_is_wrong_is_reported_in_its_place(
    write: Callable[..., Path], toy: str, field: str, what: str, hint: str
) -> None:
    path = write(toy, REVIEW)
    if "all." in toy:  # both shots would write it, if their frames were not apart
        path.write_text(path.read_text().replace("frames: 1001-1048", "frames: 1001-1002"))
    with pytest.raises(ManifestError) as caught:
        jobs(path)
    [found] = [problem for problem in caught.value.problems if problem.field == field]
    assert what in found.what
    assert hint in found.hint
