"""Delivery: frames per chunk; videos, contact sheet, report and MHL per shot. Nothing half-written at a final name.

Names listed in ``__init__.pyi`` are imported on first use: placing a file does not need the writers.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
