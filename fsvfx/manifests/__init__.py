"""Manifests: YAML -> Manifest -> one ShotJob per shot, or one TrainJob, with every problem told at once."""

from fsvfx.manifests.either import load_either
from fsvfx.manifests.export import json_schema
from fsvfx.manifests.load import jobs, load, parse
from fsvfx.manifests.shot_job import shots_of
from fsvfx.manifests.train import load_training, training_job

__all__ = [
    "jobs",
    "json_schema",
    "load",
    "load_either",
    "load_training",
    "parse",
    "shots_of",
    "training_job",
]
