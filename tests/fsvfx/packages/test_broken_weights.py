"""Weights whose header is not what it should be: each is told as an error of ours, with the file's name."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from toy_packages import card

from fsvfx.digests import sha256_of
from fsvfx.errors import ModelError
from fsvfx.packages import WEIGHTS, weights_in
from fsvfx.packages.files import check_seal

TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def _file(header: object, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + bytes(8)


def _tensor(**changed: object) -> bytes:
    return _file({"w": TENSOR | changed})


def _sealed(entry: object) -> bytes:
    return _file({"__metadata__": {"fsvfx": entry}, "w": TENSOR})


UNREADABLE = {
    "empty": b"",
    "two bytes": b"\1\0",
    "a header beyond the end": _file({"w": TENSOR}, 10**6),
    "a header of exabytes": _file({"w": TENSOR}, 2**63),
    "no JSON": _file(b"weights"),
    "no UTF-8": _file(b'{"\xff": 1}'),
    "a list": _file([1, 2]),
    "nothing": _file(None),
    "deep JSON": _file(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "an unknown dtype": _tensor(dtype="Q7"),
    "a negative shape": _tensor(shape=[-2]),
    "a shape beyond any memory": _tensor(shape=[2**40, 2**40]),
    "a negative offset": _tensor(data_offsets=[-8, 0]),
    "an offset beyond the end": _tensor(data_offsets=[800, 808]),
    "overlapping tensors": _file({"v": TENSOR, "w": TENSOR}),
    "metadata in a list": _file({"__metadata__": ["x"], "w": TENSOR}),
    "nested metadata": _sealed({"model": "toy"}),
}
UNSEALED = {
    "no entry": _file({"__metadata__": {"other": "x"}, "w": TENSOR}),
    "no metadata": _file({"w": TENSOR}),
    "an entry that is no JSON": _sealed("toy"),
    "a list for a record": _sealed('["toy"]'),
    "a number": _sealed("3"),
    "null": _sealed("null"),
    "an endless nesting": _sealed("[" * 100_000),
    "half a pair": _sealed('"\\ud800"'),
    "an endless number": _sealed('{"iterations": ' + "9" * 5000 + "}"),
    "no number": _sealed('{"iterations": NaN}'),
    "lists where names are": _sealed('{"model": [[["toy"]]], "people": 3}'),
}


@pytest.mark.parametrize("name", [*UNREADABLE, *UNSEALED])
def test_no_package_is_made_of_them(name: str, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes((UNREADABLE | UNSEALED)[name])
    with pytest.raises(ModelError, match=r"package's weights (can't be read|have an invalid)") as told:
        check_seal(card("0" * 64), tmp_path / WEIGHTS)
    assert WEIGHTS in str(told.value)


@pytest.mark.parametrize("name", UNREADABLE)
def test_none_is_loaded(name: str, tmp_path: Path) -> None:
    file = tmp_path / WEIGHTS
    file.write_bytes(UNREADABLE[name])
    with pytest.raises(ModelError, match="can't be read"):
        weights_in(tmp_path, sha256_of(file))
