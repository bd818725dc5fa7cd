"""Manifests: YAML as a Manifest, one ShotJob per shot; or as a TrainManifest, one TrainJob. Reports every problem."""

from fsvfx.manifests.check_shots import shots_of
from fsvfx.manifests.job_models import with_models
from fsvfx.manifests.load import load, load_either, load_training, parse
from fsvfx.manifests.shot_job import jobs
from fsvfx.manifests.train_job import training_job

__all__ = ["jobs", "load", "load_either", "load_training", "parse", "shots_of", "training_job", "with_models"]
