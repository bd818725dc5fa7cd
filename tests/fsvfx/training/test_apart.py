"""Trainings in processes of their own: asked to stop, gone on with by several, and gone wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from ordered import job_in, ordered
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from fsvfx.context import device_with
from fsvfx.errors import InputError, MachineError
from fsvfx.training import curves
from fsvfx.training.events import Ended, Message, Notice, Preview, Progress, Saved
from fsvfx.training.process import Seat, command_of, environment_of, trained_apart
from fsvfx.training.progress import DivergedError
from fsvfx.training.result import load_result

RESUME = "fsvfx train train.yaml"
ONE = Seat(threads=1)
ROOT = Path(__file__).resolve().parents[3]


def messages_of(order: Path, seat: Seat = ONE) -> list[Message]:
    return list(trained_apart(order, seat, RESUME))


@pytest.mark.slow
def test_stopped_by_one_process_and_gone_on_with_by_two(tmp_path: Path) -> None:
    job = job_in(tmp_path, iterations=400)
    folder = Path(job.folder)
    going = trained_apart(ordered(job), ONE, RESUME)
    assert next(one for one in going if isinstance(one, Progress)).step >= 1
    going.close()  # whoever listened is gone: it saves, then ends
    [saved] = folder.glob("checkpoints/step-*")
    reached = int(saved.name.removeprefix("step-"))
    assert curves.read(folder / "curves.jsonl")[-1].step == reached < 400

    longer = job_in(tmp_path, iterations=reached + 4, preview_iterations=2)
    told = messages_of(ordered(longer), Seat(processes=2, threads=2))
    assert Notice(f"Resumed at iteration {reached}") in told
    assert [one.step for one in told if isinstance(one, Progress)] == [reached + more for more in range(1, 5)]
    assert any(isinstance(one, Preview) for one in told)
    assert [one.step for one in told if isinstance(one, Saved)] == [reached + 4]
    assert told[-1] == Ended(reached + 4, "2 x cpu", f"{reached + 4} iterations done", stopped=False)
    result = load_result(folder)
    assert result.step == reached + 4
    assert any(name.startswith("held_out/") for name in result.losses)
    assert all(torch.isfinite(weight).all() for weight in result.weights.values())
    assert {"generator/identity", "held_out/identity", "speed/waiting", "preview"} <= tags_in(folder / "tensorboard")


@pytest.mark.slow
def test_training_that_diverges_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DivergedError) as raised:
        messages_of(ordered(job_in(tmp_path), broken=True))
    assert raised.value.exit_code == InputError.exit_code
    assert "Iteration 1 of training" in str(raised.value)
    assert "set clip" in raised.value.hint


def test_more_gpus_than_there_are_is_an_input_error() -> None:
    with pytest.raises(InputError, match="512 GPUs were requested"):
        device_with(512)


@pytest.mark.parametrize(("processes", "threads", "own"), [(1, 6, "6"), (2, 6, "3"), (4, 2, "1")])
def test_the_processes_share_the_seats_threads(processes: int, threads: int, own: str) -> None:
    around = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "HOME": "/home"}
    made = environment_of(Seat(processes, threads, "0,1"), around)
    assert made["OMP_NUM_THREADS"] == own
    assert (made["CUDA_VISIBLE_DEVICES"], made["HOME"]) == ("0,1", "/home")
    assert made["PYTHONSAFEPATH"] == "1"
    assert ("torch.distributed.run" in command_of(Path("order.json"), processes)) == (processes > 1)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with modules of a user's own in it; an empty entry in PYTHONPATH means that folder, too."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for name in ("tasks", "schemas", "torch", "numpy", "json", "fsvfx", "runpy"):
        (folder / f"{name}.py").write_text("raise SystemExit('a file of the working folder was imported')")
    monkeypatch.chdir(folder)
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(ROOT), "", *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    )
    return folder


@pytest.mark.parametrize("processes", [1, 2])
def test_nothing_of_the_working_folder_is_imported(hostile: Path, processes: int) -> None:
    """The order is not there: who looks for it has imported everything."""
    with pytest.raises(MachineError):
        messages_of(hostile / "absent.json", Seat(processes, threads=1))
    log = (hostile / "training.log").read_text()
    assert "absent.json" in log
    assert "was imported" not in log


def tags_in(folder: Path) -> set[str]:
    """Of every event file's records, whose checksums are looked at."""
    found: set[str] = set()
    for file in folder.iterdir():
        content = file.read_bytes()
        while content:
            size = int.from_bytes(content[:8], "little")
            assert int.from_bytes(content[8:12], "little") == masked_crc32c(content[:8])
            record, content = content[12 : 12 + size], content[16 + size :]
            found |= {value.tag for value in Event.FromString(record).summary.value}
    return found
