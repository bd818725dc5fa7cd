"""The stages of a shot, one file each, and their contract: pure functions from arrays and settings to arrays."""

__all__ = ["composite", "contract", "outputs", "references", "track"]
