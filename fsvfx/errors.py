"""The errors that fsvfx raises on purpose. Each says what, where, and how to fix it.

FsvfxError                  exit
├── InputError               2    what the user wrote or handed over is wrong
│   ├── ManifestError             the manifest, with every problem at once
│   ├── EditError                 an edit (OTIO, EDL), with every problem at once
│   ├── PreflightError            what keeps shots from running, found before the run
│   ├── NetworkError              a user's network, with all that is to be said of it
│   └── PlateError                a plate: missing, unreadable, truncated, not as declared
├── RightsError              3    consent is missing, expired, revoked or out of scope
│   └── LicenceError              weights may not be used for what the production is for
├── IncompleteError          4    some chunks are not done
└── MachineError             5    the machine, the store or the cluster failed
    ├── WorkerLost                worker processes died, again and again
    ├── StoreError                the store: unreachable or refused
    │   └── DamagedError              data that does not match its receipt; ``where`` says what to make anew
    └── ModelError                a model file: absent, or not the one its card names
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from fsvfx.printable import one_line, printable
from schemas.frames import FrameRange


@dataclass(frozen=True)
class Where:
    """Where it happened; what is not known is left out of the message."""

    shot: str | None = None
    stage: str | None = None
    frames: FrameRange | None = None
    file: str | None = None
    field: str | None = None
    """Path in the manifest, such as ``shots[0].plate.frames``."""

    def __str__(self) -> str:
        said = [
            self.shot and f"shot {self.shot}",
            self.stage and f"stage {self.stage}",
            self.frames and f"frames {self.frames}",
            self.field,
            self.file,
        ]
        return ", ".join(part for part in said if part)


class ExitCode(IntEnum):
    """Of the command line."""

    DONE = 0
    INPUT = 2
    """What the user wrote or handed over is wrong."""
    RIGHTS = 3
    """Consent or licences do not cover it."""
    PARTIAL = 4
    """Some chunks are not done."""
    MACHINE = 5
    """The machine, the store or the cluster failed, or data is damaged."""
    INTERRUPTED = 130
    """Ctrl-C, or SIGTERM."""


class FsvfxError(Exception):
    """Base of all; ``transient`` ones may pass if tried again."""

    exit_code: ClassVar[ExitCode] = ExitCode.MACHINE

    def __init__(self, what: str, *, hint: str, where: Where | None = None, transient: bool = False) -> None:
        super().__init__(what, hint, where, transient)
        self.what = what
        self.hint = hint
        self.where = where or Where()
        self.transient = transient

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.hint, self.where, self.transient, self.__dict__)

    def __str__(self) -> str:
        place = f" ({one_line(str(self.where))})" if str(self.where) else ""
        return printable(f"{self.what}{place}. {self.hint}")


def _rebuild(
    kind: type[FsvfxError], what: str, hint: str, where: Where, transient: bool, state: dict[str, object]
) -> FsvfxError:
    """Errors cross process borders by pickle, whatever their constructors take."""
    error = kind.__new__(kind)
    FsvfxError.__init__(error, what, hint=hint, where=where, transient=transient)
    error.__dict__.update(state)
    return error


class InputError(FsvfxError):
    exit_code = ExitCode.INPUT


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a manifest."""

    field: str
    what: str
    hint: str
    line: int | None = None

    def __str__(self) -> str:
        at = f" (line {self.line})" if self.line else ""
        return f"{self.field}{at}: {self.what}. {self.hint}"


@dataclass(frozen=True)
class Blank(Problem):
    """A field that only a person can fill in, and that nobody has yet."""

    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line or 1} {self.field}: {self.hint[:1].lower()}{self.hint[1:]}"


class ManifestError(InputError):
    """All that is wrong in a manifest, at once."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__(f"{count} in the manifest", hint="Fix them and run this again", where=Where(file=file))
        self.problems = problems


class EditError(InputError):
    """All that keeps an edit from becoming shots, at once; a problem's field is the shot's name."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__(f"{count} in the edit", hint="Fix the edit and run this again", where=Where(file=file))
        self.problems = problems


class PreflightError(InputError):
    """All that keeps a manifest's shots from running, found before the run; a problem's field begins with its shot."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("No shot can run", hint="Fix these and run this again", where=Where(file=file))
        self.problems = problems


class NetworkError(InputError):
    """What a user's network can't be taken for as it is, all at once; a problem's field is what is to be said."""

    def __init__(self, what: str, hint: str, file: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(what, hint=hint, where=Where(file=file))
        self.problems = problems


class PlateError(InputError):
    """A plate that can't be read as it was declared."""


class RightsError(FsvfxError):
    """The gate refused; ``reasons`` has every one."""

    exit_code = ExitCode.RIGHTS
    heading = "Consent does not cover this"
    way_out = "Get or correct the consent records; the gate can't be bypassed"

    def __init__(self, reasons: tuple[str, ...], *, where: Where | None = None) -> None:
        super().__init__(f"{self.heading}: {'; '.join(reasons)}", hint=self.way_out, where=where)
        self.reasons = reasons


class LicenceError(RightsError):
    """Weights may not be used for what the production is for; ``reasons`` has every one."""

    heading = "The licences of the weights do not cover this"
    way_out = "Use other weights, get a licence, or mark the production as research"


class IncompleteError(FsvfxError):
    exit_code = ExitCode.PARTIAL


class MachineError(FsvfxError):
    exit_code = ExitCode.MACHINE


class WorkerLost(MachineError):
    """The worker processes of a piece of work died, again and again, or the cluster went away."""

    def __init__(self, what: str) -> None:
        hint = "Run it again with fewer workers, or with a smaller chunk_size"
        super().__init__(what, hint=hint, transient=True)


class StoreError(MachineError):
    """The store can't be reached, refuses, or holds what no receipt vouches for."""


class DamagedError(StoreError):
    """Stored data is not what its receipt vouches for: ``where`` has the stage and the frames to make anew."""


class ModelError(MachineError):
    """A model file is absent, or is not the one that its card names."""
