"""Only faces that no training saw are evaluated on."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.evaluation.held_out import held_out_faces
from fsvfx.facesets.faceset import Faceset


def faceset(count: int, held_out: slice) -> Faceset:
    """Each face's pixels tell its frame."""
    frame = np.arange(1001, 1001 + count)
    crops = np.ones((count, 16, 16, 3), np.float16) * (np.arange(count, dtype=np.float16) / 128)[:, None, None, None]
    held = np.zeros(count, bool)
    held[held_out] = True
    return Faceset(
        person="lead", size=16, crops=list(crops), mask=list(np.zeros((count, 16, 16), np.uint8)),
        landmarks=np.zeros((count, 468, 3), np.float32), pose=np.zeros((count, 3), np.float32),
        sharpness=np.ones(count, np.float32), names=("talk",), footage=np.zeros(count, np.int64), frame=frame,
        held_out=held, digest="0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("held", "most", "expected"), [(slice(40, 50), 64, 10), (slice(0, 100), 24, 24), (slice(0, 0), 8, 0)]
)
def test_held_out_faces_in_runs(held: slice, most: int, expected: int) -> None:
    source = faceset(100, held)
    faces = held_out_faces(source, most)
    assert len(faces.frames) == len(faces.crops) == len(faces.landmarks) == expected
    assert set(faces.frames) <= set(source.frame[source.held_out].tolist())
    assert np.allclose(faces.crops[:, 0, 0, 0] * 128, np.array(faces.frames) - 1001)
    steps = np.diff(faces.frames)
    assert (steps >= 1).all()
    assert not expected or (steps == 1).mean() > 0.8
