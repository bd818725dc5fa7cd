"""Preloaded by the Dask workers of tests: toy stages in place of the real ones."""

import toy_stages

toy_stages.install()

import tasks.executor  # noqa: E402, F401
