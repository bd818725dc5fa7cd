"""Honest figures for any engine, on faces that it was not trained on."""

from fsvfx.evaluation.evaluate import Evaluated, evaluate
from fsvfx.evaluation.files import files_of, is_own
from fsvfx.evaluation.grid import picture_grid
from fsvfx.evaluation.likeness import embeddings_of
from fsvfx.evaluation.of_facesets import faceset_trial
from fsvfx.evaluation.of_package import evaluate_package, recorded
from fsvfx.evaluation.trial import Trial

__all__ = [
    "Evaluated",
    "Trial",
    "embeddings_of",
    "evaluate",
    "evaluate_package",
    "faceset_trial",
    "files_of",
    "is_own",
    "picture_grid",
    "recorded",
]
