"""The checks before a run, in the order in which they are reported. ``docs/preflight.md`` has this table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsvfx.errors import FsvfxError, PreflightError, Problem
from fsvfx.preflight import inputs, outputs
from fsvfx.preflight.contract import Answers, Buckets, Check, Look, Trouble
from fsvfx.runner import Plan
from schemas.job import ShotJob

CHECKS: tuple[Check, ...] = (
    Check("buckets", "S3 responds, the keys are valid, and every bucket exists: for store, plate, references, rotos "
          "and deliverables. Files in a bucket that can't be used are not checked further.", outputs.buckets),
    Check("plate", "The plate can be read as the manifest says, has every frame of the shot, and its headers agree "
          "with `frame_rate`, `timecode` and `color_space`; color tags that don't, and uneven frames, are only "
          "reported. Eight frames are decoded; a single frame that can't be read is reported, and fails only its "
          "chunk.",
          inputs.plate),
    Check("drivers", "The footage of each driver can be read as the manifest says, and has every frame; eight are "
          "decoded. A frame rate that is not the plate's, or uneven frames, are reported: it plays frame by frame.",
          inputs.drivers),
    Check("rotos", "Every frame has its matte. Eight are read: they have the plate's size and the named layer.",
          inputs.rotos),
    Check("models", "The weights that the shot's stages use are present and match their cards' hashes.",
          inputs.weights),
    Check("banks", "The pictures of the banks that identities come from match their cards' hashes. Members whose age "
          "or sex is not known are reported if an entry asks for one: they are not chosen.", inputs.banks),
    Check("detector", "The optional packages that the detector needs are installed.", inputs.detector_code),
    Check("references", "Every file can be read, and a face is found in one of the first 64 pictures, as the stage "
          "would find it. The search stops at the first face. Engines that show the pictures themselves: reported "
          "if all faces, also in the first 64 pictures, are turned to the same side by more than 20 degrees.",
          inputs.references),
    Check("frame rate", "Reviews, movies and point caches have a frame rate, from the plate's headers or from "
          "`frame_rate`; MXF supports it. Frames need none.", outputs.rate),
    Check("writers", "The optional packages that deliverables need are installed.", outputs.code),
    Check("codecs", "Each review and movie can hold the plate's size: by the limits of its standard, and by encoding "
          "one frame. Odd sizes are reported: the picture is padded by a row or column.", outputs.codecs),
    Check("places", "Deliverables and store can be written: the nearest existing folder is writable, no folder has a "
          "file's name or the reverse, and no name is too long.", outputs.places),
    Check("strangers", "No file that the shot did not deliver is where a deliverable goes; `--replace` overwrites.",
          outputs.strangers),
    Check("room", "The disks have enough free space for the store and the frames, as estimated from receipts and the "
          "plate's size. S3 is not checked.", outputs.room),
)  # fmt: skip


def preflight(jobs: Sequence[ShotJob], plans: Mapping[str, Plan] | None = None) -> dict[str, tuple[Trouble, ...]]:
    """Everything that each shot's run would meet, by the shot's name; what only needs telling is among it.

    Writes nothing. A bucket is asked once for all shots, and what they have in common is looked at once.
    ``plans``: what the ledger has of shots, where that is known.
    """
    buckets, answers, known = Buckets(), Answers(), plans or {}
    return {job.shot.name: _troubles(Look(job, buckets, answers, known.get(job.shot.name))) for job in jobs}


def reachable(job: ShotJob) -> bool:
    """Whether every bucket that the shot names can be used: without, asking the ledger would wait in vain."""
    return not list(outputs.buckets(Look(job, Buckets(), Answers())))


def _troubles(shot: Look) -> tuple[Trouble, ...]:
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
