"""Finish: what a compositor does to a swap so that it sits in its plate. Each operator costs nothing when neutral."""

from fsvfx.comp.finish.grain import grain_seed, regrain
from fsvfx.comp.finish.order import finish
from fsvfx.comp.finish.own_networks import OwnNetworks
from fsvfx.comp.finish.super_resolvers import SuperResolver, check_super_resolver, super_resolvers, weights_of_resolver
from fsvfx.comp.finish.texture import plate_texture

__all__ = [
    "OwnNetworks",
    "SuperResolver",
    "check_super_resolver",
    "finish",
    "grain_seed",
    "plate_texture",
    "regrain",
    "super_resolvers",
    "weights_of_resolver",
]
