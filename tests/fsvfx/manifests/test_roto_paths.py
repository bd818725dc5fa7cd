"""A manifest's roto: what can't be one is told at ``validate``; what can is within reach and resolved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs

OLD = "engine: landmark_warp, settings: {},"
MATTE = "composite: {mode: seamless,"
EXTERNAL = " matte: external,"
ENTRY = "shots[0].replace[0]"
COMPOSITE = "shots[0].composite"


@pytest.mark.parametrize(
    ("given", "composite", "field", "says"),
    [
        ("roto: roto/a.png", EXTERNAL, f"{ENTRY}.roto", "needs #### once"),
        ("roto: roto/a.1001.png", EXTERNAL, f"{ENTRY}.roto", "Write roto/a.####.png"),
        ('roto: "roto/a.####.mov"', EXTERNAL, f"{ENTRY}.roto", "mattes of type '.mov' are not supported"),
        ('roto: "../../a.####.exr"', EXTERNAL, f"{ENTRY}.roto", "outside the manifest's folder"),
        ('roto: "roto/{shot}.####.exr"', EXTERNAL, f"{ENTRY}.roto", "no {fields}"),
        ("roto_layer: A", "", f"{ENTRY}.roto_layer", "needs a roto"),
        ("settings: {}", EXTERNAL, f"{COMPOSITE}.matte", "there is no roto in replace[0]"),
        ("settings: {}", " matte: learned*external,", f"{COMPOSITE}.matte", "there is no roto in replace[0]"),
    ],
)
def test_wrong(given: str, composite: str, field: str, says: str, write: Callable[..., Path]) -> None:
    path = write(f"{OLD.replace('settings: {}', given)}", OLD)
    path.write_text(path.read_text().replace(MATTE, MATTE + composite))
    with pytest.raises(ManifestError) as told:
        jobs(path)
    assert [problem.field for problem in told.value.problems] == [field]
    assert says in told.value.problems[0].what + told.value.problems[0].hint


@pytest.mark.parametrize("given", ["roto/a.####.exr", "s3://bucket/a.%04d.png"])
def test_sound(given: str, write: Callable[..., Path]) -> None:
    path = write(f'engine: landmark_warp, roto: "{given}", roto_layer: A,', OLD)
    path.write_text(path.read_text().replace(MATTE, MATTE + EXTERNAL))
    entry = jobs(path)[0].shot.replace[0]
    assert entry.roto == (given if given.startswith("s3") else str(path.parent / given))


def test_no_deliverable_goes_over_it(write: Callable[..., Path]) -> None:
    path = write('engine: landmark_warp, roto: "out/sh0040/sh0040.####.exr",', OLD)
    path.write_text(path.read_text().replace(MATTE, MATTE + EXTERNAL))
    with pytest.raises(ManifestError) as told:
        jobs(path)
    assert "would overwrite the roto of shot sh0040" in told.value.problems[0].what
