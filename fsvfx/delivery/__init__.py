"""Delivery: frames per chunk; videos, contact sheet, report and MHL per shot. Nothing half-written at a final name."""

from fsvfx.delivery.chunk import deliver_chunk
from fsvfx.delivery.fulfil import is_intact
from fsvfx.delivery.in_the_way import check_free
from fsvfx.delivery.shot import deliver_shot
from fsvfx.delivery.verify import delivery_notes, verify_deliverables

__all__ = ["check_free", "deliver_chunk", "deliver_shot", "delivery_notes", "is_intact", "verify_deliverables"]
