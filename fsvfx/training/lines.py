"""A training's events as lines of JSON, from its own process to whoever started it; and the error that ended it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fsvfx.errors import FsvfxError, Where
from fsvfx.training.report import Event, Notice, Preview, Progress, Saved
from schemas.frames import FrameRange


@dataclass(frozen=True)
class Ended:
    """Training ended without an error: after how many iterations, on what, and why. stopped: by no stop rule."""

    step: int
    device: str
    reason: str
    stopped: bool

    def __str__(self) -> str:
        return f"ended at iteration {self.step}: {self.reason}"


Told = Event | Ended | FsvfxError
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Notice, Progress, Preview, Saved, Ended)}


def line_of(told: Told) -> str:
    """One line, with its end."""
    if isinstance(told, FsvfxError):
        said: dict[str, Any] = {"kind": "error", **_data_of(told)}
    else:
        said = {"kind": type(told).__name__, **asdict(told)}
    return json.dumps(said, default=str) + "\n"


def told_in(line: str) -> Told:
    """The opposite. A line that is no event (a library's chatter) is a notice."""
    try:
        said = json.loads(line)
        kind = said.pop("kind")
        if kind == "error":
            return _error_of(said)
        if "path" in said:
            said["path"] = Path(said["path"])
        told: Told = _KINDS[kind](**said)
        return told
    except (ValueError, KeyError, TypeError, AttributeError):
        return Notice(line.rstrip())


def _data_of(error: FsvfxError) -> dict[str, Any]:
    return {
        "names": [each.__name__ for each in type(error).__mro__ if issubclass(each, FsvfxError)],
        "where": {name: str(value) for name, value in vars(error.where).items() if value is not None},
        "said": {name: value for name, value in vars(error).items() if isinstance(value, int | float | str)},
    }


def _error_of(told: Mapping[str, Any]) -> FsvfxError:
    """Of the nearest class that is known here: a process that trains nothing does without torch."""
    known = {each.__name__: each for each in _family(FsvfxError)}
    kind = next(known[name] for name in told["names"] if name in known)
    place, said = dict(told["where"]), told["said"]
    if "frames" in place:
        place["frames"] = FrameRange.parse(place["frames"])
    error = kind.__new__(kind)
    FsvfxError.__init__(error, said["what"], hint=said["hint"], where=Where(**place))
    error.__dict__.update(said)
    return error


def _family(kind: type[FsvfxError]) -> Iterator[type[FsvfxError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
