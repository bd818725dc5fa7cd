"""From a finished training to a model package: weights, and the card that says of whom, on what, and how."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from fsvfx import packages
from fsvfx.engines.registry import learned
from fsvfx.facesets import Faceset
from fsvfx.rights.weights import refusal, used_by
from fsvfx.training.trainer import Trained
from schemas.consent import ConsentRecord
from schemas.job import TrainJob
from schemas.package import Ancestor, PackageCard, TrainedPerson
from schemas.train import Start

PREVIEW = "preview.png"


def make(
    job: TrainJob, facesets: Mapping[str, Faceset], trained: Trained, records: Mapping[str, ConsentRecord], device: str
) -> Path:
    """The folder of the package; if one of the same weights is there, that one, as it is.

    records: by person, those that allowed the training. device: what it ran on. Raises MachineError if the disk
    refuses.
    """
    people = tuple(_person(facesets[person], records[person]) for person in job.learned)

    def card(sha256: str) -> PackageCard:
        return _card(job, people, trained, device, sha256)

    files = {PREVIEW: trained.preview.read_bytes()} if trained.preview else {}
    return packages.place(Path(job.packages), trained.weights, card, files)


def _card(job: TrainJob, people: tuple[TrainedPerson, ...], trained: Trained, device: str, sha256: str) -> PackageCard:
    architecture = learned(job.engine).Architecture.model_validate(job.architecture)
    return PackageCard(
        model=job.model,
        sha256=sha256,
        engine=job.engine,
        architecture=architecture.model_dump(mode="json"),
        people=people,
        production=job.production,
        licence=job.licence,
        commercial_use=all(refusal(one, "commercial", job.licences) is None for one in used_by(job)),
        rights=job.rights,
        trained_at=datetime.now(UTC),
        iterations=trained.step,
        seconds=round(trained.seconds, 1),
        ended=trained.reason,
        device=device,
        fsvfx=version("fsvfx"),
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
    packages.use(folder)
    card = packages.card_of(packages.find(start.model, start.sha256))
    return Ancestor(model=start.model, sha256=start.sha256, people=card.everybody, restart=start.restart)
