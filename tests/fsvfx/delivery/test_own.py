"""Deliverables replace what the shot delivered before, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsvfx import place as place_module
from fsvfx.delivery import check_free, deliver_chunk, deliver_shot
from fsvfx.errors import InputError
from fsvfx.store import Address, Ledger, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt

NONE = FrameRange(())
KINDS = {
    "exr": {"kind": "exr", "path": "a.####.exr"},
    "frames": {"kind": "frames", "path": "a.####.png", "color_space": "sRGB"},
    "mattes": {"kind": "mattes", "path": "m.####.png"},
    "review": {"kind": "review", "path": "a.mp4"},
    "contact_sheet": {"kind": "contact_sheet", "path": "sheet.png"},
    "report": {"kind": "report", "path": "report.json"},
    "mhl": {"kind": "mhl", "path": ""},
}
PLACES = {"exr": "a.1002.exr", "frames": "a.1002.png", "mattes": "m.1002.png", "review": "a.mp4",
          "contact_sheet": "sheet.png", "report": "report.json", "mhl": "ascmhl/ascmhl_chain.xml"}  # fmt: skip


@pytest.fixture
def kit(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Callable[..., Any]:
    def make(*kinds: str) -> Any:
        plate = {"path": str(exr_plate(range(1001, 1004))), "frames": "1001-1003", "color_space": "ACEScg"}
        return shot_kit({**plate, "frame_rate": "24"}, [KINDS[kind] for kind in kinds or ("exr",)])

    return make


def chunk(made: Any, job: ShotJob | None = None, waived: FrameRange = NONE) -> Receipt:
    return deliver_chunk(job or made.job, made.units[0], made.of_chunk(made.units[0]), waived)


def shot(made: Any, delivered: Receipt, job: ShotJob | None = None) -> Receipt:
    inputs = [delivered, *made.ingest, *made.composite, *made.measure]
    return deliver_shot(job or made.job, inputs, NONE)


def changed(made: Any, **update: Any) -> ShotJob:
    """The same places, other bytes."""
    wish = made.job.deliver[0].model_copy(update={"layers": ()} if made.job.deliver[0].kind == "exr" else update)
    return made.job.model_copy(update={"deliver": (wish, *made.job.deliver[1:]), **update})


def out(made: Any) -> Path:
    return Path(made.job.manifest).parent / "out"


def theirs(made: Any, name: str) -> Path:
    path = out(made) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"theirs")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_others_stays(kit: Callable[..., Any], kind: str) -> None:
    made = kit("exr", kind) if kind != "exr" else kit("exr")
    path = theirs(made, PLACES[kind])
    with pytest.raises(InputError, match="that this shot did not deliver") as told:
        shot(made, made.commit(chunk(made)))
    assert path.read_bytes() == b"theirs"
    assert told.value.where.file == str(path)
    assert f"fsvfx retry {made.job.manifest} --shot sh010 --replace" in told.value.hint
    assert not list(out(made).rglob("*.part*"))


@pytest.mark.parametrize("kind", ["exr", "frames", "review", "report"])
def test_a_folder_in_the_way_is_called_one(kit: Callable[..., Any], kind: str) -> None:
    """--replace would not help."""
    made = kit(kind)
    (out(made) / PLACES[kind]).mkdir(parents=True)
    with pytest.raises(InputError, match="A folder of this name is in the way") as told:
        shot(made, made.commit(chunk(made)))
    assert "--replace" not in told.value.hint


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("may_replace", [False, True])
def test_a_link_to_a_plate_may_go_but_the_plate_stays(
    kit: Callable[..., Any], link: Callable[[Path, Path], None], may_replace: bool
) -> None:
    made = kit("exr")
    plate = Path(made.job.shot.plate.path).with_name("p.1002.exr")
    before, path = plate.read_bytes(), out(made) / "a.1002.exr"
    path.parent.mkdir()
    link(plate, path)
    job = made.job.model_copy(update={"may_replace": may_replace})
    if may_replace:
        chunk(made, job)
    else:
        with pytest.raises(InputError, match="did not deliver"):
            chunk(made, job)
    assert plate.read_bytes() == before
    assert (path.read_bytes() != before) == may_replace
    assert not path.is_symlink() or not may_replace


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mhl"])
def test_it_goes_if_a_person_says_so(kit: Callable[..., Any], kind: str) -> None:
    made = kit("exr", kind) if kind != "exr" else kit("exr")
    path = theirs(made, PLACES[kind])
    job = made.job.model_copy(update={"may_replace": True})
    shot(made, made.commit(chunk(made, job)), job)
    assert path.read_bytes() != b"theirs"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["committed", "revoked", "edited by hand"])
def test_what_the_shot_delivered_is_replaced(kit: Callable[..., Any], kind: str, how: str) -> None:
    made = kit("exr", *({kind} - {"exr"}))
    first = made.commit(chunk(made))
    last = made.commit(shot(made, first))
    ledger = Ledger(open_store(made.job))
    if how != "committed":
        for one in (first, last):
            ledger.revoke(Address.of(one))
    path = out(made) / PLACES[kind]
    if how == "edited by hand" and kind != "mhl":
        path.write_bytes(b"painted over")
    before = path.read_bytes()
    job = changed(made)
    again = chunk(made, job)
    shot(made, again, job)
    if kind == "exr":
        assert path.read_bytes() != before
    assert path.read_bytes() != b"painted over"


def test_an_interrupted_run_is_gone_on_with(kit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made = kit("exr")
    link, placed = place_module._placed_anew, []

    def crash(draft: Path, final: Path) -> bool:
        if placed:
            raise KeyboardInterrupt
        placed.append(final.resolve())
        return link(draft, final)

    monkeypatch.setattr(place_module, "_placed_anew", crash)
    with pytest.raises(KeyboardInterrupt):
        chunk(made)
    monkeypatch.undo()
    before = placed[0].read_bytes()
    # What the run was about to place next is somebody else's by now.
    stranger = theirs(made, "a.1003.exr")
    with pytest.raises(InputError, match="did not deliver") as told:
        chunk(made, changed(made))
    assert told.value.where.file == str(stranger)
    assert placed[0].read_bytes() != before
    stranger.unlink()
    assert len(chunk(made, changed(made)).files) == 3


def test_equal_bytes_count_as_ours(kit: Callable[..., Any]) -> None:
    made = kit("exr")
    first = chunk(made)
    Ledger(open_store(made.job)).settle(first.files)  # now neither a receipt nor a note names them
    assert chunk(made).files == first.files


def test_where_receipts_are_lost_the_report_tells(kit: Callable[..., Any]) -> None:
    made = kit("exr", "report")
    delivered = chunk(made)
    whole = shot(made, delivered)
    Ledger(open_store(made.job)).settle([*delivered.files, *whole.files])
    check_free(changed(made))
    assert len(chunk(made, changed(made)).files) == 3


def test_a_report_of_another_shot_tells_nothing(kit: Callable[..., Any]) -> None:
    made = kit("exr", "report")
    delivered = chunk(made)
    shot(made, delivered)
    Ledger(open_store(made.job)).settle(delivered.files)
    other = changed(made)
    renamed = other.model_copy(update={"production": "other"})
    path = out(made) / "report.json"
    path.write_text(path.read_text().replace('"harbour"', '"pier"'))
    with pytest.raises(InputError):
        check_free(renamed)


@pytest.mark.parametrize("may_replace", [False, True])
def test_a_plate_is_not_written_over_even_if_its_folder_became_the_outputs(
    kit: Callable[..., Any], may_replace: bool
) -> None:
    made = kit("exr")
    plates = Path(made.job.shot.plate.path).parent
    before = {path: path.read_bytes() for path in plates.iterdir()}
    out(made).symlink_to(plates)
    wish = made.job.deliver[0].model_copy(update={"path": f"{out(made)}/p.####.exr"})
    job = made.job.model_copy(update={"deliver": (wish,), "may_replace": may_replace})
    with pytest.raises(InputError, match="the plate of shot sh010"):
        chunk(made, job)
    assert {path: path.read_bytes() for path in plates.iterdir()} == before


@pytest.mark.parametrize(("name", "free"), [
    ("a.1002.exr", False), ("a.mp4", False), ("sh010.report.json", False), ("sh010.contact.png", False),
    ("a.1004.exr", True), ("a.02.exr", True), ("b.mp4", True),
])  # fmt: skip
def test_strangers_are_told_of_before_a_run(kit: Callable[..., Any], name: str, free: bool) -> None:
    made = kit("exr", "review")
    check_free(made.job)
    theirs(made, name)
    if free:
        check_free(made.job)
        return
    with pytest.raises(InputError, match="A file that this shot did not deliver"):
        check_free(made.job)
    check_free(made.job.model_copy(update={"may_replace": True}))


def test_before_a_run_our_own_files_are_no_strangers(kit: Callable[..., Any]) -> None:
    made = kit("exr", "review")
    made.commit(shot(made, made.commit(chunk(made))))
    check_free(changed(made))
