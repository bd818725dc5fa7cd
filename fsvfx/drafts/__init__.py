"""The first look at footage: drafts of manifests and consent records, and the faces of a shot, numbered.

Only what a person must decide is left blank in a draft (``TODO``).
"""

__all__ = ["consent", "new", "tracks"]
