"""Pools figures of many pairs: each pair has the same weight, whatever its number of frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from schemas.evaluation import EvaluationReport, FaceFigures, Followed, GroupFigures

_SUMMED = {"faces", "lost"}
_FOLLOWED = ("pose", "expression", "gaze")


def pooled(reports: Sequence[EvaluationReport]) -> GroupFigures:
    """Means of the pairs' figures, over those that have one; faces are summed, and ``r`` is computed over all
    frames."""
    names = set(FaceFigures.model_fields)
    said = [report.model_dump(include=names - set(_FOLLOWED)) for report in reports]
    told = {name: _mean([each[name] for each in said]) for name in said[0] if name not in _SUMMED}
    counts = {name: sum(each[name] for each in said) for name in _SUMMED}
    moved = {name: _followed([getattr(each, name) for each in reports]) for name in _FOLLOWED}
    return GroupFigures.model_validate({**told, **counts, **moved, "pairs": len(reports)})


def _mean(values: Sequence[Any]) -> Any:
    """The mean of numbers, or of mappings of them, name by name; None if there are none."""
    there = [value for value in values if value is not None]
    if there and isinstance(there[0], Mapping):
        return {name: _mean([each.get(name) for each in there]) for name in _names(there)}
    return fmean(there) if there else None


def _names(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for each in parts for name in each))


def _followed(parts: Sequence[Mapping[str, Followed]]) -> dict[str, Followed]:
    return {name: _one([each[name] for each in parts if name in each]) for name in _names(parts)}


def _one(pairs: Sequence[Followed]) -> Followed:
    moving = [each for each in pairs if each.r is not None and each.spread_of_swap is not None]
    return Followed(
        error=fmean(each.error for each in pairs),
        bias=fmean(each.bias for each in pairs),
        spread=fmean(each.spread for each in pairs),
        spread_of_swap=fmean(each.spread_of_swap or 0 for each in pairs),
        r=_r(moving) if moving else None,
    )


def _r(pairs: Sequence[Followed]) -> float:
    """Over all frames, with each pair's own mean subtracted: larger movements have more weight."""
    spreads = [(each.spread, each.spread_of_swap or 0.0) for each in pairs]
    shared = sum((each.r or 0.0) * one * other for each, (one, other) in zip(pairs, spreads, strict=True))
    return shared / max(math.sqrt(sum(one**2 for one, _ in spreads) * sum(other**2 for _, other in spreads)), 1e-12)
