"""Faces of single frames, from Python: ``detect`` finds them, ``swap`` replaces one.

Both run the stages of a shot, unchanged, on pictures in memory and a store in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, JsonValue, ValidationError

from fsvfx import rights, runner
from fsvfx.api.pictures import Chained, Picture, Pictures, checked, frames_of, is_batch
from fsvfx.api.shown import DetectedFaces, Swapped, faces_on
from fsvfx.arrays import Source
from fsvfx.colour import DEFAULT_CONFIG, check_space
from fsvfx.delivery import Order
from fsvfx.engines.registry import settings_of
from fsvfx.errors import InputError, ManifestError
from fsvfx.manifests import with_models
from fsvfx.media import PersonSource
from fsvfx.store import open_data, open_store
from schemas.composite import Composite
from schemas.consent import ConsentRecord
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Faces, Manifest, Person, Plate, Purpose, Replace, Shot, Use
from schemas.receipts import Receipt, Unit

Model = TypeVar("Model", bound=BaseModel)
Consent = str | Path | ConsentRecord
FIRST = 1001
"""Number of the first frame, as in a shot."""
_DETECTION = ("ingest", "detect")
_SWAP = ("references", "ingest", "detect", "track", "align", "swap", "occlude", "composite")


@dataclass(frozen=True)
class Performer:
    """The person whose face is replaced: the name in their consent record and, among several faces, which one is
    theirs.

    face: its number, as returned by ``detect``, or a point (x, y) on it in frame pixels. references: pictures of the
    performer, by which the face is found among others.
    """

    name: str
    face: int | tuple[float, float] | None = None
    references: Sequence[Picture] = ()


@dataclass(frozen=True)
class Identity:
    """The person whose face is swapped in: the name in their consent record, and pictures or footage of them.

    references: arrays (H, W, 3), sRGB or half-float scene-linear; paths, globs and sequences as in a manifest.
    """

    name: str
    references: Sequence[Picture] = ()


def detect(
    frame: Picture | Sequence[Picture],
    *,
    color_space: str = "sRGB",
    exposure: float = 0.0,
    faces: Mapping[str, JsonValue] | None = None,
) -> DetectedFaces | list[DetectedFaces]:
    """Find the faces in a frame, numbered from 1 by size. For a batch, a list: numbers are consistent per person.

    Args:
        frame: a path, an array (H, W, 3), or a batch: several of either, or (n, H, W, 3). A batch is one shot.
        color_space: the color space of the frame's pixels, by its name in the built-in OCIO config.
        exposure: stops by which the frame is brightened for the detector.
        faces: detection settings, as ``faces`` in a manifest: detector, min_score, min_size, tiles, roll.

    Raises:
        InputError, PlateError: the frame, or an argument, is wrong.
        ModelError: weights are not installed; ``fsvfx models pull`` gets them.
        LicenceError: the detector's licence does not allow commercial use.
    """
    plate = frames_of(frame)
    anybody = Replace(performer="anybody", identity="anybody", engine="landmark_warp")
    job = _job(plate, color_space, exposure, replace=(anybody,), faces=_made(Faces, faces))
    receipts = _run(job, {"ingest": plate}, _DETECTION)
    store = open_store(job)
    found = open_data(store, [one for one in receipts if one.stage == "detect"])
    each = faces_on(plate.arrays, found, job)
    store.discard("")
    return each if is_batch(frame) else each[0]


def swap(
    frame: Picture | Sequence[Picture],
    *,
    performer: str | Performer,
    identity: Identity,
    consent: Sequence[Consent],
    engine: str = "landmark_warp",
    color_space: str = "sRGB",
    exposure: float = 0.0,
    composite: Mapping[str, JsonValue] | None = None,
    settings: Mapping[str, JsonValue] | None = None,
    faces: Mapping[str, JsonValue] | None = None,
    production: str = "",
    shot: str = "frame",
    use: Use = "face_replacement",
    nudity_or_sexual: bool = False,
    purpose: Purpose = "commercial",
    revocations: str | Path | None = None,
    first_frame: int = FIRST,
) -> Swapped:
    """Put the identity's face on the performer's, exactly as a shot does. Nothing is swapped without consent records.

    Args:
        frame: a path, an array (H, W, 3), or a batch: several of either, or (n, H, W, 3). A batch is one shot: faces
            are tracked and smoothed from frame to frame.
        performer, identity: whose face is replaced, and by whose.
        consent: the records of both, and of everybody whose face the engine's model was trained on: paths, or loaded.
        engine, settings: the engine and its settings, as in a manifest's ``replace``.
        color_space: the color space of the frame's pixels, by its name in the built-in OCIO config.
        exposure: stops by which the frame is brightened for face models and engines.
        composite, faces: as in a manifest.
        production, shot, use, nudity_or_sexual: the purpose of the work; the records must cover it. Default of
            ``production``: the one named in the records.
        purpose: ``research`` may use weights whose licence excludes commercial use.
        revocations: register of revocations, for people whose faces a general model has learned.
        first_frame: number of the first frame.

    Raises:
        RightsError: with every reason why the records do not cover it; LicenceError for weights.
        InputError, PlateError: a frame, or an argument, is wrong; no face, or none that is clearly the performer's.
        ModelError: weights are not installed; ``fsvfx models pull`` gets them.
    """
    records = rights.records_of(consent)
    plate = frames_of(frame)
    who = performer if isinstance(performer, Performer) else Performer(performer)
    job = _job(
        plate,
        color_space,
        exposure,
        replace=(_entry(who, identity, engine, settings),),
        faces=_made(Faces, faces),
        composite=_made(Composite, composite),
        shot={"name": shot, "use": use, "nudity_or_sexual": nudity_or_sexual},
        production=production or next((one.record.scope.production for one in records.values()), "none"),
        people={one.name: _person(one) for one in (who, identity)},
        first_frame=first_frame,
        purpose=purpose,
    )
    register = str(Path(revocations).absolute()) if revocations else ""
    job = _with_models(job, records).model_copy(update={"revocations": register})
    decision = rights.clear(job, records=records)
    job = job.model_copy(update={"rights": decision.digest})
    sources: dict[str, Source] = {"ingest": plate}
    sources |= {one.name: _references(one, job) for one in (who, identity)}
    receipts = _run(job, sources, _SWAP)
    order = Order(job, Unit.of_shot(), tuple(receipts), FrameRange(()), decision, open_store(job))
    return Swapped.of(order, one=not is_batch(frame))


def _entry(who: Performer, identity: Identity, engine: str, settings: Mapping[str, JsonValue] | None) -> Replace:
    where = {"track" if isinstance(who.face, int) else "position": who.face} if who.face is not None else {}
    return _made(
        Replace,
        {
            "performer": who.name,
            "identity": identity.name,
            "engine": engine,
            "settings": dict(settings or {}),
            **where,
        },
    )


def _job(
    plate: Pictures,
    color_space: str,
    exposure: float,
    *,
    replace: tuple[Replace, ...],
    faces: Faces,
    composite: Composite | None = None,
    shot: Mapping[str, Any] | None = None,
    production: str = "none",
    people: dict[str, Person] | None = None,
    first_frame: int = FIRST,
    purpose: Purpose = "commercial",
) -> ShotJob:
    """A shot of the frames, its store in memory. Raises InputError for an unknown space or value."""
    space = check_space(DEFAULT_CONFIG, color_space)
    frames = FrameRange.span(first_frame, first_frame + len(plate.arrays) - 1)
    taken = {"path": "-", "first_frame": first_frame, "frames": str(frames), "color_space": space, "exposure": exposure}
    return ShotJob(
        production=production,
        shot=_made(
            Shot,
            {"name": "frame", **(shot or {}), "plate": _made(Plate, taken), "replace": replace, "faces": faces}
            | ({"composite": composite} if composite else {}),
        ),
        people=people or {name: Person(consent="-") for name in ("anybody",)},
        packages=str(Path("packages").absolute()),
        deliver=(),
        store=f"memory://{secrets.token_hex(8)}",
        colour_config=DEFAULT_CONFIG.name,
        manifest="/",  # the caller names the files: they may be anywhere
        purpose=purpose,
    )


def _with_models(job: ShotJob, records: Iterable[str]) -> ShotJob:
    """With the packages that the engine uses, and the people that they were trained on. Raises InputError."""
    [entry] = job.shot.replace
    settings_of(entry.engine, entry.settings)
    people = {name: Person(consent="-") for name in records}
    manifest = Manifest(schema_version=1, production=job.production, people=people, shots=(job.shot,))
    try:
        return with_models([job], manifest, Path(job.manifest))[0]
    except ManifestError as error:
        raise InputError("; ".join(one.what for one in error.problems), hint=error.problems[0].hint) from error


def _made(model: type[Model], values: Mapping[str, Any] | None) -> Model:
    """Raises InputError that lists every problem."""
    try:
        return model.model_validate(dict(values or {}))
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("; ".join(wrong), hint="The manifest's reference lists every field and value") from error


def _person(one: Performer | Identity) -> Person:
    names = [f"array {index}" if isinstance(each, np.ndarray) else _absolute(each) for index, each in _listed(one)]
    return Person(references=tuple(names), consent="-")


def _references(one: Performer | Identity, job: ShotJob) -> Source:
    """In their order: arrays from memory, files through the reader of a shot's references."""

    def source(index: int, each: Picture) -> Source:
        if isinstance(each, np.ndarray):
            return Pictures((checked(each),))
        person = job.people[one.name].model_copy(update={"references": (_absolute(each),)})
        return PersonSource(job.model_copy(update={"people": {one.name: person}}), one.name)

    return Chained(tuple(source(index, each) for index, each in _listed(one)))


def _listed(one: Performer | Identity) -> list[tuple[int, Picture]]:
    if isinstance(one.references, str | Path):
        return [(0, one.references)]
    return list(enumerate(one.references))


def _absolute(path: str | Path | NDArray[Any]) -> str:
    return str(path) if str(path).startswith("s3://") else str(Path(str(path)).absolute())


def _run(job: ShotJob, sources: Mapping[str, Source], stages: Sequence[str]) -> list[Receipt]:
    """Every unit of ``stages``, one after the other. sources: by stage; for references, by person."""
    receipts: list[Receipt] = []
    for name, unit in runner.Graph.of(job):
        if name in stages:
            source = sources.get(unit.person if unit.kind == "person" else name)
            receipts.append(runner.run_unit(job, name, unit, receipts, source=source))
    return receipts
