"""First drafts of manifests and consent records, made from the footage itself: what only a person can decide is left
blank (``TODO``)."""

__all__ = ["consent", "new"]
