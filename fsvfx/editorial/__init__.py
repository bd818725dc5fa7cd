"""Edits (OpenTimelineIO, CMX 3600 EDL) into manifests, and deliverables back into edits.

The main modules are ``manifest`` (an edit's shots as a manifest) and ``relink`` (an edit that plays the deliverables).
"""

__all__ = ["manifest", "relink"]
