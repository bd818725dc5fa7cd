"""Reads OCIO configs: built-in ones, and a production's own with the tables that they name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import PyOpenColorIO as ocio
from blake3 import blake3

from fsvfx.colour.named import DEFAULT_CONFIG, OWN, ColourConfig
from fsvfx.errors import InputError, Where
from fsvfx.suggestions import nearest

_UNREADABLE = (ocio.Exception, ocio.ExceptionMissingFile)


def config_of(file: Path) -> ColourConfig:
    """A production's own, in its current state. Raises InputError if it can't be read."""
    return ColourConfig(_name_of(file), str(file))


@lru_cache(maxsize=8)
def load_config(config: ColourConfig) -> ocio.Config:
    """Read it (a built-in config's name may have the prefix ``ocio://``).

    Raises InputError if there is none with that name, or if the file is missing or has changed since it was named.
    """
    if config.name.startswith(OWN):
        return _own(config)
    name = config.name.removeprefix("ocio://")
    known = [entry[0] for entry in ocio.BuiltinConfigRegistry().getBuiltinConfigs()]
    if name not in known:
        raise InputError(
            f"OCIO has no built-in color config '{config.name}'",
            hint=f"Give its full name, such as {nearest(name, known) or DEFAULT_CONFIG.name}",
        )
    return ocio.Config.CreateFromBuiltinConfig(name)


def is_linear(config: ColourConfig, name: str) -> bool:
    """Whether the space ``name`` (the config's own name) is scene-linear, tested numerically."""
    return bool(load_config(config).isColorSpaceLinear(name, ocio.REFERENCE_SPACE_SCENE))


def _own(config: ColourConfig) -> ocio.Config:
    place = Path(config.file or config.name)
    if not config.file or _name_of(place) != config.name:
        raise _wrong(place, "has changed since this shot was submitted", "Submit it again")
    return _read(place)


def _name_of(file: Path) -> str:
    """The hash of its content and its tables. Raises InputError if it can't be read."""
    hasher = blake3(_content(file))
    if file.suffix.lower() == ".ocio":
        for source, path in sorted(tables_of(file)):
            hasher.update(b"\0" + source.encode() + b"\0")
            hasher.update(_content(path))
    return OWN + hasher.hexdigest()[:40]


def tables_of(file: Path) -> set[tuple[str, Path]]:
    """The files named in a ``.ocio``: each as written there, and its path. Raises InputError if one is missing."""
    config, found = _read(file), set()
    context = config.getCurrentContext()
    for transform in _transforms(config):
        if isinstance(transform, ocio.FileTransform):
            source = str(transform.getSrc())
            try:
                found.add((source, Path(context.resolveFileLocation(source))))
            except _UNREADABLE as error:
                raise _wrong(
                    file, f"names '{source}', which does not exist", "Put it on the config's search path"
                ) from error
    return found


def _transforms(config: ocio.Config) -> Iterator[ocio.Transform]:
    spaces = [
        *config.getColorSpaces(ocio.SEARCH_REFERENCE_SPACE_ALL, ocio.COLORSPACE_ALL),
        *config.getNamedTransforms(),
    ]
    to, back = ocio.COLORSPACE_DIR_TO_REFERENCE, ocio.COLORSPACE_DIR_FROM_REFERENCE
    for space in spaces:
        named = isinstance(space, ocio.NamedTransform)
        ways = (ocio.TRANSFORM_DIR_FORWARD, ocio.TRANSFORM_DIR_INVERSE) if named else (to, back)
        for way in ways:
            yield from _parts(space.getTransform(way))
    for view in config.getViewTransforms():
        for way in (ocio.VIEWTRANSFORM_DIR_TO_REFERENCE, ocio.VIEWTRANSFORM_DIR_FROM_REFERENCE):
            yield from _parts(view.getTransform(way))
    for look in config.getLooks():
        yield from _parts(look.getTransform())
        yield from _parts(look.getInverseTransform())


def _parts(transform: ocio.Transform | None) -> Iterator[ocio.Transform]:
    if isinstance(transform, ocio.GroupTransform):
        for part in transform:
            yield from _parts(part)
    elif transform is not None:
        yield transform


def _read(file: Path) -> ocio.Config:
    """Not validated as a whole: comps need neither displays nor views."""
    try:
        return ocio.Config.CreateFromFile(str(file))
    except _UNREADABLE as error:
        said = str(error).strip().splitlines()
        raise _wrong(file, f"can't be read as an OCIO config: {said[0] if said else 'no reason given'}") from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _wrong(file, f"can't be read: {error.strerror}", "Give an existing .ocio or .ocioz file") from error


def _wrong(file: Path, what: str, hint: str = "Fix it, or leave color.config out") -> InputError:
    return InputError(f"The color config {file.name} {what}", hint=hint, where=Where(field="color.config"))
