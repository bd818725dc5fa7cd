"""What Prefect's UI shows: artifacts that flows and tasks make. Keys are stable: the UI shows their history."""

from __future__ import annotations

import base64
import io
import re
import time
from typing import Any

from PIL import Image
from prefect.artifacts import create_image_artifact, create_progress_artifact, update_progress_artifact

EVERY = 5.0
"""Seconds between updates of a progress: each is a request."""
WIDEST = 1280


def key_of(*parts: str) -> str:
    """Prefect takes small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


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
    """Embedded as a data: URI, as the server has no place for files."""
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=82)
    uri = "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
    create_image_artifact(image_url=uri, key=key, description=description)
