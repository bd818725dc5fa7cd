"""Artifacts that tasks make by Prefect's own functions."""

from __future__ import annotations

import time
from typing import Any

from PIL import Image
from prefect.artifacts import create_image_artifact, create_progress_artifact, update_progress_artifact

from tasks.forms import uri_of

EVERY = 5.0
"""Seconds between updates of a progress: each is a request."""


class Progress:
    """A progress artifact. Shares are of 1."""

    def __init__(self, key: str, description: str, share: float = 0.0) -> None:
        self._share = share
        self._said = time.monotonic()
        self._id: Any = create_progress_artifact(progress=self._percent(), key=key, description=description)

    def show(self, share: float) -> None:
        """Where it is now; told at times only."""
        self._share = share
        if time.monotonic() - self._said > EVERY:
            self.close()

    def close(self) -> None:
        """Tell where it is."""
        update_progress_artifact(self._id, self._percent())
        self._said = time.monotonic()

    def _percent(self) -> float:
        return round(100.0 * self._share, 1)


def picture(image: Image.Image, key: str, description: str) -> None:
    create_image_artifact(image_url=uri_of(image), key=key, description=description)
