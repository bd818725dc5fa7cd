"""verify tells of every file that is gone or changed, whatever receipts there are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsvfx.delivery import deliver_chunk, deliver_shot, delivery_notes, verify_deliverables
from fsvfx.store import Address, Ledger, open_store
from schemas.frames import FrameRange
from schemas.receipts import Receipt

NONE = FrameRange(())


@pytest.fixture
def made(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Any:
    plate = {"path": str(exr_plate(range(1001, 1006))), "frames": "1001-1005", "color_space": "ACEScg"}
    wishes = [{"kind": "exr", "path": "a.####.exr"}, {"kind": "review", "path": "a.mp4"}, {"kind": "mhl", "path": ""}]
    return shot_kit({**plate, "frame_rate": "24"}, wishes)


def delivered(made: Any, *, shot: bool = True) -> list[Receipt]:
    chunks = [made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)) for unit in made.units]
    if not shot:
        return chunks
    return [*chunks, made.commit(deliver_shot(made.job, [*chunks, *made.ingest, *made.composite, *made.measure], NONE))]


def out(made: Any) -> Path:
    return Path(made.job.manifest).parent / "out"


def told(made: Any) -> set[str]:
    return {Path(problem.where.file or "").name for problem in verify_deliverables(made.job)}


FRAMES = {f"a.{number}.exr" for number in range(1001, 1006)}
REST = {"a.mp4", "sh010.contact.png", "sh010.report.json"}


def test_all_is_well(made: Any) -> None:
    delivered(made)
    assert told(made) == set()
    assert delivery_notes(made.job) == []


def test_the_whole_folder_gone_is_every_file(made: Any) -> None:
    receipts = delivered(made)
    shutil.rmtree(out(made))
    files = {Path(file.path).name for receipt in receipts for file in receipt.files}
    assert told(made) == files
    assert files > FRAMES | REST


@pytest.mark.parametrize("gone", [{"a.1003.exr"}, {"a.mp4"}, {"sh010.report.json"}, {"a.1001.exr", "sh010.contact.png"},
                                  FRAMES, REST])  # fmt: skip
def test_each_file_that_is_gone_is_told(made: Any, gone: set[str]) -> None:
    delivered(made)
    for name in gone:
        (out(made) / name).unlink()
    assert told(made) - {path.name for path in (out(made) / "ascmhl").iterdir()} == gone


@pytest.mark.parametrize("name", ["a.1005.exr", "a.mp4", "sh010.contact.png", "sh010.report.json"])
def test_a_flipped_byte_is_told_with_the_command(made: Any, name: str) -> None:
    delivered(made)
    content = bytearray((out(made) / name).read_bytes())
    content[len(content) // 2] ^= 1
    (out(made) / name).write_bytes(content)
    problems = [problem for problem in verify_deliverables(made.job) if problem.where.file == str(out(made) / name)]
    (problem,) = problems
    assert "has changed since" in problem.what
    assert f"fsvfx retry {made.job.manifest} --shot sh010" in problem.hint
    assert ("--frames 1005" in problem.hint) == (name == "a.1005.exr")


@pytest.mark.parametrize("how", ["never made", "revoked", "damaged"])
def test_without_the_shots_receipt_the_chunks_are_checked_and_it_is_said(made: Any, how: str) -> None:
    receipts = delivered(made, shot=how != "never made")
    at, store = Address.of(receipts[-1]), open_store(made.job)
    if how == "revoked":
        Ledger(store).revoke(at)
    elif how == "damaged":
        store.write(at.receipt, b'{"schema')
    (note,) = delivery_notes(made.job)
    assert "5 files of its chunks" in note
    assert told(made) == set()
    shutil.rmtree(out(made))
    assert told(made) == FRAMES


def test_with_no_receipt_at_all_it_is_said(made: Any) -> None:
    assert verify_deliverables(made.job) == []
    (note,) = delivery_notes(made.job)
    assert "no delivered file was checked" in note


def test_what_is_no_longer_asked_for_is_not_missed(made: Any) -> None:
    delivered(made, shot=False)
    wish = made.job.deliver[0].model_copy(update={"path": f"{out(made)}/b.####.exr"})
    job = made.job.model_copy(update={"deliver": (wish,)})
    shutil.rmtree(out(made))
    assert verify_deliverables(job) == []


def test_what_goes_elsewhere_now_was_not_checked(made: Any) -> None:
    """The manifest's paths have changed, or the project's folder has another name."""
    delivered(made)
    exr, review, mhl = made.job.deliver
    moved = [wish.model_copy(update={"path": wish.path.replace("/out", "/moved")}) for wish in made.job.deliver]
    cases = [
        ((exr, moved[1], mhl), "1 of 8 files"),
        ((moved[0], review, mhl), "7 of 8 files"),
        (moved, "no delivered file"),
    ]
    for deliver, count in cases:
        (note,) = delivery_notes(made.job.model_copy(update={"deliver": tuple(deliver)}))
        assert count in note


def test_frames_that_were_added_were_not_checked(made: Any) -> None:
    delivered(made)
    plate = made.job.shot.plate.model_copy(update={"frames": FrameRange.span(1001, 1007)})
    (note,) = delivery_notes(made.job.model_copy(update={"shot": made.job.shot.model_copy(update={"plate": plate})}))
    assert "2 of 10 files" in note
    assert "a.1006.exr" in note
