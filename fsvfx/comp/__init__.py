"""Compositing: mattes, colors, blends and finish, scene-linear. A Patch is the part of the plate that a swap changes.

Names listed in ``__init__.pyi`` are imported on first use: checking a manifest need not wait for numpy and OpenCV.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
