"""Selects channels of a picture file: the plate's RGB, a matte; by layer (``beauty.R``) or by part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fsvfx.media.headers import HeaderError
from fsvfx.printable import listed

_RGB = ("r", "g", "b")
_PLAIN = {"red": "r", "green": "g", "blue": "b", "alpha": "a"}


@dataclass(frozen=True)
class Channel:
    """One channel of one part of a file; ``part_name`` is empty where the file has none."""

    name: str
    part: int = 0
    part_name: str = ""

    @property
    def layer(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def kind(self) -> str:
        """``r``, ``g``, ``b``, ``a``, ``y`` ..."""
        own = self.name.rpartition(".")[2].lower()
        return _PLAIN.get(own, own)

    @property
    def path(self) -> str:
        """Its layer as named in a manifest: the layer's own name, otherwise the part's; both if they differ."""
        if self.layer and self.part_name and self.layer != self.part_name:
            return f"{self.part_name}.{self.layer}"
        return self.layer or self.part_name

    def lies_in(self, wanted: str | None) -> bool:
        """Whether it is in the layer ``wanted``; None: whether it is plain, in no layer."""
        return not self.layer if wanted is None else wanted in (self.path, self.layer or self.part_name)


def rgb_of(channels: Iterable[Channel], wanted: str | None = None) -> tuple[Channel, Channel, Channel]:
    """R, G and B of the layer or part ``wanted``; None: the plain ones. For a luminance picture: Y three times.

    HeaderError lists the layers if none or several match.
    """
    given = list(channels)
    pictures = [found for group in _groups(given) if (found := _picture(group))]
    meant = [picture for picture in pictures if picture[0].lies_in(wanted)]
    if len(meant) == 1:
        return meant[0]
    raise _refusal(given, pictures, meant, wanted)


def matte_of(channels: Iterable[Channel], wanted: str | None = None) -> Channel:
    """The channel ``wanted``, or the matte of that layer; None: the only channel, otherwise plain A, otherwise plain R
    of RGB.

    HeaderError lists the channels.
    """
    given = list(channels)
    meant = given if wanted is None else [c for c in given if wanted in (c.name, f"{c.part_name}.{c.name}")]
    if len(meant) == 1:
        return meant[0]
    meant = [c for c in given if c.lies_in(wanted)]
    if len(meant) == 1 and wanted is not None:
        return meant[0]
    for kind in ("a", "r"):
        found = [c for c in meant if c.kind == kind]
        if len(found) == 1:
            return found[0]
    names = _listed(c.name if c.part_name in ("", c.layer) else f"{c.part_name}.{c.name}" for c in given)
    what = f"it is not clear which channel is the matte: it has {names}"
    if wanted is not None:
        what = f"it has no layer or channel '{wanted}' with a single matte; it has {names}"
    raise HeaderError(what, "Set roto_layer to one of these names")


def _groups(channels: Sequence[Channel]) -> list[list[Channel]]:
    found: dict[tuple[int, str], list[Channel]] = {}
    for channel in channels:
        found.setdefault((channel.part, channel.layer), []).append(channel)
    return list(found.values())


def _picture(group: Sequence[Channel]) -> tuple[Channel, Channel, Channel] | None:
    by_kind: Mapping[str, Channel] = {channel.kind: channel for channel in group}
    if all(kind in by_kind for kind in _RGB):
        return by_kind["r"], by_kind["g"], by_kind["b"]
    grey = by_kind.get("y")
    return (grey, grey, grey) if grey and not {"x", "z", "ry", "by"} & by_kind.keys() else None


def _refusal(
    channels: Sequence[Channel],
    pictures: Sequence[tuple[Channel, ...]],
    meant: Sequence[tuple[Channel, ...]],
    wanted: str | None,
) -> HeaderError:
    names = _listed(picture[0].path for picture in pictures if picture[0].path)
    if any(channel.kind in ("ry", "by") for channel in channels) and not pictures:
        return HeaderError("its picture is luminance and chroma (Y, RY, BY)", "Write it as R, G, B")
    if len(meant) > 1:
        parts = _listed(picture[0].path or f"part {picture[0].part}" for picture in meant)
        return HeaderError(f"several of its parts hold an R, G, B picture: {parts}", "Set plate.layer to one of them")
    if wanted is not None:
        there = f"it has {names}" if names else "its R, G, B are in no layer"
        return HeaderError(
            f"it has no layer or part '{wanted}' with R, G, B; {there}", "Fix plate.layer, or leave it out"
        )
    if names:
        several = ", " in names
        return HeaderError(
            f"it has no plain R, G, B; its {'layers are' if several else 'only layer is'} {names}",
            "Set plate.layer to one of them" if several else f"Set plate.layer to {names}",
        )
    has = f"it has {_listed(channel.name for channel in channels)}" if channels else "it has none"
    return HeaderError(f"it has no R, G, B channels; {has}", "Write the plate's picture as R, G, B")


def _listed(names: Iterable[str]) -> str:
    return listed(sorted(set(names)), 12)
