"""The key of a unit, from the job, the receipts of its inputs and the files that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from fsvfx import models
from fsvfx.arrays import Source
from fsvfx.runner.dag import DELIVER, DELIVER_VERSION, stage
from fsvfx.store import stage_key
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit


@dataclass(frozen=True)
class Recipe:
    """All that a unit's result depends on. Equal recipes, equal keys."""

    stage: str
    version: int
    parameters: Mapping[str, JsonValue]
    weights: Mapping[str, str]
    inputs: Mapping[str, str]
    colour_config: str
    seed: int

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
    """The recipe of one unit. ``receipts``: of its inputs. Raises what the stage's parameters and the source raise."""
    receipts = list(receipts)
    inputs = {f"{receipt.stage}/{receipt.unit.name}": _digest_for(unit, receipt) for receipt in receipts}
    if stage_name == DELIVER:
        plates: dict[str, JsonValue] = {one.unit.name: one.key for one in receipts if one.stage == "ingest"}
        return _delivery_recipe(job, unit, inputs, plates, waived or FrameRange(()))
    one = stage(stage_name)
    parameters = one.parameters(job, unit)
    if source is not None:
        inputs |= {f"media/{name}": digest for name, digest in source.fingerprint().items()}
    return Recipe(
        stage=stage_name,
        version=one.version,
        parameters=parameters,
        weights={name: models.card(name).sha256 for name in one.weights(parameters)},
        inputs=inputs,
        colour_config=job.colour_config,
        seed=job.shot.seed,
    )


def _delivery_recipe(
    job: ShotJob, unit: Unit, inputs: Mapping[str, str], plates: Mapping[str, JsonValue], waived: FrameRange
) -> Recipe:
    """``plates``: keys of the ingest receipts, for what a plate's headers say goes into what is delivered."""
    frames = FrameRange(unit.chunk.frames) if unit.chunk else job.shot.plate.frames
    replace = job.shot.replace
    return Recipe(
        stage=DELIVER,
        version=DELIVER_VERSION,
        parameters={
            "deliver": [one.model_dump(mode="json") for one in job.deliver],
            "plate": job.shot.plate.model_dump(mode="json", exclude={"path", "frames"}),
            "frames": str(frames),
            "plates": dict(plates),
            "swaps": [entry.model_dump(mode="json", include={"performer", "identity", "engine"}) for entry in replace],
            "waived": str(waived & frames),
            **({"purpose": job.purpose} if job.purpose != "commercial" else {}),
        },
        weights={},
        inputs=inputs,
        colour_config=job.colour_config,
        seed=job.shot.seed,
    )


def _digest_for(unit: Unit, receipt: Receipt) -> str:
    """Of a shot-wide result a chunk reads its own part, so that a change elsewhere in the shot leaves it alone."""
    return receipt.parts.get(unit.name, receipt.digest) if unit.chunk else receipt.digest
