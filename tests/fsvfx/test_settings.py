"""Settings that can't be read are told plainly."""

import pytest

from fsvfx.errors import MachineError
from fsvfx.settings import machine


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FSVFX_ROOTS", "/plates/new", """Write FSVFX_ROOTS='["/plates/new"]'"""),
        ("FSVFX_ROOTS", "/plates:/refs", """Write FSVFX_ROOTS='["/mnt/plates"]'"""),
        ("FSVFX_ROOTS", "[/plates]", """Write FSVFX_ROOTS='["/mnt/plates"]'"""),
        ("FSVFX_PRODUCTION_ROOTS", "harbour=/plates", '{"harbour"'),
        ("FSVFX_ROOTS", '"/plates"', "should be"),
        ("FSVFX_WORKERS", "many", "integer"),
        ("FSVFX_WORKERS", "-1", "greater than or equal to 0"),
        ("FSVFX_MAX_SIDE", "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_setting_is_told_by_name(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    machine.cache_clear()
    try:
        with pytest.raises(MachineError) as told:
            machine()
        assert name in told.value.what
        assert said in f"{told.value.what} {told.value.hint}"
    finally:
        machine.cache_clear()
