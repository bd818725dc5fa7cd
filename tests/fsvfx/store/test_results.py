"""Stage results in Zarr: what goes in comes out, and what was tampered with does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import archives
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from zarr.storage import ZipStore

from fsvfx.arrays import LazyFrames, Result
from fsvfx.errors import StoreError
from fsvfx.store import ShotStore, open_data, open_store, write_result
from fsvfx.store.data import pieces_of
from schemas.frames import Chunk
from schemas.receipts import Receipt, Unit

A, B = ("stages/swap/1001-1004/k.a.zarr.zip", "stages/swap/1001-1004/k.b.zarr.zip")
LATER = "stages/swap/1005-1008/k.a.zarr.zip"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = st.sampled_from(["u1", "u2", "i4", "i8", "f2", "f4", "f8", "?"])
PICTURES = np.random.default_rng(0).integers(0, 255, (4, 120, 200, 3), np.uint8)


def written(store: ShotStore, result: Result, path: str = A, first: int = 1001, count: int = 4) -> Receipt:
    made = write_result(store, path, range(first, first + count), result)
    unit = Unit.of_chunk(Chunk(first=first, last=first + count - 1))
    return Receipt(
        shot="sh01", stage="swap", stage_version=1, unit=unit, key="k", attempt="a", path=path, digest=made.digest,
        parts=made.parts, colour_config="c", seed=0, rights="r", started=NOW, ended=NOW, peak_rss_mib=1,
        bytes=made.bytes, worker="w:1", device="cpu",
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> ShotStore:
    """It keeps nothing in memory."""
    return open_store(str(tmp_path)).keeping(0)


@settings(max_examples=25, deadline=None)
@given(kind=KINDS, inner=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5), data=st.data())
def test_any_array_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, kind: str, inner: tuple[int, ...], data: Any
) -> None:
    store = open_store(str(tmp_path_factory.mktemp("any"))).keeping(data.draw(st.sampled_from([0, 1 << 20])))
    array = data.draw(hnp.arrays(np.dtype(kind), (4, *inner)))
    column = data.draw(hnp.arrays(np.dtype(kind), (data.draw(st.integers(0, 3)), *inner)))
    read = open_data(store, [written(store, Result(frames={"r0/x": array}, tables={"t": {"c": column}}))])
    np.testing.assert_array_equal(read.frames("r0/x"), array)
    np.testing.assert_array_equal(read.table("t")["c"], column)
    assert (read.frames("r0/x").dtype, read.table("t")["c"].dtype) == (array.dtype, column.dtype)


def test_lazy_and_whole_frames_are_the_same_result(store: ShotStore) -> None:
    whole = written(store, Result(frames={"x": PICTURES}), A)
    lazy = LazyFrames(PICTURES.shape[1:], PICTURES.dtype, iter(PICTURES))
    assert written(store, Result(frames={"x": lazy}), B).digest == whole.digest


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Result(frames={"y": PICTURES}), id="name"),
        pytest.param(Result(frames={"x": PICTURES.astype(np.uint16)}), id="dtype"),
        pytest.param(Result(frames={"x": PICTURES.reshape(4, 200, 120, 3)}), id="shape"),
        pytest.param(Result(frames={"x": PICTURES[::-1]}), id="order"),
        pytest.param(Result(frames={"x": PICTURES}, tables={"t": {"c": np.zeros(0)}}), id="table"),
        pytest.param(Result(frames={"x": PICTURES}, parts={"1001-1002": Result()}), id="part"),
    ],
)
def test_every_difference_shows_in_the_digest(store: ShotStore, other: Any) -> None:
    one = written(store, Result(frames={"x": PICTURES}), A)
    assert written(store, other, B).digest != one.digest


@pytest.mark.parametrize("given_frames", [3, 5])
def test_too_few_or_too_many_frames_are_refused(store: ShotStore, given_frames: int) -> None:
    lazy = LazyFrames(PICTURES.shape[1:], PICTURES.dtype, iter([PICTURES[0]] * given_frames))
    with pytest.raises(ValueError, match="frame"):
        written(store, Result(frames={"x": lazy}))
    with pytest.raises(ValueError, match="frames"):
        written(store, Result(frames={"y": np.zeros((given_frames, 2))}))


def test_pictures_are_one_frame_per_zarr_chunk_and_black_ones_are_there(store: ShotStore) -> None:
    receipt = written(store, Result(frames={"x": np.zeros_like(PICTURES), "small": np.zeros((4, 8))}))
    names = archives.members(store, receipt.path)
    assert len([name for name in names if name.startswith("frames/x/c/")]) == 4
    assert len([name for name in names if name.startswith("frames/small/c/")]) == 1
    assert store.names("stages") == [receipt.path]


def test_any_zarr_library_reads_what_is_stored(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    odd = np.random.default_rng(0).random((5, 1000)).astype(np.float16)  # a whole block, and part of another
    frames = {"x": PICTURES, "r0/flag": np.array([True, False, True, True]), "r0/none": np.zeros((4, 0, 2))}
    receipt = written(store, Result(frames=frames, tables={"t": {"c": odd}}, parts={"1001-1002": Result()}))
    group = zarr.open_group(ZipStore(tmp_path / receipt.path, mode="r"), mode="r")
    for name, array in {**{f"frames/{name}": each for name, each in frames.items()}, "tables/t/c": odd}.items():
        np.testing.assert_array_equal(group[name][:], array)
        assert group[name].dtype == array.dtype
    assert group.attrs["fsvfx"]["numbers"] == [1001, 1002, 1003, 1004]


@pytest.mark.parametrize("size", [1, 40])
def test_results_are_read_from_s3_whole_or_in_ranges(s3_bucket: str, size: int) -> None:
    store = open_store(f"{s3_bucket}/shots").keeping(0)
    noise = np.random.default_rng(0).integers(0, 255, (4, size, 100_000, 3), np.uint8)
    parts = {"1001-1002": Result(tables={"r0": {"v": np.arange(3)}})}
    receipt = written(store, Result(frames={"x": noise}, parts=parts))
    for reader in (store, store.keeping(1 << 24)):
        np.testing.assert_array_equal(open_data(reader, [receipt]).frame("x", 1003), noise[2])
        assert open_data(reader, [receipt], part="1001-1002").table("r0")["v"].tolist() == [0, 1, 2]


def test_results_of_version_0_2_are_read(store: ShotStore) -> None:
    parts = {"1001-1002": Result(tables={"r0": {"v": np.arange(3)}})}
    result = Result(frames={"x": PICTURES, "small": np.arange(4.0)}, parts=parts)
    now = written(store, result)
    path = "stages/swap/1001-1004/k/a"
    assert archives.write_folder(store, path, range(1001, 1005), result) == now.digest
    before = now.model_copy(update={"path": path})
    assert [piece.check() for piece in pieces_of(store, before)] == [[], []]
    np.testing.assert_array_equal(open_data(store, [before]).frames("x"), PICTURES)
    assert open_data(store, [before], part="1001-1002").table("r0")["v"].tolist() == [0, 1, 2]
    store.delete(f"{path}/frames/x/c/2/0/0/0")
    with pytest.raises(StoreError, match="is missing a Zarr chunk"):
        open_data(store, [before]).frame("x", 1003)


def test_chunks_are_stitched_and_cut(store: ShotStore) -> None:
    rows = {"frame": np.arange(1001, 1005), "v": np.arange(4)}
    one = written(store, Result(frames={"x": np.arange(4)}, tables={"t": rows}))
    more = {"frame": np.arange(1005, 1009), "v": np.arange(4, 8)}
    two = written(store, Result(frames={"x": np.arange(4, 8)}, tables={"t": more}), LATER, first=1005)
    data = open_data(store, [two, one], numbers=[1003, 1004, 1005, 1009])
    assert list(data.numbers) == [1003, 1004, 1005]
    assert data.frames("x").tolist() == [2, 3, 4]
    assert sorted(data.table("t")["v"].tolist()) == [2, 3, 4]
    assert data.has("x")
    assert not data.has("y")
    for number in (1009, 1001):  # nobody vouches for it; not asked for
        with pytest.raises(StoreError, match="No receipt for"):
            data.frame("x", number)


def test_a_chunk_reads_its_part(store: ShotStore) -> None:
    parts = {name: Result(tables={"r0": {"v": np.array([i])}}) for i, name in enumerate(["1001-1002", "1003-1004"])}
    receipt = written(store, Result(parts=parts))
    assert open_data(store, [receipt], part="1003-1004").table("r0")["v"].tolist() == [1]


def test_no_reference_pictures_are_no_pictures(store: ShotStore) -> None:
    receipt = written(store, Result(frames={"crops": np.zeros((0, 64, 64, 3), np.float16)}), count=0)
    assert open_data(store, [receipt]).frames("crops").shape == (0, 64, 64, 3)


@pytest.mark.parametrize("black", [True, False])
def test_a_missing_chunk_is_an_error_not_a_black_frame(store: ShotStore, black: bool) -> None:
    receipt = written(store, Result(frames={"x": PICTURES * (not black)}))
    archives.without(store, receipt.path, "frames/x/c/2/0/0/0")
    data = open_data(store, [receipt])
    data.frame("x", 1001)
    with pytest.raises(StoreError, match="is missing a Zarr chunk") as caught:
        data.frame("x", 1003)
    assert "--frames 1003 --stage swap" in caught.value.hint


def test_what_was_written_is_handed_on_in_memory_as_far_as_the_limit_goes(tmp_path: Path) -> None:
    store = open_store(str(tmp_path)).keeping(2 * PICTURES[0].nbytes)
    receipt = written(store, Result(frames={"x": LazyFrames(PICTURES.shape[1:], PICTURES.dtype, iter(PICTURES))}))
    store.discard("stages")
    data = open_data(store, [receipt])
    np.testing.assert_array_equal(data.frame("x", 1004), PICTURES[3])
    with pytest.raises(ValueError, match="read-only"):
        data.frame("x", 1004)[0] = 0
    with pytest.raises(StoreError, match="Stored data of swap"):
        data.frame("x", 1001)


def test_another_attempts_bytes_do_not_pass(store: ShotStore) -> None:
    receipt = written(store, Result(frames={"x": PICTURES}))
    other = written(store, Result(frames={"x": PICTURES[::-1]}), B)
    chunk = "frames/x/c/1/0/0/0"
    foreign = archives.members(store, other.path)[chunk]
    archives.changed(store, receipt.path, lambda name, content: foreign if name == chunk else content)
    with pytest.raises(StoreError, match="does not match its digest"):
        open_data(store, [receipt]).frame("x", 1002)
    with pytest.raises(StoreError, match="does not match its receipt"):
        open_data(store, [receipt.model_copy(update={"path": other.path})]).frame("x", 1002)
