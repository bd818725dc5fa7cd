"""The messages of a running training: in words for people, and as lines of JSON from its own process to others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

from fsvfx.errors import FsvfxError, Where
from schemas.frames import FrameRange

PAUSE = 0.5
"""Seconds between checks of a file that is followed."""


@dataclass(frozen=True)
class Notice:
    """Something that a person should know."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Progress:
    """The state of a training.

    step: iterations done. seconds: of training, including earlier sessions. losses: by term, means since the last
    message. speed: iterations a second. waiting: share of the time spent waiting for data. left: seconds to the end, if
    a stop rule sets one.
    """

    step: int
    seconds: float
    losses: Mapping[str, float]
    speed: float
    waiting: float
    left: float | None

    @property
    def share(self) -> float:
        """How much of the training is done, if a stop rule sets its end; otherwise 0."""
        return self.seconds / max(self.seconds + self.left, 1e-9) if self.left is not None else 0.0

    @property
    def rate_text(self) -> str:
        left = f", {_clock(self.left)} left" if self.left is not None else ""
        rate = f"{self.speed:.2f} it/s, {self.waiting:.1%} waiting for data"
        return f"iteration {self.step} ({_clock(self.seconds)}{left}; {rate})"

    def __str__(self) -> str:
        terms = "  ".join(f"{name} {value:.4f}" for name, value in self.losses.items())
        return f"{self.rate_text}  {terms}"


@dataclass(frozen=True)
class Preview:
    """A new preview picture (PNG)."""

    step: int
    path: Path

    def __str__(self) -> str:
        return f"preview at iteration {self.step}: {self.path}"


@dataclass(frozen=True)
class Saved:
    """A new checkpoint."""

    step: int
    path: Path

    def __str__(self) -> str:
        return f"checkpoint at iteration {self.step}: {self.path.name}"


@dataclass(frozen=True)
class Ended:
    """Training ended without an error: after how many iterations, on what, and why. stopped: not by a stop rule."""

    step: int
    device: str
    reason: str
    stopped: bool

    def __str__(self) -> str:
        return f"ended at iteration {self.step}: {self.reason}"


Event = Notice | Progress | Preview | Saved
Report = Callable[[Event], None]
Message = Event | Ended | FsvfxError
"""What a training's process sends."""
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Notice, Progress, Preview, Saved, Ended)}


def to_line(message: Message) -> str:
    """One line of JSON, with its end."""
    if isinstance(message, FsvfxError):
        data: dict[str, Any] = {"kind": "error", **_error_data(message)}
    else:
        data = {"kind": type(message).__name__, **asdict(message)}
    return json.dumps(data, default=str) + "\n"


def from_line(line: str) -> Message:
    """The inverse. A line that is not a message (a library's output) becomes a notice."""
    try:
        data = json.loads(line)
        kind = data.pop("kind")
        if kind == "error":
            return _error_of(data)
        if "path" in data:
            data["path"] = Path(data["path"])
        message: Message = _KINDS[kind](**data)
        return message
    except (ValueError, KeyError, TypeError, AttributeError):
        return Notice(line.rstrip())


@contextmanager
def followed(file: Path, report: Callable[[Message], None]) -> Iterator[None]:
    """While inside, every message that is written to ``file``, a file of such lines, is reported."""
    over = Flag()
    begin = file.stat().st_size if file.exists() else 0
    thread = Thread(target=_follow, args=(file, begin, report, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(file: Path, place: int, report: Callable[[Message], None], over: Flag) -> None:
    """From byte ``place`` on; once more at the end."""
    going = True
    while going:
        going = not over.wait(PAUSE)
        if not file.exists():
            continue
        with file.open("rb") as lines:
            lines.seek(place)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                place += len(line)
                report(from_line(line.decode()))


def _error_data(error: FsvfxError) -> dict[str, Any]:
    return {
        "names": [each.__name__ for each in type(error).__mro__ if issubclass(each, FsvfxError)],
        "where": {name: str(value) for name, value in vars(error.where).items() if value is not None},
        "fields": {name: value for name, value in vars(error).items() if isinstance(value, int | float | str)},
    }


def _error_of(data: Mapping[str, Any]) -> FsvfxError:
    """As the nearest class known here: a process that does not train works without torch."""
    known = {each.__name__: each for each in _family(FsvfxError)}
    kind = next(known[name] for name in data["names"] if name in known)
    place, fields = dict(data["where"]), data["fields"]
    if "frames" in place:
        place["frames"] = FrameRange.parse(place["frames"])
    error = kind.__new__(kind)
    FsvfxError.__init__(error, fields["what"], hint=fields["hint"], where=Where(**place))
    error.__dict__.update(fields)
    return error


def _family(kind: type[FsvfxError]) -> Iterator[type[FsvfxError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
