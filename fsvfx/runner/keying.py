"""The key of a unit, from the job, the receipts of its inputs and the files that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from fsvfx import models
from fsvfx.arrays import Source
from fsvfx.runner.dag import stage
from fsvfx.stages.contract import StageSettings, Upstream
from fsvfx.store import stage_key
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit


@dataclass(frozen=True)
class Recipe:
    """All that a unit's result depends on. Equal recipes, equal keys."""

    stage: str
    version: int
    settings: StageSettings
    weights: Mapping[str, str]
    inputs: Mapping[str, str]
    colour_config: str
    seed: int

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """The settings as JSON: as they stand in the key and in the receipt."""
        return self.settings.model_dump(mode="json")

    @property
    def key(self) -> str:
        return stage_key(
            stage=self.stage,
            version=self.version,
            parameters=self.parameters,
            weights=self.weights,
            colour_config=self.colour_config,
            seed=self.seed,
            inputs=self.inputs,
        )


def recipe_of(
    job: ShotJob,
    stage_name: str,
    unit: Unit,
    receipts: Iterable[Receipt],
    *,
    source: Source | None = None,
    waived: FrameRange | None = None,
) -> Recipe:
    """The recipe of one unit. ``receipts``: of its inputs. Raises what the stage's settings and the source raise."""
    upstream = Upstream(tuple(receipts), waived or FrameRange(()))
    inputs = {f"{one.stage}/{one.unit.name}": _digest_for(unit, one) for one in upstream.receipts}
    if source is not None:
        inputs |= {f"media/{name}": digest for name, digest in source.fingerprint().items()}
    one = stage(stage_name)
    settings = one.settings_after(job, unit, upstream)
    return Recipe(
        stage=stage_name,
        version=one.version,
        settings=settings,
        weights={name: models.card(name).sha256 for name in one.weights(settings)},
        inputs=inputs,
        colour_config=job.colour_config,
        seed=job.shot.seed,
    )


def _digest_for(unit: Unit, receipt: Receipt) -> str:
    """Of a shot-wide result a chunk reads its own part, so that a change elsewhere in the shot leaves it alone."""
    return receipt.parts.get(unit.name, receipt.digest) if unit.chunk else receipt.digest
