"""The example notebook runs from its first cell to its last, and keeps no outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fsvfx import models
from fsvfx.errors import ModelError

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples/notebook.ipynb"
SHOW = "for _name in ('_repr_html_', '_repr_png_'):\n    assert getattr({value}, _name, lambda: True)()\n"
"""What a notebook does with a cell's last value."""


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


def test_no_outputs_are_kept() -> None:
    assert NOTEBOOK.stat().st_size < 10_000
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells())


@pytest.mark.slow
def test_every_cell_runs(tmp_path: Path) -> None:
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")
    sources = ["".join(cell["source"]) for cell in cells()]
    shown = [SHOW.format(value=last) if (last := source.splitlines()[-1]).isidentifier() else "" for source in sources]
    script = "\n".join(line for pair in zip(sources, shown, strict=True) for line in pair)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "notebook-out/swapped.png").stat().st_size > 10_000
    assert len(list(tmp_path.glob("notebook-out/out/*/*.exr"))) == 2
