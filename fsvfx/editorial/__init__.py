"""Edits (OpenTimelineIO, CMX 3600 EDL) into manifests, and deliverables back into edits."""
