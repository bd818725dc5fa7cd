"""Thousands of files with changed bytes: each is read, or refused by an error of ours; nothing crashes, nothing hangs.

They are read in a child process, as a decoder's crash would take the whole suite along.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import mutated_kinds
import pytest
from mutated_kinds import KINDS, Kind

_TESTS = Path(mutated_kinds.__file__).parent
_SECONDS = 60
"""For one file, on the slowest machine."""


class Reader:
    """A child process that reads files one after the other."""

    def __init__(self) -> None:
        command = [sys.executable, mutated_kinds.__file__]
        paths = {"PYTHONPATH": os.pathsep.join(map(str, (_TESTS.parent, _TESTS)))}
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | paths
        )

    def outcome(self, kind: str, path: Path) -> str:
        """``read``, ``refused: why``, or what else came of it."""
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(json.dumps([kind, str(path)]) + "\n")
        self._child.stdin.flush()
        watchdog = threading.Timer(_SECONDS, self._child.kill)
        watchdog.start()
        line = self._child.stdout.readline()
        watchdog.cancel()
        return json.loads(line) if line else f"the process died with {self._child.wait()}"

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    def stop(self) -> None:
        self._child.kill()
        self._child.communicate()


@pytest.fixture(scope="module")
def outcome() -> Iterator[object]:
    readers = [Reader()]

    def of(kind: str, path: Path) -> str:
        if not readers[-1].is_alive:
            readers.append(Reader())
        return readers[-1].outcome(kind, path)

    yield of
    readers[-1].stop()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_read_or_refused(kind: Kind, outcome: object, tmp_path: Path) -> None:
    good = kind.write(tmp_path)
    content = good.read_bytes()
    assert outcome(kind.name, good) == "read"

    wrong = {}
    for seed in range(kind.count):
        good.write_bytes(kind.mutated(content, seed))
        came = outcome(kind.name, good)
        if came != "read" and not came.startswith("refused: "):
            wrong[seed] = came
    assert wrong == {}
