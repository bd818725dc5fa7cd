"""Every example loads, and its consents clear it (as test records)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fsvfx.manifests import jobs
from fsvfx.rights import clear

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))
THEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""Within a day of when the examples' register was checked."""


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"harbour", "sequence", "s3"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    for job in jobs(path):
        decision = clear(job, THEN)
        assert decision.allow
        assert decision.test_records == decision.records
