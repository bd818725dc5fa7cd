"""Whole EXR deliveries with layers, and of shots that swap nothing, by OpenImageIO as the second reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from fsvfx.delivery import deliver_chunk
from fsvfx.media import open_plate
from fsvfx.runner import dag
from schemas.frames import FrameRange

NONE = FrameRange(())
FRAMES = FrameRange.span(1001, 1003)
TIMECODE = OpenEXR.TimeCode(10, 20, 30, 11, False, False, False, False, False, False, 1, 2, 3, 4, 5, 6, 7, 8)


@pytest.fixture
def kit(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Callable[..., Any]:
    def make(*wishes: dict[str, Any], swaps: bool = True, **header: Any) -> Any:
        path = exr_plate(FRAMES, **header)
        plate = {"path": str(path), "frames": FRAMES, "color_space": "ACEScg", "frame_rate": "24"}
        exrs = [{"kind": "exr", "path": f"{n}.{{frame}}.exr", **wish} for n, wish in enumerate(wishes)]
        return shot_kit(plate, exrs, swaps=swaps)

    return make


def _parts(path: str) -> list[tuple[Any, np.ndarray]]:
    source, found = oiio.ImageInput.open(path), []
    while source.seek_subimage(len(found), 0):
        spec = source.spec()
        found.append((spec, source.read_image(len(found), 0, 0, spec.nchannels, "float")))
    return found


@pytest.mark.parametrize("parts", ["single", "multi"])
@pytest.mark.parametrize("space", [None, "linear_rec709", "ACEScct"])
def test_layers_over_the_plate_are_the_comp(kit: Callable[..., Any], parts: str, space: str | None) -> None:
    made = kit({"layers": ["matte", "swap", "stmap"], "parts": parts, "color_space": space})
    empty = kit({"layers": [], "color_space": space, "path": "plain.{frame}.exr"}, swaps=False)
    (unit,) = made.units
    files = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files
    comps = [_parts(file.path) for file in files]
    plain = [_parts(f.path)[0][1][..., :3] for f in deliver_chunk(empty.job, unit, empty.of_chunk(unit), NONE).files]
    for read, plate, file in zip(comps, plain, files):
        channels = {name: array[..., i] for spec, array in read for i, name in enumerate(spec.channelnames)}
        swap = np.stack([channels[f"swap.lead.{letter}"] for letter in "RGB"], -1)
        rgb = np.stack([channels[letter] for letter in "RGB"], -1)
        matte = channels["matte.double"]
        assert np.array_equal(matte, channels["matte.A"])
        over = plate * (1 - matte[..., None]) + swap
        assert (np.abs(over - rgb) <= 2 * np.spacing(np.maximum(np.abs(rgb), np.abs(swap)).astype(np.float16))).all()
        assert matte.any() == (file.frame != 1002)
        names = ["rgb", "matte", "swap.lead"] if parts == "multi" else ["rgb"]
        assert len(read) == len(names) + 1
        spec, uv = read[-1]
        assert str(spec.format) == "float"
        assert spec.get_string_attribute("oiio:ColorSpace") == "data"
        assert tuple(spec.channelnames) == ("stmap.double.R", "stmap.double.G")
        wanted = [-1, -1] if file.frame == 1002 else [(0.5 * 10 + 2.5) / 16, 1 - (0.5 * 4 + 0.5) / 16]
        assert uv[4, 10] == pytest.approx(wanted, abs=1e-6)


def test_alignment_is_read_where_an_st_map_is_wanted_only(kit: Callable[..., Any]) -> None:
    for layers, wanted in ((["matte"], ["composite", "ingest"]), (["stmap"], ["align", "composite", "ingest"])):
        made = kit({"layers": layers})
        needs = dag.needs_of("deliver", made.units[0], made.job)
        assert sorted(need.stage for need in needs) == wanted


@pytest.mark.parametrize("compression", ["none", "zips", "zip", "piz"])
@pytest.mark.parametrize("swaps", [True, False])
def test_lossless_formats_keep_every_bit_outside_the_matte(
    kit: Callable[..., Any], compression: str, swaps: bool
) -> None:
    made = kit({"compression": compression}, swaps=swaps)
    (unit,) = made.units
    plates = open_plate(made.job).pictures(list(FRAMES))
    for file, plate in zip(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files, plates):
        ((spec, _), *_) = _parts(file.path)
        read = oiio.ImageInput.open(file.path).read_image("half")
        outside = read[..., list(spec.channelnames).index("matte.A")] == 0
        assert np.array_equal(read[outside][:, :3].view(np.uint16), plate[outside].view(np.uint16))
        assert outside.all() == (not swaps or file.frame == 1002)


def test_with_nobody_to_replace_the_header_is_the_plates(kit: Callable[..., Any]) -> None:
    """No record is asked for, and the header says that nothing was altered, but keeps that something was before."""
    own = {"timeCode": TIMECODE, "owner": "Studio X", "comments": "take 4", "com.x.y": "z", "isoSpeed": 800.0,
           "worldToCamera": np.eye(4, dtype=np.float32), "pixelAspectRatio": 2.0, "whiteLuminance": 100.0,
           "chromaticities": (0.1,) * 8, "fsvfx/statement": "AI-ALTERED: by an earlier delivery"}  # fmt: skip
    made = kit({}, swaps=False, **own)
    made.job.people.clear()
    (unit,) = made.units
    file = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files[0]
    plate, header = (OpenEXR.File(path, header_only=True).header() for path in (
        made.job.shot.plate.path.replace("####", "1001"), file.path))  # fmt: skip
    same = {name for name, value in plate.items() if str(header.get(name)) == str(value)}
    assert set(plate) - same == {"channels", "whiteLuminance", "chromaticities", "fsvfx/statement"}
    assert "whiteLuminance" not in header
    assert header["chromaticities"][0] == pytest.approx(0.713)
    assert header["fsvfx/statement"].startswith("Not altered")
    assert header["fsvfx/plate/statement"].startswith("AI-ALTERED")
    assert header["fsvfx/altered"].startswith("no")
    assert bytes(str(header["timeCode"]), "ascii") == bytes(str(TIMECODE), "ascii")


def test_dwaa_loses_nothing_of_mattes_and_st_maps(kit: Callable[..., Any]) -> None:
    made = kit({"compression": "dwaa", "layers": ["matte", "stmap"]}, {"layers": ["matte", "stmap"]})
    (unit,) = made.units
    lossy, exact = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files[:2]
    for (spec, one), (_, other) in zip(_parts(lossy.path), _parts(exact.path)):
        for index, name in enumerate(spec.channelnames):
            assert np.array_equal(one[..., index], other[..., index]) == (name not in "RGB"), name
