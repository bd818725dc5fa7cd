"""Which identity networks there are: fsvfx's own, and those that installed packages register."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeGuard

from fsvfx.identity.contract import IdentityNetwork
from fsvfx.plugins import Plugins

_OWN: Final = {
    "arcface": "fsvfx.identity.arcface:ArcFace",
    "dlib": "fsvfx.identity.dlib_resnet:DlibResnet",
    "faceres": "fsvfx.identity.faceres:Faceres",
    "faceres_tight": "fsvfx.identity.faceres:FaceresTight",
}
REGISTERED: Final = Plugins("fsvfx.identity", "identity network", own=_OWN)


@lru_cache(maxsize=8)
def network(name: str) -> IdentityNetwork:
    """The network of that name, the same one for the whole process. Raises InputError, with the nearest name, if there
    is none."""
    return REGISTERED.load(name, _is_network, "subclass of fsvfx.identity.contract.IdentityNetwork")()


def _is_network(loaded: object) -> TypeGuard[type[IdentityNetwork]]:
    return isinstance(loaded, type) and issubclass(loaded, IdentityNetwork)
