"""Colour: OCIO with a pinned config is the only thing that converts; one pair goes to display and back.

What ``__init__.pyi`` lists is imported when it is first used: checking a manifest need not wait for numpy and
OpenCV.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
