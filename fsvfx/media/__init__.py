"""Plates and references in; EXR, stills and movies out.

Names listed in ``__init__.pyi`` are imported on first use: the probe's child process must start fast.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
