"""What every model that a person writes or reads has in common."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
