"""What the machine's owner decides, by environment variables ``FSVFX_*``. Never in a manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from fsvfx.errors import MachineError

S3Root = Annotated[str, StringConstraints(pattern=r"^s3://[^/]+(/.*)?$")]


PREFIX = "FSVFX_"
_JSON = {
    "roots": '["/mnt/plates"]',
    "production_roots": '{"harbour": ["/mnt/harbour"]}',
    "s3_roots": '["s3://bucket/prefix"]',
    "packages": '["/mnt/packages"]',
}
"""Settings that are JSON, with an example of each."""


class MachineSettings(BaseModel):
    """Settings of this machine."""

    model_config = ConfigDict(extra="forbid", validate_default=True)

    roots: tuple[Path, ...] = ()
    """Folders that any manifest may read and write, besides its own (JSON list)."""
    production_roots: dict[str, tuple[str, ...]] = {}
    """Folders and ``s3://bucket/prefix`` that the manifests of one production may read and write besides (JSON object:
    its name, a list)."""
    s3_roots: tuple[S3Root, ...] | None = None
    """``s3://bucket/prefix`` that any manifest may read and write (JSON list). If neither this nor ``production_roots``
    lists any: every bucket that the keys open."""
    models: Path = Field(default_factory=lambda: Path.home() / ".cache/fsvfx/models")
    """Folder of model files."""
    packages: tuple[Path, ...] = ()
    """Folders of model packages that any manifest may use, besides its own (JSON list)."""
    ict_model: Path | None = None
    """The ICT-FaceKit head of synthetic actors and of faces in 3D, as ``fsvfx models add`` packs it; else one of those
    in ``models``."""
    cache: Path = Field(default_factory=lambda: Path.home() / ".cache/fsvfx")
    prefect_home: Path = Field(default_factory=lambda: Path.home() / ".cache/fsvfx/prefect")
    """The local Prefect server's database and logs."""
    workers: int = Field(0, ge=0)
    """Dask worker processes for local runs; 0: one per core."""
    lease_seconds: float = Field(60.0, gt=0)
    """How long a silent worker keeps its claim on a chunk."""
    scheduler: str | None = None
    """Address of a Dask scheduler to use instead of processes started here, such as ``tls://10.0.0.5:8786``."""
    scheduler_ca: Path | None = None
    """The authority that signed its certificate. This, ``scheduler_cert`` and ``scheduler_key`` are PEM files; if none
    is set, Dask's own settings apply."""
    scheduler_cert: Path | None = None
    scheduler_key: Path | None = None
    scheduler_insecure: bool = False
    """Accept one without encryption (``tcp://``): everyone who reaches it can run code on its workers."""
    scheduler_seconds: float = Field(300.0, gt=0)
    """How long a run waits for it to come back, or for a worker of it."""
    max_side: int = Field(32_768, ge=1)
    """Pictures wider or higher than this are refused before a byte of them is decoded."""
    max_pixels: int = Field(160_000_000, ge=1)
    """Likewise pictures of more pixels than this, width times height."""
    max_frames: int = Field(2_000_000, ge=1)
    """Videos of more frames than this are refused: a day at 24 frames a second."""
    max_channels: int = Field(4_096, ge=1)
    """Likewise pictures of more channels than this, all layers and parts together."""
    max_header_bytes: int = Field(64 << 20, ge=1)
    """Likewise pictures with a header longer than this."""
    probe_seconds: float = Field(120.0, gt=0)
    """How long reading the first picture of a file that is new to this machine may take."""
    probe_gib: float = Field(8.0, gt=0)
    """How much memory that may take."""
    max_edit_bytes: int = Field(64 << 20, ge=1)
    """Edits of more bytes than this are refused."""
    max_edit_depth: int = Field(256, ge=8, le=900)
    """Likewise edits whose JSON is nested deeper than this; a nested sequence takes four of it."""
    s3_endpoint: str | None = None
    """For S3 servers other than AWS's; AWS_ENDPOINT_URL is read too."""


@lru_cache(maxsize=1)
def machine() -> MachineSettings:
    """The settings, read once per process. Raises MachineError if one can't be read."""
    given = _given(os.environ)
    try:
        return MachineSettings.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(_told(detail, given) for detail in error.errors(include_url=False))
        raise MachineError(wrong, hint="Correct it where this machine's environment is set") from error


def _told(detail: ErrorDetails, given: Mapping[str, JsonValue]) -> str:
    name = str(detail["loc"][0])
    said = detail["msg"].removeprefix("Input ")
    return f"{PREFIX}{name.upper()} is {given.get(name)!r}, but {said}"


def _given(variables: Mapping[str, str]) -> dict[str, JsonValue]:
    """Those that are set; an empty one is not. Raises MachineError for what should be JSON and is none.

    By hand, as importing pydantic-settings takes a fifth of a second.
    """
    set_ones = {name: variables.get(f"{PREFIX}{name.upper()}") for name in MachineSettings.model_fields}
    return {name: _value(name, text) for name, text in set_ones.items() if text}


def _meant(name: str, text: str) -> str:
    """As JSON: the one folder that was given, else an example."""
    is_plain = _JSON[name].startswith("[") and not set(text) & set("[]{}\"',:\\")
    return json.dumps([text], ensure_ascii=False) if is_plain else _JSON[name]


def _value(name: str, text: str) -> JsonValue:
    if name not in _JSON:
        return text
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        variable = f"{PREFIX}{name.upper()}"
        hint = f"Write {variable}='{_meant(name, text)}'"
        raise MachineError(f"{variable} is {text!r}, which is not JSON", hint=hint) from error
    return value
