"""What the layers of a shot's swaps are called in EXR files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.manifest import Replace

_TAKEN = {"a", "alpha", "r", "g", "b", "red", "green", "blue", "y"}
"""``matte.A`` is the joint matte; the others are colours to compositing programs."""


@dataclass(frozen=True)
class LayerNames:
    """Of one replace entry: its matte's channel, and the layers before ``.R``, ``.G``, ``.B``."""

    matte: str
    swap: str
    stmap: str


def layer_names(replace: Sequence[Replace]) -> list[LayerNames]:
    """``matte.<performer>``, ``swap.<identity>``, ``stmap.<performer>`` of each entry; no two the same.

    Letters, digits and ``_`` are kept, as Nuke's layers have no others (a dot would split them). An identity that goes
    into several faces, or a name that another one looks like, gets the performer's name or the entry's number too.
    """
    performers = _apart(_plain(entry.performer) for entry in replace)
    identities = [_plain(entry.identity) for entry in replace]
    often = {name for name in identities if sum(name.lower() == other.lower() for other in identities) > 1}
    swaps = _apart(f"{name}_{own}" if name in often else name for name, own in zip(identities, performers))
    return [LayerNames(f"matte.{own}", f"swap.{swap}", f"stmap.{own}") for own, swap in zip(performers, swaps)]


def _plain(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"_{text}" if text[0].isdigit() else text


def _apart(names: Iterable[str]) -> list[str]:
    seen, found = set(_TAKEN), []
    for number, name in enumerate(names):
        while name.lower() in seen:
            name = f"{name}_{number}"
        seen.add(name.lower())
        found.append(name)
    return found
