"""The available identity networks: fsvfx's own, and those registered by installed packages."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final, TypeGuard

from fsvfx.identity.contract import IdentityNetwork
from fsvfx.models import packs
from fsvfx.plugins import Plugins
from schemas.pack import PackCard

_OWN: Final = {
    "arcface": "fsvfx.identity.arcface:ArcFace",
    "dlib": "fsvfx.identity.dlib_resnet:DlibResnet",
    "faceres": "fsvfx.identity.faceres:Faceres",
    "faceres_tight": "fsvfx.identity.faceres:FaceresTight",
}
REGISTERED: Final = Plugins("fsvfx.identity", "identity network", own=_OWN)


def names() -> tuple[str, ...]:
    """Names of all networks, including users' packs that have one, in alphabetical order. Raises ModelError."""
    return tuple(sorted({*REGISTERED.names(), *packs.with_task("recognition")}))


def network(name: str) -> IdentityNetwork:
    """The network of that name, one instance per process. Raises InputError, with the nearest name, if there is none;
    ModelError if it belongs to a pack whose card can't be read."""
    if name not in _OWN and packs.is_pack(name):
        measured = packs.measured(name)
        return _of_pack(name, packs.pack(name), measured and measured.measured_at)
    return _registered(name)


@lru_cache(maxsize=8)
def _registered(name: str) -> IdentityNetwork:
    return REGISTERED.load(name, _is_network, "subclass of fsvfx.identity.contract.IdentityNetwork")()


@lru_cache(maxsize=8)
def _of_pack(name: str, card: PackCard, measured_at: datetime | None) -> IdentityNetwork:
    """Recreated when the pack was added or measured again."""
    from fsvfx.identity.arcface import PackArcFace

    return PackArcFace(name)


def _is_network(loaded: object) -> TypeGuard[type[IdentityNetwork]]:
    return isinstance(loaded, type) and issubclass(loaded, IdentityNetwork)
