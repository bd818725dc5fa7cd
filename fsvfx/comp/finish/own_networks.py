"""Users' own networks that finish swaps: those that the settings name, opened on first use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from fsvfx.comp.choices import NETWORKS
from fsvfx.comp.finish.super_resolvers import SuperResolver
from fsvfx.context import Context
from fsvfx.networks.running import FaceNetwork, opened
from fsvfx.networks.tiles import enlarged
from fsvfx.packages import check_kind, network_of
from schemas.base import referred
from schemas.composite import CompositeSettings
from schemas.network import UpscalerCard


@dataclass(frozen=True)
class OwnNetworks:
    """The networks that a chunk's settings name. Each is opened once per process."""

    context: Context

    def restorer(self, settings: CompositeSettings) -> FaceNetwork | None:
        """None if the settings name none. Raises InputError, ModelError, MachineError."""
        return self._opened("restorer", settings.restorer) if settings.restoration else None

    def resolver(self, settings: CompositeSettings) -> SuperResolver | None:
        """Like `restorer`; None also if the resolver is not the user's own."""
        network = self._opened("super_resolver", settings.super_resolver) if settings.super_resolution else None
        if network is None:
            return None
        assert isinstance(network.card, UpscalerCard)
        return partial(enlarged, network, times=network.card.times)

    def _opened(self, option: str, named: str) -> FaceNetwork | None:
        found = referred(named)
        if found is None:
            return None
        package = self.context.packages.find_network(*found)
        card = network_of(package)
        check_kind(card, f"composite.{option}", NETWORKS[option])
        return opened(package, card, device=self.context.device)
