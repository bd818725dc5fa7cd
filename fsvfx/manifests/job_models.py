"""The models in a job's entries: model packages, users' own networks, texture bases and banks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from fsvfx.comp.choices import named_networks
from fsvfx.documents import Loc, dotted
from fsvfx.errors import InputError, ManifestError, Problem
from fsvfx.manifests.placed import person_at
from fsvfx.packages import (
    Packages,
    bank_of,
    card_for,
    check_knows,
    machine_weights,
    members_for,
    network_for,
    network_of,
    texture_of,
    unknown_to,
)
from fsvfx.printable import counted
from fsvfx.reach import Reach
from schemas.bank_card import UsedBank
from schemas.frames import FrameRange, meetings
from schemas.job import ShotJob, TrainedModel
from schemas.manifest import Manifest, Replace, Settings
from schemas.network import NetworkCard
from schemas.package import PackageCard
from schemas.texture_card import TextureCard
from schemas.train import TrainManifest

_LARGER = "Pick from more of its members, or use a larger bank"
_UNKNOWN = "The age or sex of {} of its members is not known: build it with `--labels`, or after `fsvfx models pull`"


def with_models(jobs: Sequence[ShotJob], manifest: Manifest, path: Path) -> list[ShotJob]:
    """The ``jobs`` of the manifest at ``path``, with their models and the people that those were trained on.

    Opens the packages' cards. Raises ManifestError with every entry whose package is missing or does not fit;
    ModelError if a card can't be read.
    """
    names = [shot.name for shot in manifest.shots]
    problems: list[Problem] = []
    made = [_with_models(job, ("shots", names.index(job.shot.name)), manifest, path, problems) for job in jobs]
    if problems:
        raise ManifestError(str(path), tuple(problems))
    return made


def start_of(manifest: TrainManifest, path: Path) -> tuple[TrainedModel, ...]:
    """The package that the training at ``path`` starts from, if any; of the manifest's engine.

    Raises ManifestError if it is missing or does not fit, or if people are named who are neither learned nor in it;
    ModelError if its card can't be read.
    """
    if manifest.start is None:
        return ()
    reach = Reach(path, manifest.production)
    packages = Packages.within(str(reach.file(manifest.packages)), reach)
    try:
        card = card_for(packages, manifest.engine, manifest.start.model, manifest.start.sha256)
    except InputError as error:
        raise ManifestError(str(path), (Problem("start.model", error.what, error.hint),)) from error
    strangers = sorted(manifest.people.keys() - {*manifest.learned, *card.everybody})
    if strangers:
        hint = "Remove them, or make them the identity, the performer or one of others"
        what = "'{}' is neither learned nor in the model that training starts from"
        raise ManifestError(str(path), tuple(Problem(f"people.{name}", what.format(name), hint) for name in strangers))
    return (_trained(card),)


def _with_models(job: ShotJob, at: Loc, manifest: Manifest, path: Path, problems: list[Problem]) -> ShotJob:
    packages = Packages.within(job.packages, Reach(path, manifest.production))
    models: dict[str, TrainedModel] = {}
    job = _with_banks(job, at, packages, problems)
    for index, entry in enumerate(job.shot.replace):
        for loc, settings in _settings(entry):
            try:
                found = _models_of(entry, settings, packages)
            except InputError as error:
                place = dotted((*at, "replace", index, *loc, "model"))
                problems.append(Problem(place, error.what, error.hint))
            else:
                models |= {model.sha256: model for model in found}
        for loc, texture in _textures(entry, job.shot.faces.head):
            try:
                basis = _texture(packages, texture, job.shot.faces.head)
            except InputError as error:
                problems.append(Problem(dotted((*at, "replace", index, *loc)), error.what, error.hint))
            else:
                models[basis.sha256] = _of_texture(basis, entry.engine)
        problems += _unserved(entry, packages, job.shot.plate.frames, (*at, "replace", index))
    for loc, finishing, named in named_networks(job.shot.composite):
        try:
            card = network_for(packages, f"composite.{loc[-1]}", finishing, *named)
        except InputError as error:
            problems.append(Problem(dotted((*at, "composite", *loc)), error.what, error.hint))
        else:
            models |= {model.sha256: model for model in _of_network(card, f"composite.{loc[-1]}")}
    people = {person for model in models.values() for person in model.people} - job.people.keys()
    reach = Reach(path, manifest.production)
    added = {name: person_at(reach, person) for name, person in manifest.people.items() if name in people}
    return job.model_copy(update={"models": tuple(models.values()), "people": {**job.people, **added}})


def _with_banks(job: ShotJob, at: Loc, packages: Packages, problems: list[Problem]) -> ShotJob:
    """With the banks of its identities, and their sha256 in its entries.

    Reports missing banks, and those with too few members to choose from; the number of faces in a crowd is unknown
    before its plate is searched.
    """
    banks: dict[str, UsedBank] = {}
    entries: list[Replace] = []
    for index, entry in enumerate(job.shot.replace):
        said = entry.from_bank
        place = dotted((*at, "replace", index, "identity"))
        if said is None:
            entries.append(entry)
            continue
        try:
            card = bank_of(packages.find_bank(said.bank, said.sha256))
        except InputError as error:
            if not (entries and entries[-1].from_bank == said):  # a crowd's entries are one in the file
                problems.append(Problem(place, error.what, error.hint))
            entries.append(entry)
            continue
        banks[card.sha256] = UsedBank(**card.model_dump(include=set(UsedBank.model_fields)))
        entries.append(entry.model_copy(update={"identity": said.model_copy(update={"sha256": card.sha256})}))
    shot = job.shot.model_copy(update={"replace": tuple(entries)})
    problems += _too_few(entries, banks, at)
    return job.model_copy(update={"shot": shot, "banks": tuple(banks.values())})


def _too_few(entries: Sequence[Replace], banks: Mapping[str, UsedBank], at: Loc) -> Iterator[Problem]:
    for bank in banks.values():
        own = {i: one for i, entry in enumerate(entries) if (one := entry.from_bank) and one.sha256 == bank.sha256}
        crowd = [i for i in own if entries[i].is_crowd]
        faces = len(own) - len(crowd) + bool(crowd)
        may = {name for one in own.values() for name in members_for(bank, one)}
        if len(may) < faces:
            members, wanted = counted(len(may), "member"), counted(faces, "face")
            what = f"bank '{bank.bank}' has {members} to choose from, too few for {wanted} or more"
            place = dotted((*at, "replace", min(own), "identity"))
            unknown = max(unknown_to(bank, one) for one in own.values())
            yield Problem(place, what, _UNKNOWN.format(unknown) if unknown else _LARGER)


def _models_of(entry: Replace, settings: Settings, packages: Packages) -> tuple[TrainedModel, ...]:
    """The models named in ``settings``. Raises InputError if one is missing or does not fit, ModelError."""
    from fsvfx.engines.registry import engine, learned

    named = str(settings["model"]), str(settings["sha256"])
    kind = engine(entry.engine).runs
    if kind is None:
        trained = card_for(packages, entry.engine, *named)
        if trained.roster is None:
            check_knows(trained.model, learned(entry.engine).identities(trained.names), entry.goes_in)
        return (_trained(trained),)
    card = network_for(packages, f"engine '{entry.engine}'", kind, *named)
    if card.kind == "dfm":
        check_knows(card.model, card.people[:1], entry.goes_in)
    return _of_network(card, entry.engine)


def _unserved(entry: Replace, packages: Packages, frames: FrameRange, at: Loc) -> Iterator[Problem]:
    """Features that an entry's settings, at some of ``frames``, need from a user's own network whose card lacks them. A
    missing network is reported elsewhere."""
    from fsvfx.engines.registry import engine, settings_of

    kind = engine(entry.engine)
    if kind.runs is None:
        return
    told: set[Loc] = set()
    for held, overrides in meetings(frames, [one.frames for one in entry.overrides]):
        values = entry.settings_at(held.first)
        with suppress(InputError):
            card = network_of(packages.find_network(str(values["model"]), str(values["sha256"])))
            for each in kind.unserved(settings_of(entry.engine, values), card):
                loc = _where_said(entry, overrides, each.setting)
                if loc not in told:
                    told.add(loc)
                    yield Problem(dotted((*at, *loc)), each.what, each.hint)


def _where_said(entry: Replace, overrides: Sequence[int], setting: str) -> Loc:
    """Where a setting gets its value, in the settings and these overrides."""
    for index in reversed(overrides):
        if setting in entry.overrides[index].settings:
            return ("overrides", index, "settings", setting)
    return ("settings", setting)


def _texture(packages: Packages, said: str, head: str) -> TextureCard:
    """Raises InputError if it is missing, or laid out by another head's UV; ModelError."""
    card = texture_of(packages.find_texture(said))
    if card.model != head:
        what = f"texture basis '{card.texture}' is laid out by the UV of {card.model}, but the shot's head is {head}"
        raise InputError(what, hint=f"Write texture: none, or faces: {{head: {card.model}}}")
    return card


def _textures(entry: Replace, head: str) -> Iterator[tuple[Loc, str]]:
    """The texture bases in an entry's engine settings, and where each is named."""
    from fsvfx.engines.registry import engine
    from fsvfx.engines.textured import NONE, TextureSettings, usual

    kind = engine(entry.engine).Settings
    if not issubclass(kind, TextureSettings):
        return
    said: list[tuple[Loc, Settings]] = [(("settings", "texture"), entry.settings)]
    said += [(("overrides", i, "settings", "texture"), one.settings) for i, one in enumerate(entry.overrides)]
    unsaid = {"texture": kind.model_fields["texture"].default} | usual(kind, head)
    for place, (loc, settings) in enumerate(said):
        held = settings if place else unsaid | settings
        if held.get("texture", NONE) != NONE:
            yield loc, str(held["texture"])


def _of_texture(card: TextureCard, engine: str) -> TrainedModel:
    """From people who do not exist: no consent is needed."""
    record = card.record
    return TrainedModel(
        model=card.texture,
        sha256=card.sha256,
        engine=engine,
        people=(),
        licence=record.licence,
        commercial_use=record.commercial_use,
    )


def _of_network(card: NetworkCard, engine: str) -> tuple[TrainedModel, ...]:
    """The network, and the files with terms of their own that it needs."""
    weights = machine_weights(card)
    said = {"model": card.model, "engine": engine}
    own = TrainedModel(
        sha256=card.digest,
        people=card.people,
        licence=card.licence,
        commercial_use=card.allows_commercial_use,
        weights=weights,
        wide=1.0 if card.kind == "upscaler" else card.target.cut.wide,
        **said,
    )
    terms = (
        TrainedModel(
            sha256=file.sha256, people=(), licence=file.licence, commercial_use=file.allows_commercial_use, **said
        )
        for file in card.licensed
    )
    return (own, *terms)


def _trained(card: PackageCard) -> TrainedModel:
    return TrainedModel(
        model=card.model,
        sha256=card.sha256,
        engine=card.engine,
        people=card.everybody,
        licence=card.licence,
        commercial_use=card.allows_commercial_use,
        roster=card.roster.sha256 if card.roster else "",
    )


def _settings(entry: Replace) -> Iterator[tuple[Loc, Settings]]:
    """All settings of an engine with a package in an entry, and where each is written."""
    from fsvfx.engines.registry import engine

    if engine(entry.engine).learns or engine(entry.engine).runs:
        yield ("settings",), entry.settings
        for index, override in enumerate(entry.overrides):
            if {"model", "sha256"} & override.settings.keys():
                yield ("overrides", index, "settings"), {**entry.settings, **override.settings}
