"""Banks: faces of people who do not exist, measured, and which of them goes into which face of a shot; what skin is."""

__all__ = ["about", "bank", "build", "casting", "details", "looks", "sheet", "strangers", "textures", "trial"]
