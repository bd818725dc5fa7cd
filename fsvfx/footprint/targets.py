"""Where the contact sheet and the report of a delivery go."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.deliver import Deliver, DeliverMhl, DeliverReport, DeliverSheet


def sheet_targets(shot: str, deliver: Sequence[Deliver]) -> list[str]:
    """Those that ``deliver`` names, else ``<shot>.contact.png`` beside the first deliverable. Paths are filled in."""
    return [wish.path for wish in deliver if isinstance(wish, DeliverSheet)] or _beside(shot, deliver, "contact.png")


def report_targets(shot: str, deliver: Sequence[Deliver]) -> list[str]:
    """Those that ``deliver`` names, else ``<shot>.report.json`` beside the first deliverable."""
    return [wish.path for wish in deliver if isinstance(wish, DeliverReport)] or _beside(shot, deliver, "report.json")


def _beside(shot: str, deliver: Sequence[Deliver], ending: str) -> list[str]:
    named = [wish.path for wish in deliver if "{performer}" not in wish.path and not isinstance(wish, DeliverMhl)]
    folders = [path.rpartition("/")[0] for path in named]
    return [f"{folders[0]}/{shot}.{ending}"] if folders else []
