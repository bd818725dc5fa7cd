"""JSON Schemas for editors, and pages of options: ``python -m fsvfx.manifests docs`` writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from fsvfx.manifests import composite_page, models_page, train_page
from schemas.consent import ConsentRecord, RevocationRegister
from schemas.manifest import Manifest
from schemas.train import TrainManifest

FILES: dict[str, type[BaseModel]] = {
    "manifest.schema.json": Manifest,
    "train.schema.json": TrainManifest,
    "consent.schema.json": ConsentRecord,
    "revocations.schema.json": RevocationRegister,
}


def _preflight_page() -> str:
    from fsvfx.preflight.page import page  # here, as preflight reads media, which ask what a manifest may reach

    return page()


PAGES: dict[str, Callable[[], str]] = {
    "composite.md": composite_page.page,
    "models.md": models_page.page,
    "preflight.md": _preflight_page,
    "train.md": train_page.page,
}


def json_schema(model: type[BaseModel] = Manifest) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a manifest, or of another of the files that people write."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def as_text(model: type[BaseModel]) -> str:
    """The exported file's text."""
    return json.dumps(json_schema(model), indent=2, ensure_ascii=False) + "\n"


def export(folder: Path) -> None:
    """Write every schema and page below ``folder``."""
    for name, model in FILES.items():
        (folder / name).write_text(as_text(model), encoding="utf-8")
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
