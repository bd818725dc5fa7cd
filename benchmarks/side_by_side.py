"""Engines that put anyone's face on anyone, in one table: ``python -m benchmarks.side_by_side FILE...``.

FILE: evaluation.json of `fsvfx evaluate`, each of another engine on the same pairs of the same footage. Prints one row
of each, of its beside's (`landmark_warp`) and of the floor's (a blurred plate); means over the footage. Writes
benchmarks/results/side_by_side.json. Raises SystemExit if two files are not of the same pairs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import save

SAME = ("people", "learned")
COLUMNS = {
    "dlib": ("likeness", "nearer"),
    "tight": ("judges", "faceres_tight", "nearer"),
    "wide": ("judges", "faceres", "nearer"),
    "yaw r": ("pose", "yaw", "r"),
    "mouth r": ("expression", "mouth", "r"),
    "eyes r": ("expression", "eyes", "r"),
    "light r": ("light",),
    "gradient": ("gradient",),
    "border": ("border",),
    "ms a face": ("ms_per_face",),
}


def main(files: list[str]) -> None:
    told = {file: json.loads(Path(file).read_text()) for file in files}
    if not told:
        raise SystemExit(__doc__)
    first, *others = told.values()
    for file, other in zip(list(told)[1:], others, strict=True):
        if any(other[name] != first[name] for name in SAME):
            raise SystemExit(f"{file} is not of the same people as {files[0]}: judge them by one manifest")
    rows = {each["engine"]: figures(each["groups"]["footage"]) for each in told.values()}
    beside = first["groups"]["footage"]["beside"]
    rows |= {name: figures(each["figures"]) for name, each in beside.items()}
    print(table(rows))
    save("side_by_side", {"people": first["people"], "learned": first["learned"], "engines": rows})


def figures(group: dict[str, Any]) -> dict[str, float | None]:
    """The columns' figures for a group; None if too little was measured."""
    return {name: _at(group, path) for name, path in COLUMNS.items()}


def table(rows: dict[str, dict[str, float | None]]) -> str:
    """As Markdown."""
    lines = [f"| | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| `{name}` | {' | '.join(_written(*each) for each in row.items())} |")
    return "\n".join(lines)


def _at(group: Any, path: tuple[str, ...]) -> float | None:
    for key in path:
        group = (group or {}).get(key)
    return None if group is None else float(group)


def _written(column: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if column in ("border", "ms a face") else f"{value:.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
