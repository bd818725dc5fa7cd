"""Old manifests, carried along: one function per version, each from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.manifest import SCHEMA_VERSION

Raw = dict[str, Any]


class VersionError(ValueError):
    """A ``schema_version`` that can't be read: ``what`` and a ``hint``."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint


def upgrade(manifest: Raw) -> Raw:
    """``manifest`` in the shape of the present version; what was given is left as it was. Raises VersionError."""
    for step in range(_version(manifest, oldest=0), SCHEMA_VERSION):
        manifest = {**_UPGRADES[step](manifest), "schema_version": step + 1}
    return manifest


def upgrade_training(manifest: Raw) -> Raw:
    """As ``upgrade``, of a training manifest: of those there is one version so far. Raises VersionError."""
    _version(manifest, oldest=SCHEMA_VERSION)
    return manifest


def _version(manifest: Raw, oldest: int) -> int:
    version = manifest.get("schema_version")
    if version is None:
        raise VersionError("schema_version is missing", f"Begin the manifest with schema_version: {SCHEMA_VERSION}")
    if not isinstance(version, int) or isinstance(version, bool) or version < oldest:
        raise VersionError(f"{version!r} is not a version", f"Write schema_version: {SCHEMA_VERSION}")
    if version > SCHEMA_VERSION:
        raise VersionError(
            f"version {version} is newer than this fsvfx supports ({SCHEMA_VERSION})",
            "Install a newer fsvfx",
        )
    return version


def _from_0(old: Raw) -> Raw:
    """Version 0, the draft: flat shots (``plate: file``, ``range``, ``fps``, ``colorspace``, ``swap``), ``output``."""
    new = {key: value for key, value in old.items() if key not in ("output", "workdir")}
    new["people"] = _each_value(old.get("people", {}), _person_from_0)
    new["shots"] = _each(old.get("shots", []), _shot_from_0)
    if isinstance(old.get("output"), dict):
        new["deliver"] = [{"kind": kind, "path": path} for kind, path in old["output"].items()]
    return _renamed({**new, **_only(old, "workdir")}, {"workdir": "store"})


def _person_from_0(person: Raw) -> Raw:
    references = person.get("references")
    return {**person, "references": [references]} if isinstance(references, str) else person


def _shot_from_0(shot: Raw) -> Raw:
    plate = _renamed(
        {"path": shot.get("plate"), **_only(shot, "first_frame", "range", "fps", "colorspace")},
        {"range": "frames", "fps": "frame_rate", "colorspace": "color_space"},
    )
    frames = plate.get("frames")
    if isinstance(frames, list) and len(frames) == 2:
        plate["frames"] = f"{frames[0]}-{frames[1]}"
    rest = {k: v for k, v in shot.items() if k not in ("plate", "first_frame", "range", "fps", "colorspace", "swap")}
    swap = shot.get("swap")
    if isinstance(swap, dict):
        rest["replace"] = [_renamed(swap, {"from": "performer", "to": "identity"})]
    return {**rest, "plate": plate}


def _only(raw: Raw, *keys: str) -> Raw:
    return {key: raw[key] for key in keys if key in raw}


def _renamed(raw: Raw, names: dict[str, str]) -> Raw:
    return {names.get(key, key): value for key, value in raw.items()}


def _each(items: object, change: Callable[[Raw], Raw]) -> object:
    """What is not of the right kind stays, for the validation to tell of."""
    return [change(item) if isinstance(item, dict) else item for item in items] if isinstance(items, list) else items


def _each_value(items: object, change: Callable[[Raw], Raw]) -> object:
    if not isinstance(items, dict):
        return items
    return {key: change(value) if isinstance(value, dict) else value for key, value in items.items()}


_UPGRADES: dict[int, Callable[[Raw], Raw]] = {0: _from_0}
