"""Faces in pictures: detection, landmarks, recognition, tracking over time; the geometry of their mesh and crops."""

__all__ = [
    "boxes", "detectors", "embedding", "facemesh", "gaze", "geometry", "insightface", "leaving", "looks", "measures",
    "mediapipe", "near", "people", "raster", "references", "resizing", "search", "topology", "tracks", "trails",
    "views", "watch",
]  # fmt: skip
