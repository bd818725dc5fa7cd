"""Manifests: YAML -> Manifest -> one ShotJob per shot, with every problem told at once."""

from fsvfx.manifests.export import json_schema
from fsvfx.manifests.load import jobs, load, parse
from fsvfx.manifests.reach import ReachError, reach

__all__ = ["ReachError", "jobs", "json_schema", "load", "parse", "reach"]
