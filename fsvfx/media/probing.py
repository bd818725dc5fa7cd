"""The process of ``fsvfx.media.probe``: reads the files that its standard input names, and answers a line each."""

from __future__ import annotations

import json
import os
import resource
import select
import sys
from pathlib import Path

from fsvfx.errors import FsvfxError
from fsvfx.media import frame_file, video_file
from fsvfx.media.guard import TooMuchMemoryError
from fsvfx.media.plate import Place

_IDLE = 60.0
"""Seconds after which the process gives its memory back."""


def main(gib: float) -> None:
    """Until nobody asks for a while, or standard input ends: with whoever asks."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # decoders print
        _limit(gib)
        while select.select([sys.stdin], [], [], _IDLE)[0] and (line := sys.stdin.readline()):
            question = json.loads(line)
            answers.write(json.dumps(_answer(**question)) + "\n")
            answers.flush()


def _answer(role: str, path: str, layer: str | None) -> dict[str, str]:
    """Of errors only that of memory: whoever asked reads the file next, and tells the others."""
    place = Place(path)
    try:
        if role == "video":
            video_file.peek(Path(path), place)
        else:
            frame_file.read_frame(Path(path), place, (), layer)
    except TooMuchMemoryError as error:
        return {"what": error.what, "mend": error.mend}
    except FsvfxError:
        return {}
    return {}


def _limit(gib: float) -> None:
    """What the process may take beyond what it has; and no crash leaves its memory on the disk."""
    have = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = have + int(gib * (1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(float(sys.argv[1]))
