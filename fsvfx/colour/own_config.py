"""A production's own OCIO config: a file, known by what is in it and in the tables that it names.

Results are kept under the hash of that content, so that they stay valid wherever the file lies. Where it lies, each
process is told once (``use_config``), by the manifest's loader and by the runner.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import PyOpenColorIO as ocio
from blake3 import blake3

from fsvfx.errors import InputError, Where

ENDINGS = (".ocio", ".ocioz")
_PREFIX = "blake3:"
_UNREADABLE = (ocio.Exception, ocio.ExceptionMissingFile)
_places: dict[str, Path] = {}


def use_config(config: str, file: str) -> None:
    """From now on the config known as ``config`` is read from ``file``. Nothing, if ``file`` is empty."""
    if file:
        _places[config] = Path(file)


def is_own(config: str) -> bool:
    """Whether that is the name of a file's content, not of a built-in config."""
    return config.startswith(_PREFIX)


def called(config: str) -> str:
    """What people call it: the file's name, a built-in config's own."""
    return _places[config].name if config in _places else config


def read_own(config: str) -> ocio.Config:
    """The config known as ``config``. InputError if it is not where it was, or not what it was."""
    place = _places.get(config)
    if place is None or own_name(place) != config:
        raise _wrong(place or Path(config), "is no longer what it was when this shot was submitted", "Submit it again")
    return _read(place)


def own_name(file: Path) -> str:
    """The name of a config file: the hash of its content and of its tables. InputError if it can't be read."""
    hasher = blake3(_content(file))
    if file.suffix.lower() == ".ocio":
        for source, path in sorted(tables(file)):
            hasher.update(b"\0" + source.encode() + b"\0")
            hasher.update(_content(path))
    return _PREFIX + hasher.hexdigest()[:40]


def tables(file: Path) -> set[tuple[str, Path]]:
    """The files that a ``.ocio`` names, as it names them and where they are. InputError if one is not there."""
    config, found = _read(file), set()
    context = config.getCurrentContext()
    for transform in _transforms(config):
        if isinstance(transform, ocio.FileTransform):
            source = str(transform.getSrc())
            try:
                found.add((source, Path(context.resolveFileLocation(source))))
            except _UNREADABLE as error:
                raise _wrong(file, f"names '{source}', which is not there", "Put it on its search path") from error
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
        raise _wrong(file, f"is no OCIO config that can be read: {said[0] if said else 'no reason given'}") from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _wrong(file, f"can't be read: {error.strerror}", "Give a .ocio or .ocioz file that is there") from error


def _wrong(file: Path, what: str, hint: str = "Fix it, or leave color.config out") -> InputError:
    return InputError(f"The colour config {file.name} {what}", hint=hint, where=Where(field="color.config"))
