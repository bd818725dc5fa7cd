"""Honest figures for any engine, on faces that it was not trained on."""

from fsvfx.evaluation.evaluate import Evaluated, evaluate
from fsvfx.evaluation.general import GeneralResult
from fsvfx.evaluation.held_out import faceset_trial
from fsvfx.evaluation.measures import embeddings_of
from fsvfx.evaluation.package import evaluate_package, recorded
from fsvfx.evaluation.report import files_of, is_own, picture_grid
from fsvfx.evaluation.strangers import Asked
from fsvfx.evaluation.trial import Trial

__all__ = [
    "Asked",
    "Evaluated",
    "GeneralResult",
    "Trial",
    "comparison",
    "contestants",
    "embeddings_of",
    "evaluate",
    "evaluate_package",
    "faceset_trial",
    "files_of",
    "general",
    "is_own",
    "judges",
    "picture_grid",
    "recorded",
    "table",
    "told_apart",
]
