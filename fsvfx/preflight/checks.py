"""The checks before a run, in the order in which they are told. ``docs/preflight.md`` is made from this table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsvfx.errors import FsvfxError, PreflightError, Problem
from fsvfx.preflight import inputs, outputs
from fsvfx.preflight.contract import Buckets, Check, Look, Trouble
from schemas.job import ShotJob

CHECKS: tuple[Check, ...] = (
    Check("buckets", "S3 answers, the keys are right, and every bucket is there: of store, plate, references, rotos, "
          "deliverables. What lies in a bucket that can't be used is not looked at further.", outputs.buckets),
    Check("plate", "It can be read as the manifest says, has every frame of the shot, and its headers agree with "
          "`frame_rate`, `timecode` and `color_space`. Eight frames are decoded; one that alone can't be read is told, "
          "and fails its chunk only.", inputs.plate),
    Check("rotos", "Every frame has its matte; eight are read: the plate's size, the layer that is named.",
          inputs.rotos),
    Check("models", "The weights that the shot's stages use are here, with their cards' hashes.", inputs.weights),
    Check("detector", "The optional packages that the detector needs are installed.", inputs.detector_code),
    Check("references", "Every file can be read, and a face is seen in one of the first 64 pictures: looked for as the "
          "stage does, until one is found.", inputs.references),
    Check("frame rate", "Reviews and movies have one, from the plate's headers or from `frame_rate`; an MXF's is one "
          "that MXF knows. Frames need none.", outputs.rate),
    Check("codecs", "Each review and movie takes the plate's size: by its standard's limits, and by encoding one "
          "frame. Odd sizes are told: the picture grows by a row or column.", outputs.codecs),
    Check("places", "Deliverables and store can be written: the nearest folder that is there is writable, no folder's "
          "name is a file's, no file's a folder's, no name too long.", outputs.places),
    Check("strangers", "No file that the shot did not deliver lies where a deliverable goes; `--replace` lets them go.",
          outputs.strangers),
    Check("room", "The disks have room for what the store and the frames would take, as far as receipts and the "
          "plate's size tell. S3 is not asked.", outputs.room),
)  # fmt: skip


def preflight(jobs: Sequence[ShotJob]) -> dict[str, tuple[Trouble, ...]]:
    """Everything that each shot's run would meet, by the shot's name; what only needs telling is among it.

    Writes nothing. A bucket is asked once for all shots.
    """
    buckets = Buckets()
    return {job.shot.name: _troubles(job, buckets) for job in jobs}


def reachable(job: ShotJob) -> bool:
    """Whether every bucket that the shot names can be used: without, asking the ledger would wait in vain."""
    return not list(outputs.buckets(Look(job, Buckets())))


def _troubles(job: ShotJob, buckets: Buckets) -> tuple[Trouble, ...]:
    shot = Look(job, buckets)
    return tuple(trouble for check in CHECKS for trouble in _found(check, shot))


def _found(check: Check, shot: Look) -> list[Trouble]:
    try:
        return list(check.find(shot))
    except FsvfxError as error:
        return [Trouble.of(check.name, error)]


def refusal(manifest: str, found: Mapping[str, Sequence[Trouble]]) -> PreflightError | None:
    """The error that says why no shot of ``found`` can run; None if one can."""
    stopped = [(name, one) for name, troubles in found.items() for one in troubles if one.stops]
    if not found or len({name for name, _ in stopped}) < len(found):
        return None
    problems = tuple(Problem(f"{name}: {one.field}", one.what, one.hint) for name, one in stopped)
    return PreflightError(manifest, problems)
