"""Whether each deliverable is of an installed kind, and its settings are possible."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import ValidationError

from fsvfx.colour import ColourConfig, is_scene_linear
from fsvfx.delivery import kinds
from fsvfx.delivery.contract import Surroundings
from fsvfx.documents import Finding, findings, one_of
from fsvfx.errors import InputError
from fsvfx.manifests.draft import Draft, listed, sound_of
from schemas.deliver import Deliver, DeliverOther


def check_kinds(data: dict[str, Any]) -> Iterator[Finding]:
    """Kinds from packages: whether they are installed, and whether their settings fit their own models."""
    for index, raw in listed(data.get("deliver")):
        one = sound_of(Deliver, raw)
        if not isinstance(one, DeliverOther):
            continue
        if one.kind not in kinds.kinds():
            yield Finding(("deliver", index), *one_of(one.kind, list(kinds.kinds())))
            continue
        try:
            kinds.wish(one)
        except ValidationError as error:
            for loc, what, hint in findings(error, kinds.kind(one.kind).Settings):
                yield Finding(("deliver", index, *loc), what, hint)


def check_deliver(draft: Draft, config: ColourConfig) -> Iterator[Finding]:
    """Problems beyond the path's location and form; color spaces are those of ``config``."""
    is_linear = partial(_is_linear, config=config)
    wishes = {index: kinds.wish(one) for index, one in draft.deliver.items()}
    around = Surroundings(
        has_linear_plate=any(is_linear(shot.plate.color_space) for shot in draft.shots if shot.plate),
        is_linear=is_linear,
        others=tuple(wish.path for wish in wishes.values() if not wish.kind.folder(wish.settings)),
        several=any(sum(len(entry.each) for entry in shot.replace.values()) > 1 for shot in draft.shots),
        bare=tuple(_bare(draft)),
    )
    for index, wish in wishes.items():
        for field, what, hint, _ in wish.kind.problems(wish.settings, around):
            yield Finding(("deliver", index, *([field] if field else [])), what, hint)


def _bare(draft: Draft) -> list[str]:
    going_in = dict.fromkeys(entry.goes_in for shot in draft.shots for entry in shot.replace.values())
    return [name for name in going_in if (person := draft.people.get(name)) and not person.references]


def _is_linear(space: str, config: ColourConfig) -> bool:
    try:
        return is_scene_linear(config, space)
    except InputError:
        return False  # reported where it is named
