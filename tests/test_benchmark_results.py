"""What benchmarks keep says where and when it was measured."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.machine import device, save


def test_figures_that_are_kept_do_not_keep_another_machines_name(tmp_path: Path) -> None:
    path = save("some", {"measured": "2020-01-01", "device": {"cpu": "another"}, "speed": 2}, tmp_path)
    told = json.loads(path.read_text())
    assert list(told) == ["measured", "device", "speed"]
    assert told["device"] == device()
    assert told["measured"] > "2020-01-01"
