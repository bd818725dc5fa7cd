"""Freed pictures' memory stays with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

_FREED = """
import resource, sys
from fsvfx.executors.allocator import keep_memory

if "keep" in sys.argv:
    keep_memory()
for turn in range(11):
    pictures = [b"x" * (16 << 20) for _ in range(6)]
    del pictures
    if turn == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_freed_memory_is_used_again_without_the_system() -> None:
    kept, handed_back = (
        int(subprocess.run([sys.executable, "-c", _FREED, word], capture_output=True, check=True).stdout)
        for word in ("keep", "plain")
    )
    assert 3 * kept < handed_back
