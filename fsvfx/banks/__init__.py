"""Banks: measured faces of people who do not exist, and the choice of one for each face of a shot; and the appearance
of skin."""

__all__ = ["about", "bank", "build", "casting", "details", "looks", "sheet", "strangers", "textures", "trial"]
