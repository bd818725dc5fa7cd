"""First steps with footage: drafts of manifests and consent records, and the numbered faces of a shot.

Only what a person must decide is left blank in a draft (``TODO``).
"""

__all__ = ["consent", "new", "tracks"]
