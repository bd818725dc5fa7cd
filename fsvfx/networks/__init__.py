"""Users' own networks at work: their files opened and run, faces cut as they want them, vectors of who goes in."""

__all__ = ["boost", "cuts", "pictures", "running", "session", "vectors"]
