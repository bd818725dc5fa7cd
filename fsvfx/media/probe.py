"""A file that is new to this machine is first decoded in a child process (``probe_child``), which may crash by itself.

So a decoder that crashes, hangs or uses up all memory does not affect workers. One child serves many files: the first
frame of each video and sequence, and every still. A file that passes is remembered until it changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from fsvfx.media import digests
from fsvfx.media.files import Place, held
from fsvfx.media.probe_child import MEMORY, SOUND
from fsvfx.settings import machine

Question = Mapping[str, Any]
"""``by``: the library that decodes it; ``path``; and that library's own settings. See ``probe_child``."""
_GRACE = 10.0
"""Seconds for a process to end after it has closed its output."""
_SEND_AGAIN = "Copy it again from its source, or convert it with another program"
_START = "import sys; sys.path[:] = sys.argv[2:]; from fsvfx.media.probe_child import main; main(float(sys.argv[1]))"

_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""Every thread reserves memory, which counts: with many cores they would use up what a picture may take."""


class _DiedError(Exception):
    """The process ended without an answer; negative: by a signal."""


def once(role: str, path: Path, place: Place, ask_of_it: Callable[[], None]) -> None:
    """Calls ``ask_of_it`` for ``path`` in this ``role``, unless the unchanged file has passed before."""
    with held(path, place) as there:
        stamps = {f"{path}#probed as {role}": digests.stamp_of(there)}

    def probed(_: str) -> str:
        ask_of_it()
        return SOUND

    digests.remembered(stamps, probed)


def ask(question: Question, place: Place) -> None:
    """PlateError if decoding it crashes, or takes too long or too much memory.

    Any other problem is reported when it is read.
    """
    settings = machine()
    try:
        answer = _prober(os.getpid()).ask(question, settings.probe_seconds)
    except TimeoutError:
        hint = "Check the disk; if the file is right, set FSVFX_PROBE_SECONDS higher"
        raise place.error(f"it could not be read within {settings.probe_seconds:g} s", hint) from None
    except _DiedError as error:
        what = f"the decoder crashed on it ({error}); it may need more memory than FSVFX_PROBE_GIB allows"
        raise place.error(what, _SEND_AGAIN) from None
    if answer == MEMORY:
        hint = "Make the picture smaller; if the machine has more, set FSVFX_PROBE_GIB higher"
        raise place.error("it can't be read within its memory limit", hint)


class Prober:
    """The child process: started on first use, and again after it has ended. One question at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None

    def ask(self, question: Question, seconds: float) -> str:
        """The child's answer: SOUND or MEMORY. Raises TimeoutError, _DiedError."""
        with self._lock:
            for _ in range(2):
                child = self._running()
                line = self._answer(child, question, seconds)
                if line:
                    return line.strip()
                self._end(child, _GRACE)
                if child.returncode:
                    raise _DiedError(_how(child.returncode))
        raise _DiedError("no answer")

    def _answer(self, child: subprocess.Popen[str], question: Question, seconds: float) -> str:
        """Empty if the child has ended: by a crash, or after an idle time."""
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(question) + "\n")
            child.stdin.flush()
            return _line(child.stdout, seconds)
        except BrokenPipeError:
            return ""
        except TimeoutError:
            self._end(child)
            raise

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(
                self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=os.environ | _FRUGAL
            )
            threading.Thread(target=self._child.wait, daemon=True).start()  # reap an idle child that ends
        return self._child

    def _end(self, child: subprocess.Popen[str], grace: float = 0.0) -> None:
        """Wait for its own exit first: its status, not our kill, tells how it ended."""
        self._child = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace)
        child.kill()
        child.communicate()


@lru_cache(maxsize=1)
def _prober(process: int) -> Prober:
    """One per process: a fork does not inherit it."""
    return Prober([sys.executable, "-I", "-S", "-c", _START, str(machine().probe_gib), *_library_path()])


def _library_path() -> list[str]:
    """Where the child finds fsvfx, Python and the libraries: Python's own first, never the working folder."""
    home = str(Path(__file__).parents[2])
    others = [place for place in sys.path if os.path.isabs(place) and os.path.exists(place) and place != home]
    safe = [place for place in others if not os.path.samefile(place, ".")]
    return [home, *sorted(safe, key=lambda place: not place.startswith((sys.prefix, sys.base_prefix)))]


def _line(pipe: IO[str], seconds: float) -> str:
    """The next line; empty at the end. The child writes whole lines. Raises TimeoutError."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        if not selector.select(seconds):
            raise TimeoutError
        return pipe.readline()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
