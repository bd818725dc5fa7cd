"""A kind of deliverable that a package brings: the example of docs/extending.md, and a sheet of figures per shot."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest

from fsvfx.delivery import check_free, deliver_chunk, deliver_shot, delivery_notes, verify_deliverables
from fsvfx.delivery.contract import Problem, ShotKind, Surroundings
from fsvfx.delivery.kinds import REGISTERED, kinds
from fsvfx.errors import InputError
from schemas.base import FilePath, StrictModel
from schemas.deliver import DeliverOther
from schemas.frames import FrameRange
from schemas.receipts import Receipt
from schemas.report import DeliveryReport

DOCS = Path(__file__).parents[3] / "docs" / "extending.md"
NPY = {"kind": "npy", "path": "npy/sh010.{frame}.npy", "gain": 0.5}
NONE = FrameRange(())


class BrightnessSettings(StrictModel):
    kind: Literal["brightness"]
    path: FilePath
    digits: int = 3


class Brightness(ShotKind[BrightnessSettings]):
    """The mean of each frame's comp, as text."""

    name, Settings, endings, states = "brightness", BrightnessSettings, (".txt",), "file"

    def problems(self, settings: BrightnessSettings, around: Surroundings) -> Any:
        if settings.digits > 6:
            yield Problem("digits", "half floats have no 7 digits", "Give 6 or fewer")

    def write(self, path: Path, settings: BrightnessSettings, scene: Any) -> None:
        rows = [f"{one.number} {one.rgb.astype(np.float64).mean():.{settings.digits}f}" for one in scene.frames()]
        path.write_text("\n".join([scene.facts["statement"], *rows, f"{len(scene.delivered)} files"]))


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if packages had registered both."""
    example = ModuleType("our_deliverables")
    [code] = re.findall(
        r"```python title=[^\n]*\n(.*?)```",
        DOCS.read_text(encoding="utf-8").partition("## A new deliverable kind")[2].partition("\n## ")[0],
        re.S,
    )
    exec(compile(code, "our_deliverables.py", "exec"), example.__dict__)
    monkeypatch.setitem(sys.modules, "our_deliverables", example)
    points = {"npy": "our_deliverables:Npy", "brightness": f"{__name__}:Brightness"}
    found = {name: EntryPoint(name, value, REGISTERED.group) for name, value in points.items()}
    monkeypatch.setitem(REGISTERED.__dict__, "_points", REGISTERED._points | found)
    monkeypatch.setitem(REGISTERED.__dict__, "_loaded", {})


@pytest.fixture
def kit(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Any:
    plate = {"path": str(exr_plate(range(1001, 1005))), "frames": FrameRange.span(1001, 1004), "color_space": "ACEScg"}
    return shot_kit(plate, [NPY, {"kind": "brightness", "path": "sh010.txt"}])


def deliver(kit: Any, waived: FrameRange = NONE) -> tuple[list[Receipt], Receipt]:
    chunks = [kit.commit(deliver_chunk(kit.job, unit, kit.of_chunk(unit), waived)) for unit in kit.units]
    return chunks, kit.commit(deliver_shot(kit.job, [*chunks, *kit.ingest, *kit.composite, *kit.measure], waived))


def contents(receipts: list[Receipt]) -> dict[str, bytes]:
    return {file.path: Path(file.path).read_bytes() for receipt in receipts for file in receipt.files}


def test_the_documented_kind_is_delivered(kit: Any) -> None:
    chunks, shot = deliver(kit)
    files = [file for chunk in chunks for file in chunk.files]
    assert [(file.frame, Path(file.path).name) for file in files[:3]] == [
        (1001, "sh010.1001.npy"), (1001, "sh010.1001.npy.json"), (1002, "sh010.1002.npy"),
    ]  # fmt: skip
    assert {file.kind for file in files} == {"npy"}
    picture = np.load(files[0].path)
    assert picture.dtype == np.float32
    assert picture.shape == (18, 26, 3)
    facts = json.loads(Path(files[1].path).read_bytes())
    assert facts["statement"].startswith("AI-ALTERED")
    assert facts["rights"] == chunks[0].rights
    assert facts["frame"] == "1001"
    assert [file.kind for file in shot.files] == ["brightness", "contact_sheet", "report"]
    text = Path(shot.files[0].path).read_text()
    assert text.startswith("AI-ALTERED")
    assert text.endswith("8 files")


def test_waived_frames_are_the_plates(kit: Any) -> None:
    chunks, _ = deliver(kit, FrameRange([1003]))
    facts = [json.loads(Path(f.path).read_bytes()) for c in chunks for f in c.files if f.path.endswith(".json")]
    assert "waived" in facts[2]["altered"]


def test_the_report_lists_it_and_verify_reads_it_again(kit: Any) -> None:
    chunks, shot = deliver(kit)
    report = DeliveryReport.model_validate_json(Path(shot.files[-1].path).read_bytes())
    assert {"npy", "brightness"} <= {file.kind for file in report.files}
    assert verify_deliverables(kit.job) == []
    assert delivery_notes(kit.job) == []
    Path(chunks[0].files[0].path).write_bytes(b"somebody's own")
    Path(shot.files[0].path).unlink()
    assert [problem.where.file for problem in verify_deliverables(kit.job)] == [
        chunks[0].files[0].path, shot.files[0].path,
    ]  # fmt: skip


def test_again_it_has_the_same_bytes(kit: Any) -> None:
    chunks, shot = deliver(kit)
    before = contents([*chunks, shot])
    for path in before:
        Path(path).unlink()
    chunks, shot = deliver(kit)
    assert contents([*chunks, shot]) == before


def test_another_version_is_another_delivery(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks, _ = deliver(kit)
    monkeypatch.setattr(Brightness, "version", 2)
    monkeypatch.setattr(sys.modules["our_deliverables"].Npy, "version", 2)  # type: ignore[attr-defined]
    again, _ = deliver(kit)
    assert again[0].key != chunks[0].key


def test_somebody_elses_file_stays(kit: Any) -> None:
    sidecar = Path(kit.job.deliver[0].path.replace("{frame}", "1002") + ".json")
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text("mine")
    with pytest.raises(InputError, match="A file that this shot did not deliver"):
        check_free(kit.job)
    assert sidecar.read_text() == "mine"


def test_jobs_carry_it(kit: Any) -> None:
    again = type(kit.job).model_validate_json(kit.job.model_dump_json())
    assert again == kit.job
    assert isinstance(again.deliver[0], DeliverOther)


def test_own_kinds_come_first_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kinds()[:2] == ("exr", "frames")
    assert set(kinds()[-2:]) == {"npy", "brightness"}
