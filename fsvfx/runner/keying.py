"""The key of a unit, from the job, the receipts of its inputs and the files that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from fsvfx import models
from fsvfx.arrays import Source
from fsvfx.digests import Canonical
from fsvfx.runner.dag import stage
from fsvfx.stages.contract import StageSettings, Upstream
from fsvfx.store import stage_key
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit


@dataclass(frozen=True)
class Recipe:
    """Everything that a unit's result depends on. Equal recipes have equal keys."""

    stage: str
    version: int
    settings: StageSettings
    weights: Mapping[str, str]
    inputs: Mapping[str, str]
    colour_config: str
    seed: int

    @cached_property
    def parameters(self) -> dict[str, JsonValue]:
        """The settings as JSON, as in the key and the receipt."""
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
    inputs = _inputs(unit, upstream, source)
    one = stage(stage_name)
    settings = one.settings_after(job, unit, upstream)
    return Recipe(
        stage=stage_name,
        version=one.version,
        settings=settings,
        weights=_weights(stage_name, settings),
        inputs=inputs,
        colour_config=job.colour_config,
        seed=job.shot.seed,
    )


def counts(receipt: Receipt, job: ShotJob) -> bool:
    """Whether the receipt is enough for the job: a job that keeps all arrays needs them in the store."""
    return receipt.kept or job.keep == "results"


class Keys:
    """The keys of a shot's units; settings that are the same for all units of a stage are computed once."""

    def __init__(self, job: ShotJob, waived: FrameRange) -> None:
        self._job = job
        self._waived = waived
        self._alike: dict[str, tuple[Canonical, Canonical]] = {}

    def of(self, stage_name: str, unit: Unit, receipts: Iterable[Receipt], source: Source | None) -> str:
        """As `recipe_of(...).key`. Raises what that raises."""
        one, upstream = stage(stage_name), Upstream(tuple(receipts), self._waived)
        parameters, weights = self._alike.get(stage_name) or self._said(stage_name, unit, upstream)
        return stage_key(
            stage=stage_name,
            version=one.version,
            parameters=parameters,
            weights=weights,
            colour_config=self._job.colour_config,
            seed=self._job.shot.seed,
            inputs=_inputs(unit, upstream, source),
        )

    def _said(self, stage_name: str, unit: Unit, upstream: Upstream) -> tuple[Canonical, Canonical]:
        """Settings and weights, as in the key."""
        settings = stage(stage_name).settings_after(self._job, unit, upstream)
        weights: dict[str, JsonValue] = dict(_weights(stage_name, settings))
        said = Canonical.of(settings.model_dump(mode="json")), Canonical.of(weights)
        if stage(stage_name).alike:
            self._alike[stage_name] = said
        return said


def _weights(stage_name: str, settings: StageSettings) -> dict[str, str]:
    return {name: models.card(name).sha256 for name in stage(stage_name).weights(settings)}


def _inputs(unit: Unit, upstream: Upstream, source: Source | None) -> dict[str, str]:
    inputs = {f"{one.stage}/{one.unit.name}": _digest_for(unit, one) for one in upstream.receipts}
    if source is not None:
        inputs |= {f"media/{name}": digest for name, digest in source.fingerprint().items()}
    return inputs


def _digest_for(unit: Unit, receipt: Receipt) -> str:
    """A chunk reads only its own part of a shot-wide result, so changes elsewhere in the shot do not affect it."""
    return receipt.parts.get(unit.name, receipt.digest) if unit.chunk else receipt.digest
