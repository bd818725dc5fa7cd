"""Delivery: frames per chunk; videos, contact sheet, report and MHL per shot. Nothing half-written at a final name.

What ``__init__.pyi`` lists is imported when it is first used: placing a file need not wait for the writers.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
