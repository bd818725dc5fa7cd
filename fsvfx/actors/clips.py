"""Clips of synthetic actors, and all that a training on them needs: consent records that say test, a manifest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from pydantic import BaseModel
from ruamel.yaml import YAML

from fsvfx.actors.cast import Actor, actor
from fsvfx.actors.performance import Moment, perform
from fsvfx.actors.rendering import render
from fsvfx.documents import RecordError, read_record
from fsvfx.errors import InputError, MachineError, Where
from fsvfx.media.exr.writer import ExrPart, ExrWindows, colour_attributes, write_exr
from fsvfx.media.stills.writer import StillFormat, write_still
from fsvfx.morphable.facekit import Floats
from fsvfx.printable import counted
from schemas.actors import ActedClip, ActedFootage
from schemas.consent import ConsentRecord, Document, Revocation, Scope, Subject
from schemas.frames import FrameRange
from schemas.manifest import Person, Plate
from schemas.train import Footage, TrainManifest

SIDECAR = "actors.yaml"
PRODUCTION = "actors"
_TAKE = 120
"""Frames of a clip at most: each has a light and a camera of its own."""
_DAYS = 365


def write_clip(
    folder: Path, actor: Actor, moments: Sequence[Moment], *, size: int = 512, first: int = 1001, kind: str = "exr"
) -> str:
    """Write ``NAME.####.exr`` (half, linear Rec.709) or ``.png`` (8 bits, sRGB), and return the plate's pattern.

    Raises ModelError where the FaceKit is absent, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, moment in enumerate(moments, first):
        path = folder / f"{actor.name}.{number:04d}.{kind}"
        rgb = render(actor, moment, size).rgb
        if kind == "exr":
            _write_exr(path, rgb)
        else:
            write_still(path, np.asarray(shown(rgb) * 255 + 0.5, np.uint8), StillFormat(bits=8))
    return str(folder / f"{actor.name}.####.{kind}")


def shown(rgb: Floats) -> Floats:
    """Linear Rec.709 as sRGB in [0, 1], clipped: what a camera's video would show (IEC 61966-2-1)."""
    light = np.clip(rgb, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055), np.float32)


def _write_exr(path: Path, rgb: Floats) -> None:
    window = (0, 0, rgb.shape[1] - 1, rgb.shape[0] - 1)
    write_exr(
        path,
        [ExrPart("", {"RGB": rgb.astype(np.float16)})],
        colour_attributes("lin_rec709_scene"),
        ExrWindows(window, window),
    )


def shoot(
    folder: Path,
    names: Sequence[str],
    frames: int,
    *,
    seed: int = 0,
    size: int = 384,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write ``frames`` of each actor into ``folder``, and return the path of a training manifest of them.

    The first goes in, the second performs; a third makes it a ``comb``. Raises ModelError where the FaceKit is absent,
    InputError for names or a folder that do not serve, MachineError if the disk refuses.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"{', '.join(names) or 'Nobody'}: at least two actors are needed", hint="Give different names")
    manifest = folder / "train.yaml"
    ours = (manifest, folder / SIDECAR, *(folder / f"consents/{name}.yaml" for name in names), folder / "plates")
    if any(map(os.path.lexists, ours)):
        raise InputError("The folder already has footage", hint="Give a new folder", where=Where(file=str(manifest)))
    clips = _clips(names, frames, seed, size)
    try:
        for name, clip in clips.items():
            report(f"{name}: {counted(clip.frames, 'frame')}")
            moments = perform(clip.frames, clip.seed)
            write_clip(folder / "plates" / name, actor(clip.actor), moments, size=size, first=clip.first, kind="png")
        for name in names:
            _write(folder / f"consents/{name}.yaml", consent(name), "Made by fsvfx actors. It shows no real person.")
        _write(folder / SIDECAR, ActedFootage(clips=clips), "For fsvfx evaluate, to render the true swap.")
        _write(manifest, training(names, clips), "Made by fsvfx actors: nobody's faces, small enough for a CPU.")
    except OSError as error:
        raise MachineError(
            f"The clips can't be written: {error}", hint="Free some space, or give another folder"
        ) from error
    return manifest


def read_sidecar(path: Path) -> ActedFootage:
    """What ``shoot`` wrote. Raises InputError if it can't be read."""
    try:
        return read_record(path, ActedFootage)
    except RecordError as error:
        raise InputError(
            f"{path.name} can't be read: {error}", hint="Make the footage again", where=Where(file=str(path))
        ) from error


def training(names: Sequence[str], clips: dict[str, ActedClip]) -> TrainManifest:
    """A small model of the actors."""
    pair = len(names) == 2
    sizes = {"resolution": 96, "ae_dims": 128, "e_dims": 32, "d_dims": 32, "d_mask_dims": 16}
    return TrainManifest.model_validate(
        {
            "schema_version": 1,
            "production": PRODUCTION,
            "model": "_".join(names),
            "engine": "df" if pair else "comb",
            "architecture": sizes if pair else {"resolution": 64, "level_steps": 400, "width": 0.5},
            "identity": names[0],
            "performer": names[1],
            "others": tuple(names[2:]),
            "people": {name: Person(consent=f"consents/{name}.yaml") for name in names},
            "footage": tuple(_footage(name, clip) for name, clip in clips.items()),
            "faceset": {"size": 128},
            "trainer": {"batch": 8, "iterations": 4000},
        }
    )


def consent(name: str, now: datetime | None = None) -> ConsentRecord:
    """A record that says what it is: a test's. Its digest is of a sentence, as there is no paper."""
    today = now or datetime.now(UTC)
    said = f"{name} is a synthetic actor: a rendered head of the ICT-FaceKit that looks like no living person."
    return ConsentRecord(
        schema_version=1,
        record_id=f"actors-{name}",
        person=name,
        subject=Subject(legal_name=f"Nobody (synthetic actor '{name}')"),
        replica_kind="independently_created",
        roles=("source_identity", "target_performer"),
        scope=Scope(
            production=PRODUCTION,
            shots=("*",),
            uses=("test", "face_replacement"),
            description=f"Trainings and swaps for tests. {said}",
            training_allowed=True,
            valid_from=today.date(),
            valid_to=(today + timedelta(days=_DAYS)).date(),
        ),
        document=Document(sha256=hashlib.sha256(said.encode()).hexdigest()),
        revocation=Revocation(status="none", checked_at=today, checked_by="fsvfx actors"),
        is_test_record=True,
    )


def _clips(names: Sequence[str], frames: int, seed: int, size: int) -> dict[str, ActedClip]:
    """Every clip is another performance."""
    found: dict[str, ActedClip] = {}
    for name in names:
        for take, count in enumerate(_takes(frames), 1):
            clip = ActedClip(actor=name, frames=count, seed=1000 * seed + len(found), size=size)
            found[f"{name}_{take}"] = clip
    return found


def _takes(frames: int) -> Iterator[int]:
    """As even as can be."""
    count = -(-frames // _TAKE)
    for take in range(count):
        yield frames * (take + 1) // count - frames * take // count


def _footage(name: str, clip: ActedClip) -> Footage:
    frames = FrameRange.span(clip.first, clip.first + clip.frames - 1)
    plate = Plate(path=f"plates/{name}/{clip.actor}.####.png", frames=frames, color_space="sRGB", frame_rate="24")
    return Footage(name=name, person=clip.actor, plate=plate)


def _write(path: Path, content: BaseModel, comment: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"# {comment}\n")
        yaml = YAML()
        yaml.default_flow_style, yaml.width = None, 120
        yaml.dump(content.model_dump(mode="json", exclude_defaults=True, by_alias=True), file)
