"""Honest figures for any engine, on faces that it was not trained on."""

from fsvfx.evaluation.evaluate import Evaluated, Trial, evaluate
from fsvfx.evaluation.grid import picture_grid
from fsvfx.evaluation.likeness import embeddings_of

__all__ = ["Evaluated", "Trial", "embeddings_of", "evaluate", "picture_grid"]
