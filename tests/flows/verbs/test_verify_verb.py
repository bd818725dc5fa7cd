"""``verify`` prints one command, whatever it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from footage import shot_job

from flows.verbs.verify import tell
from fsvfx.errors import MachineError, Where
from schemas.frames import FrameRange


def problem(stage: str | None, *frames: int) -> MachineError:
    where = Where(stage=stage, frames=FrameRange(frames) if frames else None, file="f")
    return MachineError("It is gone", hint="Remove it", where=where)


@pytest.mark.parametrize(
    ("problems", "notes", "says"),
    [
        ([], [], None),
        ([], ["no receipt"], "Deliver them: fsvfx retry {manifest} --shot sh010"),
        ([problem("deliver", 1003), problem("deliver")], [], "{manifest} --shot sh010 --frames 1003 --stage deliver"),
        ([problem("detect", 1001)], ["no receipt"], "{manifest} --shot sh010 --frames 1001 --stage detect"),
        ([problem("deliver", 1002), problem("ingest", 1001)], [], "--frames 1001-1002 --stage ingest --stage deliver"),
        ([problem(None)], [], None),
    ],
)
def test_one_command(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    problems: Sequence[MachineError],
    notes: Sequence[str],
    says: str | None,
) -> None:
    job = shot_job(tmp_path / "p.####.png", "1001-1004")
    tell(job, problems, notes)
    told = capsys.readouterr().out
    assert told.count("fsvfx retry") == (says is not None)
    assert (says or "").format(manifest=job.manifest) in " ".join(told.split())
    assert ("all digests match" in told) == (not problems and not notes)
