"""Which version of fsvfx is installed."""

from importlib.metadata import version

__version__ = version("fsvfx")
