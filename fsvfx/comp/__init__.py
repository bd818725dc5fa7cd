"""Compositing: mattes, colors, blends and finish, scene-linear; a Patch is what a swap changes of its plate.

What ``__init__.pyi`` lists is imported when it is first used: checking a manifest need not wait for numpy and
OpenCV.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
