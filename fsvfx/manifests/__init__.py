"""Manifests: YAML -> Manifest -> one ShotJob per shot, or one TrainJob, with every problem told at once."""

from fsvfx.manifests.export import json_schema
from fsvfx.manifests.load import jobs, load, parse
from fsvfx.manifests.reach import ReachError, reach
from fsvfx.manifests.train import load_training, training_job

__all__ = ["ReachError", "jobs", "json_schema", "load", "load_training", "parse", "reach", "training_job"]
