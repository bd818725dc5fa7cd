"""The result of a training: the weights that its process leaves in its folder, their package, and ``done.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue, ValidationError

from fsvfx import packages
from fsvfx.digests import digest_of
from fsvfx.disk import place_file
from fsvfx.engines.registry import learned
from fsvfx.media.pictures import cutouts_digest
from fsvfx.reach import reach_of
from fsvfx.rights.weights import Weights, refusal
from fsvfx.version import __version__
from schemas.consent import ConsentRecord
from schemas.job import TrainJob
from schemas.package import Ancestor, PackageCard, TrainedPerson
from schemas.receipts import Receipt
from schemas.roster import Roster
from schemas.train import Occluders, Start
from schemas.training import Finished

if TYPE_CHECKING:  # the command line checks whether a training is done, without the cost of torch
    from torch import Tensor

    from fsvfx.facesets import Faceset

_WEIGHTS, _RESULT, _DONE = "result.safetensors", "result.json", "done.json"
_MATTERS = {"production", "model", "engine", "architecture", "learned", "augmentation", "trainer", "start", "licence"}


@dataclass(frozen=True)
class Trained:
    """A training's result.

    step: iterations done; seconds: of training, both including earlier sessions. reason: why it ended. losses: the last
    means by term. weights: the model's, on the CPU; the running mean if ``ema`` was set. waiting: share of this
    session's time spent waiting for data.
    """

    step: int
    seconds: float
    reason: str
    losses: Mapping[str, float]
    weights: dict[str, Tensor]
    waiting: float
    checkpoint: Path
    preview: Path | None


def save_result(folder: Path, trained: Trained) -> None:
    """Write it into the training's folder. Raises MachineError if writing fails."""
    from safetensors.torch import save

    place_file(folder / _WEIGHTS, save(trained.weights))
    fields = asdict(trained) | {"weights": None}
    place_file(folder / _RESULT, json.dumps(fields, default=str).encode())


def load_result(folder: Path) -> Trained:
    """Reads what the last ``save_result`` wrote there."""
    from safetensors.torch import load_file

    fields = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    preview = fields["preview"] and Path(fields["preview"])
    more = {"weights": load_file(folder / _WEIGHTS), "checkpoint": Path(fields["checkpoint"]), "preview": preview}
    return Trained(**fields | more)


def remove_result(folder: Path) -> None:
    """Called once the package contains everything."""
    for name in (_WEIGHTS, _RESULT):
        (folder / name).unlink(missing_ok=True)


def make_package(
    job: TrainJob,
    whose: tuple[TrainedPerson, ...] | Roster,
    trained: Trained,
    used: Iterable[Weights],
    device: str,
) -> Path:
    """The folder of the model package; if one with the same weights exists, that one, unchanged.

    whose: the faces that it has learned: by person, or a general model's roster. used: weights and pictures whose
    licences bind it. device: what it ran on. Raises MachineError if writing fails.
    """
    commercial = all(refusal(one, "commercial", job.licences) is None for one in used)

    def card(sha256: str) -> PackageCard:
        return _card(job, whose, trained, commercial, device, sha256)

    files = {"preview.png": trained.preview.read_bytes()} if trained.preview else {}
    if isinstance(whose, Roster):
        files[packages.ROSTER] = packages.roster_bytes(whose)
    return packages.place(Path(job.packages), trained.weights, card, files)


def people_of(
    job: TrainJob, facesets: Mapping[str, Faceset], records: Mapping[str, ConsentRecord]
) -> tuple[TrainedPerson, ...]:
    """Everybody that a model of certain people has learned. records: by person, those that allowed the training."""
    return tuple(_person(facesets[person], records[person]) for person in job.learned)


def finished(job: TrainJob, facesets: Mapping[str, Receipt]) -> Finished | None:
    """The recorded result, if it was trained to its end with the current inputs, and the package exists."""
    try:
        done = Finished.model_validate_json((Path(job.folder) / _DONE).read_bytes())
    except (OSError, ValidationError):
        return None
    same = done.digest == _digest(job, facesets)
    return done if same and (Path(done.package) / packages.CARD).is_file() else None


def finish(job: TrainJob, facesets: Mapping[str, Receipt], package: Path, iterations: int, reason: str) -> Finished:
    """Record in ``done.json`` that the training is finished. Raises MachineError if writing fails."""
    done = Finished(
        digest=_digest(job, facesets),
        package=str(package),
        sha256=packages.card_of(package).sha256,
        iterations=iterations,
        reason=reason,
    )
    place_file(Path(job.folder) / _DONE, done.model_dump_json(indent=1).encode())
    return done


def _digest(job: TrainJob, facesets: Mapping[str, Receipt]) -> str:
    """The digest of everything that the weights depend on, and of the text sealed into them."""
    matters = job.model_dump(mode="json", include={*_MATTERS, *(("held_out",) if job.is_crowd else ())})
    seen: list[Any] = [matters, {name: facesets[name].digest for name in job.sets}]
    return digest_of([*seen, *(_pasted(job.occluders, job) if job.occluders else ())])


def _pasted(occluders: Occluders, job: TrainJob) -> Iterator[JsonValue]:
    """The occluders that are pasted in front of faces, and how."""
    yield occluders.model_dump(mode="json", include={"share", "drawn"})
    if occluders.path:
        yield cutouts_digest(Path(occluders.path), reach_of(job))


def _card(
    job: TrainJob,
    whose: tuple[TrainedPerson, ...] | Roster,
    trained: Trained,
    commercial: bool,
    device: str,
    sha256: str,
) -> PackageCard:
    architecture = learned(job.engine).Architecture.model_validate(job.architecture)
    return PackageCard(
        model=job.model,
        sha256=sha256,
        engine=job.engine,
        architecture=architecture.model_dump(mode="json"),
        people=() if isinstance(whose, Roster) else whose,
        roster=packages.seal_of(whose) if isinstance(whose, Roster) else None,
        production=job.production,
        licence=job.licence,
        commercial_use=commercial,
        rights=job.rights,
        trained_at=datetime.now(UTC),
        iterations=trained.step,
        seconds=round(trained.seconds, 1),
        ended=trained.reason,
        device=device,
        fsvfx=__version__,
        trainer=job.trainer,
        augmentation=job.augmentation,
        faceset=job.faceset,
        start=_ancestor(job.start, job.packages) if job.start else None,
        losses=dict(trained.losses),
    )


def _person(faceset: Faceset, record: ConsentRecord) -> TrainedPerson:
    held_out = int(faceset.held_out.sum())
    return TrainedPerson(
        name=faceset.person,
        consent=record.record_id,
        is_test_record=record.is_test_record,
        faceset=faceset.digest,
        faces=len(faceset) - held_out,
        held_out=held_out,
        footage=faceset.names,
    )


def _ancestor(start: Start, folder: str) -> Ancestor:
    card = packages.card_of(packages.Packages.within(folder).find(start.model, start.sha256))
    return Ancestor(model=start.model, sha256=start.sha256, people=card.everybody, restart=start.restart)
