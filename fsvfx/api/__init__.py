"""The front door: what ``import fsvfx`` gives."""

__all__ = ["frames"]
