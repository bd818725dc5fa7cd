"""A file that crashes, hangs or eats memory harms only the process that looks at it first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from footage import picture, shot_job, write_stills, write_video

from fsvfx.errors import PlateError
from fsvfx.media import open_plate, probe, source_for
from fsvfx.media.files import Place
from fsvfx.media.sequence.frame import probe_frame
from fsvfx.settings import machine
from schemas.receipts import Unit

SEGV = "import os, signal, sys; sys.stdin.readline(); os.kill(os.getpid(), signal.SIGSEGV)"
KILLED = "import os, signal, sys; sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)"
QUIT = "import sys; sys.stdin.readline(); sys.exit(3)"
ABORT = "import os, sys; sys.stdin.readline(); os.abort()"
HANGS = "import sys, time; sys.stdin.readline(); time.sleep(600)"
SOUND = "import sys\nfor line in sys.stdin: print('sound', flush=True)"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The real process' questions, by path."""
    paths: list[str] = []
    ask = probe.Prober.ask

    def noted(self: probe.Prober, question: probe.Question, seconds: float) -> object:
        paths.append(Path(str(question["path"])).name)
        return ask(self, question, seconds)

    monkeypatch.setattr(probe.Prober, "ask", noted)
    probe._prober.cache_clear()
    yield paths
    probe._prober.cache_clear()


def _instead(monkeypatch: pytest.MonkeyPatch, program: str, seconds: str = "60") -> None:
    monkeypatch.setenv("FSVFX_PROBE_SECONDS", seconds)
    machine.cache_clear()
    prober = probe.Prober([sys.executable, "-c", program])
    monkeypatch.setattr(probe, "_prober", lambda process: prober)


@pytest.mark.parametrize(
    ("program", "says"), [(SEGV, "signal 11"), (KILLED, "signal 9"), (ABORT, "signal 6"), (QUIT, "exit 3")]
)
@pytest.mark.parametrize("role", ["video", "sequence", "reference"])
def test_a_crash_is_told_with_the_files_name(
    role: str, program: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _instead(monkeypatch, program)
    write_stills(str(tmp_path / "a.%04d.png"), [1001])
    write_video(tmp_path / "a.mp4", 4)
    for _ in range(2):  # it is started again, and the crash is not remembered as an answer
        with pytest.raises(PlateError, match=f"crashed on it \\({says}\\)") as told:
            _read(role, tmp_path)
        assert str(tmp_path / "a.") in str(told.value)


def _read(role: str, folder: Path) -> None:
    if role == "video":
        open_plate(shot_job(folder / "a.mp4", "1001-1004"))
    elif role == "sequence":
        open_plate(shot_job(folder / "a.####.png", "1001", frame_rate="24")).info  # noqa: B018
    else:
        job = shot_job("none.mp4", "1001", [str(folder / "a.1001.png")])
        list(source_for(job, Unit.of_person("lead")).pictures())


def test_a_hang_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead(monkeypatch, HANGS, "0.5")
    write_video(tmp_path / "a.mp4", 4)
    with pytest.raises(PlateError, match=r"not be read within 0.5 s.*FSVFX_PROBE_SECONDS"):
        open_plate(shot_job(tmp_path / "a.mp4", "1001-1004"))


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    monkeypatch.setenv("FSVFX_PROBE_GIB", "0.05")
    machine.cache_clear()
    cv2.imwrite(str(tmp_path / "a.1001.png"), np.zeros((9000, 9000, 3), np.uint8))
    with pytest.raises(PlateError, match="FSVFX_PROBE_GIB"):
        open_plate(shot_job(tmp_path / "a.####.png", "1001", frame_rate="24")).info  # noqa: B018
    assert asked == ["a.1001.png"]


def _exr(path: Path, layers: tuple[str, ...]) -> None:
    zeros = np.zeros((3000, 3000, 3), np.float16)
    OpenEXR.File({"type": OpenEXR.scanlineimage}, {f"{layer}RGB": zeros for layer in layers}).write(str(path))


def _tiff(path: Path) -> None:
    cv2.imwrite(str(path), np.zeros((6000, 6000, 3), np.uint8))


HUNGRY: dict[str, tuple[str, Callable[[Path], object]]] = {
    "OpenCV": ("a.png", _tiff),
    "Pillow": ("a.jpg", _tiff),
    "OpenImageIO": ("a.tif", _tiff),
    "OpenEXR": ("a.exr", lambda path: _exr(path, ("",))),
    "a layer": ("a.exr", lambda path: _exr(path, ("", "other."))),
}


@pytest.mark.parametrize("kind", HUNGRY)
def test_every_decoder_of_pictures_is_bounded(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, write = HUNGRY[kind]
    write(tmp_path / name)
    monkeypatch.setenv("FSVFX_PROBE_GIB", "0.02")
    machine.cache_clear()
    probe._prober.cache_clear()
    with pytest.raises(PlateError, match="FSVFX_PROBE_GIB"):
        probe_frame(tmp_path / name, Place(name))
    probe._prober.cache_clear()
    monkeypatch.undo()
    machine.cache_clear()
    probe_frame(tmp_path / name, Place(name))


HEAVY = ("numpy", "cv2", "av", "OpenEXR", "OpenImageIO", "PIL", "pydantic", "boto3", "schemas")


def test_the_process_starts_in_no_time() -> None:
    """It imports the one library that a file wants, when it is asked."""
    program = f"import sys, fsvfx.media.probe_child; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_one_process_asked_once_per_file(tmp_path: Path, asked: list[str]) -> None:
    """Of sequences and videos, their first frame only."""
    write_stills(str(tmp_path / "a.%04d.png"), range(1001, 1009))
    write_video(tmp_path / "b.mp4", 6)
    for _ in range(2):
        plate = open_plate(shot_job(tmp_path / "a.####.png", "1001-1008", frame_rate="24"))
        assert len(list(plate.pictures(range(1001, 1009)))) == 8
        assert len(list(open_plate(shot_job(tmp_path / "b.mp4", "1001-1006")).pictures([1001, 1006]))) == 2
    assert asked == ["a.1001.png", "b.mp4"]
    child = probe._prober(os.getpid())._child
    assert child is not None
    assert child.poll() is None


def test_a_changed_file_is_asked_again(tmp_path: Path, asked: list[str]) -> None:
    path = tmp_path / "a.png"
    for number in (1, 2):
        cv2.imwrite(str(path), picture(number))
        os.utime(path, ns=(number * 10**9, number * 10**9))
        probe_frame(path, Place("a.png"))
        probe_frame(path, Place("a.png"))
    assert asked == ["a.png", "a.png"]


def test_the_process_ends_with_whoever_started_it(tmp_path: Path, asked: list[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), picture(1))
    probe_frame(tmp_path / "a.png", Place("a.png"))
    child = probe._prober(os.getpid())._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    child.wait(timeout=60)
    cv2.imwrite(str(tmp_path / "b.png"), picture(1))
    probe_frame(tmp_path / "b.png", Place("b.png"))


def test_one_process_answers_many_questions() -> None:
    prober = probe.Prober([sys.executable, "-c", SOUND])
    assert [prober.ask({"by": "OpenCV", "path": "x"}, 60) for _ in range(50)] == ["sound"] * 50


def test_a_process_that_had_nothing_to_do_is_started_again() -> None:
    ends = "import sys; sys.stdin.readline(); print('sound', flush=True)"
    prober = probe.Prober([sys.executable, "-c", ends])
    assert [prober.ask({"by": "OpenCV", "path": "x"}, 60) for _ in range(4)] == ["sound"] * 4


SHADOWS = ("tasks", "schemas", "flows", "fsvfx", "numpy", "cv2", "av", "json", "PIL", "OpenEXR", "select")


def test_modules_in_the_working_folder_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    """Whoever runs fsvfx may stand in a folder with a ``numpy.py``, and have that folder on Python's path."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'imported')!r}, 'a').write({name!r}); raise SystemExit"
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    cv2.imwrite("a.png", picture(1))
    probe_frame(Path("a.png"), Place("a.png"))
    assert asked == ["a.png"]
    assert not (tmp_path / "imported").exists()


def test_an_idle_process_is_reaped() -> None:
    ends = "import sys; sys.stdin.readline(); print('sound', flush=True)"
    prober = probe.Prober([sys.executable, "-c", ends])
    prober.ask({"by": "OpenCV", "path": "x"}, 60)
    child = prober._child
    for _ in range(200):
        if child is None or not Path(f"/proc/{child.pid}").exists():
            break
        time.sleep(0.05)
    assert child is None or not Path(f"/proc/{child.pid}").exists()
