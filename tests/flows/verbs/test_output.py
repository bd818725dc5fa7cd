"""How errors are told to people: a line each."""

from __future__ import annotations

import pytest

from flows.verbs import output
from fsvfx.errors import LicenceError, RightsError, Where

ONE, OTHER = "lead (learned): no record", "double (learned): revoked on 2026-03-01"


@pytest.mark.parametrize("kind", [RightsError, LicenceError])
def test_each_reason_of_a_refusal_has_a_line(kind: type[RightsError], capsys: pytest.CaptureFixture[str]) -> None:
    output.error(kind((ONE, OTHER), where=Where(file="crowd.yaml")), machine_readable=False)
    assert capsys.readouterr().err.splitlines() == [
        f"{kind.heading} (crowd.yaml)",
        f"  {ONE}",
        f"  {OTHER}",
        kind.way_out,
    ]


def test_a_single_reason_stays_on_the_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.error(RightsError((ONE,)), machine_readable=False)
    assert capsys.readouterr().err.splitlines() == [f"{RightsError.heading}: {ONE}", RightsError.way_out]
