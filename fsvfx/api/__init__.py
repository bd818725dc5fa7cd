"""The public interface of the library: what ``import fsvfx`` offers, and what the command line shares with it."""

__all__ = ["frames", "progress", "readiness", "results", "runs"]
