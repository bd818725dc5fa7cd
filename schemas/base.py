"""What every model that a person writes or reads has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
FilePath = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=4096)]
"""Kept as it is written: names of files may begin or end with spaces."""


class StrictModel(BaseModel):
    """Frozen; refuses keys that it does not know, and numbers that are none (NaN, infinity).

    The text below a field is its description in the exported JSON Schema.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        defer_build=True,  # of the many models that are imported, a process uses few
    )
