"""Color: all conversions go through OCIO with a pinned config; one pair of functions converts to display and back.

Names listed in ``__init__.pyi`` are imported on first use: checking a manifest need not wait for numpy and OpenCV.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
