"""Whether the licences of a manifest's weights allow its production's purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from fsvfx.comp.choices import named_networks
from fsvfx.documents import Finding, Loc
from fsvfx.errors import InputError, ModelError
from fsvfx.manifests.draft import Draft, mapping, sound_of
from fsvfx.packages import Packages, card_of, network_of
from fsvfx.reach import Reach, ReachError
from schemas.manifest import Faces, HeldLicence

Licences = dict[str, HeldLicence]


def check_licences(draft: Draft, data: dict[str, Any], manifest: Path) -> Iterator[Finding]:
    """For each shot's detector, segmenters, super-resolvers and engines; for packages, if they can be found."""
    from fsvfx.rights.weights import of_shot

    reach = Reach(manifest, draft.production)
    held, purpose = _held(data, reach), data.get("purpose", "commercial")
    for name, licence in held.items():
        yield from _unreached(("licences", name, "file"), licence.file, reach)
    for shot in draft.shots:
        whole = mapping(data["shots"][shot.loc[1]]) if shot.loc[0] == "shots" else data
        faces = sound_of(Faces, whole.get("faces", {})) or Faces()
        at = shot.loc if shot.loc[0] == "shots" else ()
        yield from _unknown((*at, "faces", "detector"), faces.detector)
        for name, field in of_shot(faces, shot.replace.values(), shot.composite).items():
            yield from _refused((*at, *_parts(field)), name, purpose, held)
        for number, entry in shot.replace.items():
            settings = [entry.settings, *(one.settings for one in entry.overrides)]
            for said in {(str(s["model"]), str(s["sha256"])): s for s in settings if {"model", "sha256"} <= s.keys()}:
                place = (*shot.loc, "replace", number, "settings", "model")
                yield from _package(place, said, draft, purpose, held, reach, is_network=_is_network(entry.engine))
        for loc, _, named in named_networks(shot.composite) if shot.composite else ():
            place = (*shot.loc, "composite", *loc)
            yield from _package(place, named, draft, purpose, held, reach, is_network=True)
    start = mapping(data.get("start"))
    if {"model", "sha256"} <= start.keys():
        said = str(start["model"]), str(start["sha256"])
        yield from _package(("start", "model"), said, draft, purpose, held, reach)


def held_at(licences: dict[str, HeldLicence], reach: Reach) -> Licences:
    """With absolute paths. Raises ReachError."""
    return {name: one.model_copy(update={"file": str(reach.file(one.file))}) for name, one in licences.items()}


def _held(data: dict[str, Any], reach: Reach) -> Licences:
    said = {name: sound_of(HeldLicence, raw) for name, raw in mapping(data.get("licences")).items()}
    try:
        return held_at({name: one for name, one in said.items() if one}, reach)
    except ReachError:
        return {name: one for name, one in said.items() if one}


def _unreached(at: Loc, given: str, reach: Reach) -> Iterator[Finding]:
    try:
        reach.file(given)
    except ReachError as error:
        yield Finding(at, error.what, error.hint)


def _unknown(at: Loc, detector: str) -> Iterator[Finding]:
    from fsvfx.faces.detectors import check

    try:
        check(detector)
    except (InputError, ModelError) as error:
        yield Finding(at, error.what, error.hint)


def _refused(at: Loc, name: str, purpose: object, held: Licences) -> Iterator[Finding]:
    from fsvfx.rights.weights import card_weights, refusal

    try:
        why = refusal(card_weights(name), str(purpose), held)
    except (InputError, ModelError) as error:
        why = error.what, error.hint
    if why:
        yield Finding(at, *why)


def _package(
    at: Loc,
    said: tuple[str, str],
    draft: Draft,
    purpose: object,
    held: Licences,
    reach: Reach,
    *,
    is_network: bool = False,
) -> Iterator[Finding]:
    """A missing one is reported when it is needed."""
    from fsvfx.rights.weights import network_weights, package_weights, refusal

    try:
        packages = Packages.within(str(reach.file(draft.folders.get("packages", "packages/"))), reach)
        used = (
            network_weights(network_of(packages.find_network(*said)))
            if is_network
            else (package_weights(card_of(packages.find(*said))),)
        )
        found = [why for one in used if (why := refusal(one, str(purpose), held))]
    except (InputError, ModelError, ReachError):
        return
    for why in found:
        yield Finding(at, *why)


def _is_network(name: str) -> bool:
    from fsvfx.engines.registry import engine

    with suppress(InputError):  # reported where it is named
        return engine(name).runs is not None
    return False


def _parts(field: str) -> Loc:
    from fsvfx.rights.weights import named_in

    return tuple(named_in(field))
