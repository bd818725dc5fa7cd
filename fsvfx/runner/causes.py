"""What went wrong: errors of stages as FsvfxErrors that say where and whether a retry may help, and the failures in the
ledger and in outcomes."""

from __future__ import annotations

import errno
import secrets
import traceback
from dataclasses import replace
from datetime import UTC, datetime

from fsvfx import commands
from fsvfx.errors import DamagedError, FsvfxError, InputError, MachineError
from fsvfx.store import Address, this_worker
from fsvfx.store.address import UNKEYED
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.outcome import Outcome
from schemas.receipts import Failure, Unit

_FULL = {errno.ENOSPC, errno.EDQUOT}
_PASSING = {errno.EIO, errno.EAGAIN, errno.ESTALE, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED, errno.EPIPE}


def told(error: Exception, job: ShotJob, stage: str, unit: Unit) -> FsvfxError:
    """``error`` itself if it is a FsvfxError, with its place completed; else a MachineError for it."""
    known = error if isinstance(error, FsvfxError) else _classed(error, job, again(job, stage, unit))
    known.where = replace(
        known.where,
        shot=known.where.shot or job.shot.name,
        stage=known.where.stage or stage,
        frames=known.where.frames or _frames(unit),
    )
    return known


def again(job: ShotJob, stage: str, unit: Unit) -> str:
    """The command that runs this unit again."""
    return commands.retry(job, frames=_frames(unit), stages=[stage])


def failure_of(error: FsvfxError, cause: Exception, job: ShotJob, at: Address, unit: Unit, attempt: str) -> Failure:
    """The ledger's record of ``error``, which describes ``cause``."""
    return Failure(
        shot=job.shot.name,
        stage=at.stage,
        unit=unit,
        key=at.key,
        attempt=attempt,
        transient=error.transient,
        error=type(cause).__name__,
        message=error.what,
        hint=error.hint,
        frames=error.where.frames,
        redo=error.where.stage if isinstance(error, DamagedError) else None,
        trace="" if error is cause else "".join(traceback.format_exception(cause)),
        at=datetime.now(UTC),
        worker=this_worker(),
    )


def unplanned(job: ShotJob, stage: str, unit: Unit, key: str | None, reason: str) -> Failure:
    """The failure of a step that planning found it can't run: ``reason`` says why."""
    return _failure(job, stage, unit, "plan", reason, "Fix it and run the command below", error="PlateError", key=key)


def refused(job: ShotJob, error: InputError) -> Outcome:
    """The failure of a shot for which no plan can be made; the other shots continue."""
    failure = _failure(
        job,
        error.where.stage or "ingest",
        Unit.of_shot(),
        "plan",
        error.what,
        error.hint,
        error=type(error).__name__,
        frames=error.where.frames,
    )
    return Outcome(
        production=job.production,
        shot=job.shot.name,
        state="partial",
        total=0,
        done=0,
        failures=(failure,),
        unfinished=("shot",),
        command=commands.retry(job),
    )


def lost(job: ShotJob, stage: str, unit: Unit, key: str | None, error: FsvfxError) -> Failure:
    """The failure of a step whose workers died before they could record it."""
    attempt = f"lost-{secrets.token_hex(4)}"
    kind = type(error).__name__
    return _failure(job, stage, unit, attempt, error.what, error.hint, error=kind, key=key, transient=True)


def _failure(
    job: ShotJob,
    stage: str,
    unit: Unit,
    attempt: str,
    message: str,
    hint: str,
    *,
    error: str,
    key: str | None = None,
    frames: FrameRange | None = None,
    transient: bool = False,
) -> Failure:
    """Recorded by the run itself, not by a worker."""
    return Failure(
        shot=job.shot.name,
        stage=stage,
        unit=unit,
        key=key or UNKEYED,
        attempt=attempt,
        transient=transient,
        error=error,
        message=message,
        hint=hint,
        frames=frames or _frames(unit),
        at=datetime.now(UTC),
        worker="plan" if attempt == "plan" else "",
    )


def _frames(unit: Unit) -> FrameRange | None:
    return FrameRange(unit.chunk.frames) if unit.chunk else None


def _classed(error: Exception, job: ShotJob, command: str) -> MachineError:
    if isinstance(error, MemoryError):
        return MachineError(
            "The worker ran out of memory",
            hint="Use fewer workers, or a smaller chunk_size",
            transient=True,
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        return MachineError("No space left on the disk", hint=f"Free some, then run: {command}")
    if isinstance(error, OSError) and error.errno in _PASSING:
        return MachineError(f"A file or network failed: {_brief(error)}", hint=f"Run: {command}", transient=True)
    if type(error).__name__ == "OutOfMemoryError":  # torch's, whichever module it lives in
        return MachineError(
            "The GPU ran out of memory", hint="Use fewer workers on the GPU, or a smaller chunk_size", transient=True
        )
    if isinstance(error, RuntimeError) and "CUDA error" in str(error):
        return MachineError(
            f"The GPU failed: {_brief(error)}", hint=f"Restart the worker, then run: {command}", transient=True
        )
    return MachineError(
        f"{type(error).__name__}: {_brief(error)}",
        hint=f"This is a bug in fsvfx or in an engine; report it with its traceback: {commands.status(job)}. "
        f"After it is fixed: {command}",
    )


def _brief(error: Exception) -> str:
    line = (str(error).strip() or "no message").splitlines()[0]
    return line if len(line) <= 200 else line[:197] + "..."
