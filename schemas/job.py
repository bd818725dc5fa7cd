"""One shot, ready to run: what every task of it is handed. Paths are absolute or s3://."""

from __future__ import annotations

from schemas.base import StrictModel
from schemas.deliver import Deliver
from schemas.manifest import Person, Shot


class ShotJob(StrictModel):
    """The part of a manifest that one shot needs, with its paths resolved."""

    production: str
    shot: Shot
    people: dict[str, Person]
    """Only those whom the shot names."""
    deliver: tuple[Deliver, ...]
    """Templates are filled in but for the frame number."""
    store: str
    """Absolute folder, ``s3://bucket/prefix`` or ``memory://name``."""
    colour_config: str
    """A built-in OCIO config's name; the production's own by the hash of its content (``blake3:...``)."""
    colour_file: str = ""
    """Where the production's own is."""
    manifest: str
    """The manifest's path, for messages and the commands that they give."""
    run_id: str = ""
    rights: str = ""
    """Digest of the decision that allowed this run."""

    @property
    def where(self) -> str:
        return f"shot {self.shot.name}"
