"""Face replacement for film shots. ``fsvfx.run("shot.yaml")`` runs a manifest; ``plan``, ``status``, ``verify`` ask;
``fsvfx.detect`` and ``fsvfx.swap`` work on single frames.

What ``__init__.pyi`` lists is imported when it is first used, so that ``import fsvfx`` takes milliseconds. Logs go to
the logger ``fsvfx``, which is silent until the program sets up logging.
"""

import logging

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)

logging.getLogger(__name__).addHandler(logging.NullHandler())
