"""The gate of weights: which models a shot or training uses, and whether their licences allow its purpose.

A production without ``purpose: research`` uses no weights whose licence excludes commercial use, or does not mention
it, unless it has a licence of its own: a signed ``MODEL.LICENSE`` beside insightface's pack, or a file that the
manifest names with its hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsvfx import extras, models
from fsvfx.digests import sha256_of
from fsvfx.errors import InputError, LicenceError, Where
from fsvfx.faces.detectors import weights_of
from fsvfx.packages import machine_weights
from schemas.collection import CollectionRecord
from schemas.composite import Composite
from schemas.deliver import DeliverMesh, DeliverPointCache
from schemas.job import ShotJob, TrainedModel, TrainJob
from schemas.manifest import Faces, HeldLicence, Purpose, Replace
from schemas.network import NetworkCard
from schemas.package import PackageCard
from schemas.train import Occluders

_ALWAYS = ("facemesh", "dlib_embedding")


@dataclass(frozen=True)
class Weights:
    """Weights in use. ``commercial_use`` None: unknown. ``file``: the path for a licence of the production's own."""

    name: str
    licence: str
    whose: str
    commercial_use: bool | None
    held: str = ""
    """What allows the use besides the weights' own licence."""
    invalid: tuple[str, str] | None = None
    """What is wrong with the signed licence beside them, and how to fix it."""


def of_shot(faces: Faces, replace: Iterable[Replace], composite: Composite | None) -> dict[str, str]:
    """Names of all model cards that a shot uses, each with the field that requires it."""
    from fsvfx.engines.registry import is_fitted

    found = dict.fromkeys((*_detector_weights(faces.detector), *_ALWAYS), "faces.detector")
    said: list[Any] = [] if composite is None else [composite, *composite.overrides]
    for name in dict.fromkeys(one.occlusion for one in said if one.occlusion not in (None, "none")):
        found |= dict.fromkeys(_segmenter_weights(name), "composite.occlusion")
    resolvers = [one.super_resolver for one in said if one.super_resolver is not None]
    for name in dict.fromkeys(resolvers if any(one.super_resolution for one in said) else ()):
        found |= dict.fromkeys(_resolver_weights(name), "composite.super_resolver")
    for index, entry in enumerate(replace):
        found |= dict.fromkeys(_engine_weights(entry), f"replace[{index}].engine")
        with suppress(InputError):  # reported where it is named
            found |= {faces.head: "faces.head"} if is_fitted(entry) else {}
    return found


def card_weights(name: str) -> Weights:
    """As described by the model card, or by the signed licence beside the file."""
    try:
        card = models.card(name)
    except InputError:
        return Weights(name, "unknown", "unknown", None)
    held, invalid = "", None
    if not card.commercial_use and (signed := models.signed_licence(card)) is not None:
        try:
            held = _verified(signed, card.version)
        except InputError as error:  # reported where the purpose requires it
            invalid = error.what, error.hint
    allowed = True if held else card.commercial_use
    return Weights(name, card.licence, card.source, allowed, held, invalid)


def package_weights(card: PackageCard) -> Weights:
    """A package's: its card, and the words of its licence."""
    return Weights(card.model, card.licence, f"the production {card.production}", card.allows_commercial_use)


def network_weights(card: NetworkCard) -> tuple[Weights, ...]:
    """Those of a user's own network: from its card, for it and for files with terms of their own; and of the machine's
    networks that it needs."""
    own = [Weights(card.model, one.licence, card.source, one.allows_commercial_use) for one in (card, *card.licensed)]
    return (*own, *map(card_weights, machine_weights(card)))


def model_weights(model: TrainedModel) -> Weights:
    return Weights(model.model, model.licence, f"the engine {model.engine}'s package", model.commercial_use)


def refusal(weights: Weights, purpose: str, licences: Mapping[str, HeldLicence]) -> tuple[str, str] | None:
    """Why they may not be used, and the solution; None if they may. ``licences``: files by absolute path."""
    if purpose == "research" or weights.commercial_use:
        return None
    held = licences.get(weights.name)
    if held is not None:
        return _wrong_file(weights.name, held)
    if weights.invalid is not None:
        return weights.invalid
    if weights.commercial_use is None:
        what = f"it is unknown whether '{weights.name}' ({weights.licence}; from {weights.whose}) is for commercial use"
    else:
        what = f"the licence of '{weights.name}' excludes commercial use: {weights.licence} (from {weights.whose})"
    return what, _way_out(weights.name)


def collection_weights(name: str, record: CollectionRecord) -> Weights:
    """A picture collection's: its terms apply to what is learned from it."""
    return Weights(name, record.licence, record.source, record.commercial_use)


def occluder_weights(occluders: Occluders) -> Weights:
    """Those of cut-outs, whose terms apply like a collection's."""
    return Weights("occluders", occluders.licence or "", f"the cut-outs in {occluders.path}", occluders.commercial_use)


def check_weights(job: ShotJob | TrainJob, collections: Iterable[Weights] = ()) -> tuple[Weights, ...]:
    """All weights that the job uses. Raises LicenceError that lists every one that its purpose does not allow."""
    used = (*used_by(job), *collections)
    name = job.shot.name if isinstance(job, ShotJob) else None
    check_use(used, job.purpose, job.licences, Where(shot=name, file=job.manifest))
    return used


def check_use(
    used: Iterable[Weights],
    purpose: Purpose,
    licences: Mapping[str, HeldLicence] | None = None,
    where: Where | None = None,
) -> None:
    """Raises LicenceError that lists every one of these weights that ``purpose`` does not allow."""
    found = [why for one in used if (why := refusal(one, purpose, licences or {}))]
    if found:
        raise LicenceError(tuple(f"{what}. {hint}" for what, hint in found), where=where)


def evaluation_weights(own: Iterable[str]) -> tuple[Weights, ...]:
    """Everything that an evaluation uses: weights of the faces' measures, and the engines' ``own`` cards."""
    return tuple(map(card_weights, dict.fromkeys((*weights_of("blazeface"), *_ALWAYS, "iris", *own))))


def used_by(job: ShotJob | TrainJob) -> tuple[Weights, ...]:
    """Cards and packages, each once."""
    shots = [job] if isinstance(job, ShotJob) else [each.shot for each in job.footage]
    names = {name: None for one in shots for name in of_shot(one.shot.faces, one.shot.replace, one.shot.composite)}
    if isinstance(job, TrainJob) and job.collections:
        names |= dict.fromkeys((*weights_of(job.faces.detector), *_ALWAYS))
    if isinstance(job, TrainJob):
        names |= dict.fromkeys(_training_weights(job.engine))
    if isinstance(job, ShotJob) and any(isinstance(one, DeliverMesh | DeliverPointCache) for one in job.deliver):
        names |= {job.shot.faces.head: None}
    names |= {name: None for model in job.models for name in model.weights}
    return (*map(card_weights, names), *map(model_weights, job.models))


def _way_out(name: str) -> str:
    is_insightface = name in ("insightface", "arcface") or models.packs.is_pack(name.rpartition(".")[0])
    signed = f", or put insightface's signed {models.SIGNED} beside its files" if is_insightface else ""
    return (
        "Use others; or write purpose: research (on the command line: --research), if this is research; "
        "or get a licence and name it: "
        f"licences: {{{name}: {{file: ..., sha256: ...}}}}{signed}"
    )


def _wrong_file(name: str, held: HeldLicence) -> tuple[str, str] | None:
    path = Path(held.file)
    if not path.is_file():
        return f"the licence for '{name}' is missing at {path}", "Put the file there, or correct licences"
    if (found := sha256_of(path)) != held.sha256:
        return f"{path} does not match the licence's sha256: it is {found}", "Restore the right file"
    return None


def _verified(signed: Path, model: str) -> str:
    """The signed licence's id if it permits commercial use of the pack. Raises InputError if it is not valid."""
    extras.require("insightface", "rfc8785", what=f"Checking the licence {signed}")
    from insightface.model_zoo import model_license

    where = Where(file=str(signed))
    try:
        licence = model_license.verify_model_license(signed, expected_model_id=model)
    except model_license.ModelLicenseDependencyError as error:
        what = f"The licence {signed} can't be checked: {error}"
        raise InputError(what, hint=extras.how_to_install("rfc8785"), where=where) from error
    except model_license.ModelLicenseError as error:
        hint = "Get it again from insightface, or remove it and use another detector"
        raise InputError(f"The licence {signed} is not valid: {error}", hint=hint, where=where) from error
    return f"{models.SIGNED} {licence.license_id}" if licence.commercial_use_permitted else ""


def _detector_weights(name: str) -> tuple[str, ...]:
    try:
        return weights_of(name)
    except InputError:
        return ()  # reported where it is named


def _segmenter_weights(name: str) -> tuple[str, ...]:
    from fsvfx.occlusion.contract import segmenter

    try:
        return segmenter(name).weights
    except InputError:
        return ()  # reported where it is named


def _engine_weights(entry: Replace) -> Iterator[str]:
    """With the entry's settings, and with those of every override."""
    from fsvfx.engines.registry import engine, settings_of

    for more in ({}, *(override.settings for override in entry.overrides)):
        with suppress(InputError):  # reported where it is named
            yield from engine(entry.engine).weights(settings_of(entry.engine, {**entry.settings, **more}))


def _training_weights(name: str) -> tuple[str, ...]:
    from fsvfx.engines.registry import learned

    try:
        return learned(name).trained_with
    except InputError:
        return ()  # reported where it is named


def _resolver_weights(name: str) -> tuple[str, ...]:
    from fsvfx.comp.finish import weights_of_resolver

    try:
        return weights_of_resolver(name)
    except InputError:
        return ()


def named_in(field: str) -> Iterator[str | int]:
    """The parts of a field's name, in the form of places in a manifest."""
    for part in re.findall(r"[a-z_]+|\d+", field):
        yield int(part) if part.isdigit() else part
