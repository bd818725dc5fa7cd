"""Whether what a shot reads is there and fits: plate, rotos, references, models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice

from fsvfx import extras, models
from fsvfx.arrays import Array
from fsvfx.engines.registry import engine, learned
from fsvfx.engines.sides import one_sided
from fsvfx.entries import entry_name
from fsvfx.errors import FsvfxError
from fsvfx.faces.detectors import needs_of
from fsvfx.faces.looks import colour_of
from fsvfx.faces.measures import head_pose
from fsvfx.faces.search import FaceFinder
from fsvfx.media import PersonSource, PlateReader, RotoSource, open_plate, spread
from fsvfx.packages import Packages, faces_in, unknown_to
from fsvfx.preflight.contract import Look, Trouble
from fsvfx.runner.dag import stage, stages, units_of
from schemas import rates
from schemas.bank_card import UsedBank
from schemas.job import ShotJob, driver_job
from schemas.receipts import Unit

_LOOKED_AT = 8
"""Frames of a plate and of a roto that are looked at, spread over the shot."""
_FACES = 64
"""Reference pictures in which a face is looked for, until one is found."""
_OTHER_HEAD = "; or write faces: {head: makehuman} and run `fsvfx models pull makehuman`"


def plate(shot: Look) -> Iterator[Trouble]:
    """Readable as the manifest says, with every frame of the shot; a frame that alone can't be read is only told."""
    try:
        found = shot.open_plate()
    except FsvfxError as error:
        yield Trouble.of("plate", error)
        return
    if found is None:
        return
    plate = shot.job.shot.plate
    yield from _doubts("plate", found)
    yield from shot.answers.of(("plate", plate.model_dump_json()), lambda: _frames(found, _some(shot.job)))


def _doubts(field: str, plate: PlateReader) -> Iterator[Trouble]:
    for doubt in plate.info.doubts:
        yield Trouble(field, doubt, "Correct the manifest if that is not meant", stops=False)


def _frames(plate: PlateReader, numbers: Sequence[int]) -> Iterator[Trouble]:
    """Those that can't be read: in one go, and one by one only where that fails."""
    try:
        for _ in plate.pictures(numbers):
            pass
    except FsvfxError:
        yield from _damaged(plate, numbers)


def _damaged(plate: PlateReader, numbers: Sequence[int]) -> Iterator[Trouble]:
    for number in numbers:
        try:
            for _ in plate.pictures([number]):
                pass
        except FsvfxError as error:
            hint = f"Its chunk will fail; the others run. {error.hint}"
            file = f" ({error.where.file})" if error.where.file else ""
            yield Trouble("plate", f"frame {number}: {error.what}{file}", hint, stops=False)


def drivers(shot: Look) -> Iterator[Trouble]:
    """As the plate, of each driver's footage; another frame rate is told."""
    for index, entry in enumerate(shot.job.shot.replace):
        if entry.driver is None or not shot.buckets.usable(entry.driver.plate.path):
            continue
        field, own = f"replace[{index}].driver", driver_job(shot.job, index)
        try:
            found = open_plate(own)
            rate = found.info.frame_rate
        except FsvfxError as error:
            yield Trouble.of(f"{field}.plate", error)
            continue
        yield from _doubts(f"{field}.plate", found)
        said = shot.answers.of(("plate", own.shot.plate.model_dump_json()), partial(_frames, found, _some(own)))
        yield from (replace(one, field=f"{field}.{one.field}") for one in said)
        plays = shot.plate.info.frame_rate if shot.plate else None
        if rate and plays and rate != plays:
            both = f"{rates.written(rate)} frames per second, and plays at {rates.written(plays)}"
            what = f"it was shot at {both}, frame by frame"
            yield Trouble(field, what, "Retime the footage if its speed matters", stops=False)


def rotos(shot: Look) -> Iterator[Trouble]:
    """Every frame has its matte, of the plate's size, in the layer that is named."""
    if shot.plate is None or "roto" not in stages() or not units_of("roto", shot.job):
        return
    numbers = list(shot.job.shot.plate.frames)
    for index, entry in enumerate(shot.job.shot.replace):
        if not entry.roto or not shot.buckets.usable(entry.roto):
            continue
        try:
            RotoSource(shot.job, numbers).check(entry_name(index))
            for _ in RotoSource(shot.job, _some(shot.job)).pictures(entry_name(index)):
                pass
        except FsvfxError as error:
            yield Trouble.of(f"replace[{index}].roto", error)


def references(shot: Look) -> Iterator[Trouble]:
    """Every file can be read, and a face is seen: as the stage would look for it, but only until one is found; where
    an engine shows the pictures themselves, until they are seen not to be all of one side."""
    for person in shot.job.shown:
        given = shot.job.people[person].references
        unit = Unit.of_person(person)
        if not given or not all(map(shot.buckets.usable, given)) or not shot.would_run("references", unit.name):
            continue
        shown_by = _shown_by(shot.job, person)
        question = ("references", person, given, shown_by, shot.job.shot.faces.model_dump_json())
        yield from shot.answers.of(question, partial(_unseen, shot.job, person, shown_by))


def _shown_by(job: ShotJob, person: str) -> tuple[str, ...]:
    """The engines that show the person's pictures themselves."""
    used = dict.fromkeys(entry.engine for entry in job.shot.replace if entry.goes_in == person)
    return tuple(name for name in used if engine(name).shows_references)


def _unseen(job: ShotJob, person: str, shown_by: tuple[str, ...]) -> Iterator[Trouble]:
    field = f"people.{person}.references"
    try:
        source = PersonSource(job, person)
        firsts = list(source.firsts())
        if not _absent_models(job, "references"):
            yield from _poor(job, source, firsts, shown_by, field)
    except FsvfxError as error:
        yield Trouble.of(field, error)


def _poor(
    job: ShotJob, source: PersonSource, firsts: Sequence[Array], shown_by: tuple[str, ...], field: str
) -> Iterator[Trouble]:
    """No face, or only one side of it. ``firsts``: of each file the first picture. Raises PlateError."""
    finder = FaceFinder(job.shot.faces.detector, min_score=job.shot.faces.min_score, perturb=1)
    yaws: list[float] = []
    pictures, looked = source.pictures(), -len(firsts)
    for picture in chain(firsts, islice(pictures, _FACES)):
        yaws += [head_pose(mesh)[0] for mesh in finder.find(colour_of(picture).look(picture)).landmarks]
        if yaws and not (shown_by and one_sided(yaws)):
            return
        looked += 1
    if yaws:
        yield _turned(yaws, shown_by, field)
        return
    is_all = next(pictures, None) is None
    yield Trouble(
        field,
        f"no face was found in the {'' if is_all else 'first '}{looked} picture{'' if looked == 1 else 's'}",
        "Give footage or stills in which the face is large, well lit and unobstructed",
        stops=is_all,
    )


def _turned(yaws: Sequence[float], shown_by: tuple[str, ...], field: str) -> Trouble:
    least, most = sorted(round(abs(yaw)) for yaw in (min(yaws, key=abs), max(yaws, key=abs)))
    side = "right" if yaws[0] > 0 else "left"
    by = f"{least}" if least == most else f"{least} to {most}"
    return Trouble(
        field,
        f"all faces found are turned to the picture's {side}, by {by} degrees",
        f"Add a frontal picture or one of the other side: {' and '.join(shown_by)} must guess what none shows",
        stops=False,
    )


def detector_code(shot: Look) -> Iterator[Trouble]:
    """The optional packages that the detector needs are installed."""
    detector = shot.job.shot.faces.detector
    for module in needs_of(detector):
        if not extras.is_installed(module):
            what = f"detector '{detector}' needs {module}, which is not installed"
            yield Trouble("faces.detector", what, extras.how_to_install(module))


def weights(shot: Look) -> Iterator[Trouble]:
    """The weights of every stage that the shot goes through are here, with their cards' hashes."""
    own = [name for model in shot.job.models for name in model.weights if not models.present(name)]
    for name in dict.fromkeys([*_absent_models(shot.job, *stages()), *own]):
        hint = models.how_to_get(models.card(name))
        yield Trouble("models", f"model '{name}' is missing", f"{hint}{_instead(shot.job, name)}")


def _instead(job: ShotJob, name: str) -> str:
    """The head that a shot may take in place of the FaceKit, unless an engine was trained on that."""
    engines = [engine(entry.engine) for entry in job.shot.replace]
    is_bound = any(name in learned(each.name).trained_with for each in engines if each.learns)
    return "" if name != models.HEAD or is_bound else _OTHER_HEAD


def banks(shot: Look) -> Iterator[Trouble]:
    """The pictures of each bank are those of its card."""
    found = Packages.of(shot.job)
    for bank in shot.job.banks:
        try:
            faces_in(found.find_bank(bank.bank, bank.sha256), bank.sha256)
        except FsvfxError as error:
            yield Trouble.of(f"identity.bank {bank.bank}", error)
        yield from _unknown(shot.job, bank)


def _unknown(job: ShotJob, bank: UsedBank) -> Iterator[Trouble]:
    """Members who are not chosen from, as nobody knows the age or the sex that an entry asks for."""
    said = (entry.from_bank for entry in job.shot.replace)
    for one in dict.fromkeys(one for one in said if one and one.sha256 == bank.sha256):
        if count := unknown_to(bank, one):
            what = f"the age or sex of {count} of its {len(bank.members)} members is not known: they are not chosen"
            hint = "To make them available, build the bank with --labels that give their age and sex"
            yield Trouble(f"identity.bank {bank.bank}", what, hint, stops=False)


def _some(job: ShotJob) -> list[int]:
    numbers = list(job.shot.plate.frames)
    return [numbers[at] for at in spread(len(numbers), _LOOKED_AT)]


def _absent_models(job: ShotJob, *names: str) -> list[str]:
    return [name for name in dict.fromkeys(_used(job, names)) if not models.present(name)]


def _used(job: ShotJob, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        one = stage(name)
        for unit in units_of(name, job):
            yield from one.weights(one.settings(job, unit))
