"""The steps of a training after its footage: facesets, the training itself, its package, its evaluation.

Executors decide who runs them, where and when.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from fsvfx import evaluation, facesets, models, packages, rights
from fsvfx.context import device_with
from fsvfx.disk import place_file
from fsvfx.engines.registry import learned
from fsvfx.engines.supervision import Supervision
from fsvfx.evaluation import Asked, comparison, contestants
from fsvfx.evaluation.judges import judges
from fsvfx.facesets.lookup import crowd_of, fits_folder, learned_of, swaps_folder
from fsvfx.reach import reach_of
from fsvfx.store import open_store
from fsvfx.training.architecture import architecture_of
from fsvfx.training.events import Ended, Message, Notice, to_line
from fsvfx.training.folder import EVENTS, ORDER, check_folder
from fsvfx.training.process import Seat, trained_apart
from schemas.job import TrainJob
from schemas.package import Figures, TrainedPerson
from schemas.receipts import Receipt
from schemas.roster import Roster
from schemas.training import TrainingOrder

log = logging.getLogger(__name__)

People = Mapping[str, Receipt]
"""Facesets' receipts, by person, or by collection."""


def build_faceset(job: TrainJob, person: str, footage: Mapping[str, Sequence[Receipt]]) -> Receipt:
    """The receipt of a person's faceset. ``footage``: the receipts of its stages, by name. Raises InputError."""
    own = [
        facesets.footage_of(each.name, each.shot, open_store(each.shot), footage[each.name], each.entry)
        for each in job.footage
        if each.person == person
    ]
    store = facesets.store_of(job.store, job.production)
    return facesets.build(person, own, job.faceset, store, rights=job.rights, report=log.info)


def build_collection(job: TrainJob, name: str) -> Receipt:
    """The receipt of a picture collection's faceset. Raises InputError, PlateError, StoreError."""
    collection = next(one for one in job.collections if one.name == name)
    laid = facesets.laid_out(collection, reach_of(job))
    store = facesets.store_of(job.store, job.production)
    return facesets.build_collection(
        laid, job.faceset.size, job.faces, store, faceless=collection.faceless, rights=job.rights, report=log.info
    )


def train_apart(job: TrainJob, people: People, seat: Seat, gpus: int, resume: str) -> Iterator[Message]:
    """Train in a process of its own; every message is also written to ``events.jsonl`` in the job's folder.

    gpus: how many train together; 0: none, or one if there is one. resume: the command that continues it. Raises the
    error that ended it: DivergedError, InputError, StoreError, MachineError.
    """
    folder = Path(job.folder)
    check_folder(folder)
    order = TrainingOrder(job=job, facesets=dict(people), gpus=gpus)
    place_file(folder / ORDER, order.model_dump_json().encode())
    with (folder / EVENTS).open("a", encoding="utf-8") as events:
        for message in chain(_prepared(job, people), trained_apart(folder / ORDER, seat, resume)):
            events.write(to_line(message))
            events.flush()
            yield message


def _prepared(job: TrainJob, people: People) -> Iterator[Message]:
    """A crowd's files, made once before several processes map them; and the swaps or fits that its engine learns
    from."""
    if not job.is_crowd:
        return
    crowd, architecture = crowd_of(job, people, resolution_of(job)), architecture_of(job)
    if swaps := int(getattr(architecture, "swaps", 0)):
        from fsvfx.training.data import exchanged_in, swaps_in

        yield Notice(f"making {swaps} swaps to learn from, unless they already exist")
        make = exchanged_in if isinstance(architecture, Supervision) else swaps_in
        make(swaps_folder(job), crowd, swaps, job.trainer.seed)
    if models.HEAD in learned(job.engine).trained_with:
        from fsvfx.morphable import ict
        from fsvfx.training.data import fits_in

        yield Notice(f"fitting {len(crowd)} faces in three dimensions, unless that is already done")
        fits_in(fits_folder(job), crowd, ict())


def resolution_of(job: TrainJob) -> int:
    """The resolution of the model's pictures; if its sizes do not set it, of the crops."""
    return int(getattr(architecture_of(job), "resolution", job.faceset.size))


def train(job: TrainJob, people: People, seat: Seat, gpus: int, resume: str) -> Ended:
    """Like ``train_apart``, to its end; ``events.jsonl`` can be followed meanwhile."""
    ended = None
    for message in train_apart(job, people, seat, gpus, resume):
        ended = message if isinstance(message, Ended) else ended
    assert ended is not None, "train_apart raises if it did not end"
    return ended


def make_package(job: TrainJob, people: People, device: str) -> Path:
    """The folder of the model package of the trained weights. ``device``: what it ran on.

    Consent is checked once more: it may have been revoked in the meantime. Raises RightsError, MachineError.
    """
    from fsvfx.training import result

    decision = rights.clear_training(job)
    cleared = job.model_copy(update={"rights": decision.digest})
    trained = result.load_result(Path(job.folder))
    if job.is_crowd:
        whose: tuple[TrainedPerson, ...] | Roster = _roster(job, people, decision)
    else:
        whose = result.people_of(job, _opened(job, people), decision.by_person)
    package = result.make_package(cleared, whose, trained, decision.weights, device)
    result.remove_result(Path(job.folder))
    return package


def evaluate_package(job: TrainJob, people: People, package: Path) -> Figures | None:
    """Evaluate the package on held-out faces, and write the figures into its card. Raises ModelError, StoreError.

    A general model's on held-out people, beside a ceiling and a floor; if no people are held out, on held-out frames of
    people it learned, which leaves the card unchanged; not at all if there are fewer than two people.
    """
    device = device_with()
    if not job.is_crowd:
        by = judges(job.purpose, job.licences)
        found = evaluation.evaluate_package(package, _opened(job, people), device=device, judges=by)
        evaluation.recorded(package, found)
        return packages.card_of(package).figures
    own = [contestants.of_package(package, device)]
    others = contestants.of_engines(contestants.BESIDE, (), device)
    contest = comparison.Contest(own, others, job.purpose, job.licences)
    learned = job.held_out is not None and job.held_out.is_nobody
    if learned:
        shown = comparison.seen_by(job, people, contest, packages.card_of(package).sha256)
    else:
        shown = comparison.unseen_by(job, people, contest)
    if len(shown) < 2:
        log.info("the package is not evaluated: fewer than two people are held out")
        return None
    files = comparison.written(own, comparison.on_crowd(contest, shown, Asked(learned=learned)), out=None)
    if learned:
        log.info("evaluated on held-out frames of the people it learned: %s", files[0])
    return packages.card_of(package).figures


def _roster(job: TrainJob, people: People, decision: rights.Decision) -> Roster:
    own, shared = learned_of(job, people)
    return rights.roster_of(decision, shared, unseen=set(job.learned) - set(own))


def _opened(job: TrainJob, people: People) -> dict[str, facesets.Faceset]:
    store = facesets.store_of(job.store, job.production)
    return {person: facesets.open_faceset(store, people[person]) for person in job.learned}
