"""``docs/preflight.md``, made from the table of checks."""

from __future__ import annotations

from fsvfx.preflight.table import CHECKS

_HEAD = """\
# Before a run

What can be known before a run is told before it, all of it at once, shot by shot.

| verb | looks at |
|---|---|
| `fsvfx validate` | the manifest alone, every problem with its line; deliverables that would write over anything that \
is read, or over each other; and, where a video is asked for and no `frame_rate` is given, the header of the first \
frame of an EXR or DPX sequence, if that is on this machine |
| `fsvfx validate --preflight` | the table below too, without asking for consent |
| `fsvfx plan`, `submit`, `retry` | the consent records, then the table below, for every shot that is not done |
| `fsvfx train` | the same for all of its footage: without a piece of it nothing is trained |

Exit code 2: no shot can run; no server and no worker was started, nothing was written. With several shots, one that
can't run does not stop the others: it is told at once, the others run, and the exit code is 4, as it is for a shot in
which something turns out wrong during the run.

| check | what it looks at |
|---|---|
"""


def page() -> str:
    return _HEAD + "".join(f"| {check.name} | {check.says} |\n" for check in CHECKS)
