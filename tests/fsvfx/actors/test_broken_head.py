"""A head file that is none."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from fsvfx.errors import ModelError
from fsvfx.morphable.facekit import facekit
from fsvfx.settings import machine


def _npz(**arrays: object) -> bytes:
    sink = io.BytesIO()
    np.savez(sink, **arrays)
    return sink.getvalue()


BROKEN = {
    "empty": b"",
    "text": b"no head",
    "half a zip": _npz(neutral=np.zeros((9, 3)))[:100],
    "a zip of nothing": b"PK\x05\x06" + bytes(18),
    "pickles": _npz(neutral=np.array([{}], object)),
    "other arrays": _npz(other=np.zeros(3)),
    "other shapes": _npz(neutral=np.zeros(3), quads=np.zeros(2)),
    "one array": b"\x93NUMPY\x01\x00\x10\x00{'descr': 'x'}  ",
}


@pytest.mark.parametrize("name", BROKEN)
def test_told_with_its_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "head.npz"
    path.write_bytes(BROKEN[name])
    monkeypatch.setenv("FSVFX_ICT_MODEL", str(path))
    machine.cache_clear()
    facekit.cache_clear()
    with pytest.raises(ModelError, match="ICT-FaceKit head can't be read") as told:
        facekit()
    assert "head.npz" in str(told.value)
    machine.cache_clear()
