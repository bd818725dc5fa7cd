"""Plates and references in; EXR, stills and movies out.

What ``__init__.pyi`` lists is imported when it is first used: the probe's child process must start fast.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
