"""A shot's deliverables for the edit: its frames and review as media references, with facts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from opentimelineio.opentime import RationalTime, TimeRange
from opentimelineio.schema import Clip, ExternalReference, ImageSequenceReference

from fsvfx import rights
from fsvfx.errors import InputError, Where
from fsvfx.media import remote
from fsvfx.runner import plan
from schemas.deliver import Deliver, DeliverReview
from schemas.job import ShotJob
from schemas.manifest import drivers_of
from schemas.report import AI_STATEMENT
from schemas.templates import around_frame

FRAMES = ("exr", "frames")
MOVIES = ("review", "movie")
"""Kinds of deliverables that an edit can play, by preference."""
REVIEW = "review"
PLATE = "plate"
TWIN = "frames"
"""Key of the additional media reference, next to the default one."""
FACTS = "fsvfx"
"""The metadata key of our data."""
DROPS = "drop_frame"
"""Its key for how the plate's timecode counts."""


@dataclass(frozen=True)
class ShotMedia:
    """The media of one shot. ``start``: the source time of its first frame, in frames as counted by the edit."""

    job: ShotJob
    rate: Fraction
    start: int
    facts: dict[str, Any]

    @property
    def available(self) -> TimeRange:
        """Everything delivered, including handles, in source time."""
        return span(self.start, len(self.job.shot.plate.frames), self.rate)


def shot_media(job: ShotJob, rate: Fraction, start: int, *, drop: bool | None) -> ShotMedia:
    """Checks the rights gate and the ledger. ``drop``: whether an EDL's labels of it are drop-frame; None: unknown.

    Raises RightsError, StoreError; InputError if nothing is usable in an edit.
    """
    if not any(one.kind in FRAMES + MOVIES for one in job.deliver):
        hint = "Add {kind: exr, path: ...} or {kind: review, path: ...} to deliver"
        raise InputError("The manifest delivers nothing an edit can play", hint=hint, where=Where(file=job.manifest))
    facts = _facts(job)
    return ShotMedia(job, rate, start, facts if drop is None else facts | {DROPS: drop})


def span(start: int, frames: int, rate: Fraction) -> TimeRange:
    return TimeRange(RationalTime(start, float(rate)), RationalTime(frames, float(rate)))


def _facts(job: ShotJob) -> dict[str, Any]:
    decision = rights.clear(job)
    entries = [entry for entry in plan(job).entries if entry.stage == "deliver"]
    return {
        "statement": AI_STATEMENT,
        "production": job.production,
        "shot": job.shot.name,
        "frames": str(job.shot.plate.frames),
        "performers": [entry.whose for entry in job.shot.told],
        "identities": [entry.goes_in for entry in job.shot.told],
        "engines": [entry.engine for entry in job.shot.told],
        **({"drivers": driven} if (driven := drivers_of(job.shot)) else {}),
        "consent_records": list(decision.records),
        "rights_decision": decision.digest,
        "delivered": bool(entries) and all(entry.receipt is not None for entry in entries),
    }


def references(back: ShotMedia, folder: Path, *, external: bool = False) -> dict[str, Any]:
    """Media references by their keys, for an edit in ``folder``: the frames, then a movie.

    The first gets the default key. Frames are listed twice, also as an ExternalReference with the numbers in its file's
    name: Resolve and others support sequences only in this form. ``external``: use this form for the default key.
    """
    frames, movie = _first(back.job, FRAMES), _first(back.job, MOVIES)
    made: dict[str, Any] = {}
    if frames:
        sequence, twin = _sequence(back, frames.path, folder), _twin(back, frames.path, folder)
        played, other = (twin, sequence) if external else (sequence, twin)
        made |= {Clip.DEFAULT_MEDIA_KEY: played, TWIN: other}
    if movie:
        made[REVIEW if frames else Clip.DEFAULT_MEDIA_KEY] = _movie(back, movie, folder)
    return made


def _first(job: ShotJob, kinds: tuple[str, ...]) -> Deliver | None:
    """The first deliverable of the first kind that is delivered."""
    return next((one for kind in kinds for one in job.deliver if one.kind == kind), None)


def _sequence(back: ShotMedia, path: str, folder: Path) -> ImageSequenceReference:
    before, digits, after = around_frame(path)
    place, _, name = before.rpartition("/")
    made = ImageSequenceReference(
        target_url_base=f"{_url(place, folder)}/",
        name_prefix=name,
        name_suffix=after,
        start_frame=back.job.shot.plate.frames.first,
        frame_step=1,
        rate=float(back.rate),
        frame_zero_padding=digits,
        missing_frame_policy=ImageSequenceReference.MissingFramePolicy.error,
        available_range=back.available,
        metadata={FACTS: back.facts},
    )
    made.name = _file_name(back, path)
    return made


def _twin(back: ShotMedia, path: str, folder: Path) -> ExternalReference:
    place = path.rpartition("/")[0]
    name = _file_name(back, path)
    made = ExternalReference(f"{_url(place, folder)}/{name}", back.available, metadata={FACTS: back.facts})
    made.name = name
    return made


def _file_name(back: ShotMedia, path: str) -> str:
    """``sh010.[1001-1036].exr``, as editing systems name a sequence."""
    before, digits, after = around_frame(path)
    frames = back.job.shot.plate.frames
    return f"{before.rpartition('/')[2]}[{frames.first:0{digits}}-{frames.last:0{digits}}]{after}"


def _movie(back: ShotMedia, movie: Deliver, folder: Path) -> ExternalReference:
    slate = int(isinstance(movie, DeliverReview) and movie.slate)
    available = span(back.start - slate, len(back.job.shot.plate.frames) + slate, back.rate)
    made = ExternalReference(_url(movie.path, folder), available, metadata={FACTS: back.facts})
    made.name = movie.path.rpartition("/")[2]
    return made


def _url(path: str, folder: Path) -> str:
    """Relative to the edit's folder if it is below that, so that both can be moved together."""
    if remote.is_remote(path):
        return path
    here = Path(path)
    return here.relative_to(folder).as_posix() if here.is_relative_to(folder) else here.as_uri()
