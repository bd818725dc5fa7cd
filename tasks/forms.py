"""How artifacts are named, and pictures embedded, in Prefect's UI."""

from __future__ import annotations

import base64
import io
import re

from PIL import Image

WIDEST = 1280


def key_of(*parts: str) -> str:
    """Prefect allows lower-case letters, digits and dashes. Stable, so that the UI shows an artifact's history."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def uri_of(image: Image.Image) -> str:
    """As a data: URI, as the server can't store files."""
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
