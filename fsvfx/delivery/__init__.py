"""Delivery: frames per chunk; videos, contact sheet, report and MHL per shot. Nothing half-written at a final name.

The names below are imported when they are first used: whoever only places a file need not wait for the writers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsvfx.delivery.deliver import deliver_chunk, deliver_shot, write_frames
    from fsvfx.delivery.order import Order
    from fsvfx.delivery.ownership import check_free
    from fsvfx.delivery.receipt import is_intact
    from fsvfx.delivery.verify import delivery_notes, verify_deliverables

__all__ = [
    "Order", "check_free", "comps", "contract", "deliver_chunk", "deliver_shot", "delivery_notes", "is_intact", "kinds",
    "verify_deliverables", "write_frames", "writes",
]  # fmt: skip
_HOMES = {
    "Order": "order",
    "write_frames": "deliver",
    "check_free": "ownership",
    "deliver_chunk": "deliver",
    "deliver_shot": "deliver",
    "delivery_notes": "verify",
    "is_intact": "receipt",
    "verify_deliverables": "verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
