"""Settings that can't be read are told plainly."""

import pytest

from fsvfx.errors import MachineError
from fsvfx.settings import machine


@pytest.mark.parametrize(
    ("name", "value"), [("FSVFX_ROOTS", "/plates"), ("FSVFX_WORKERS", "many"), ("FSVFX_WORKERS", "-1")]
)
def test_a_wrong_setting_is_told_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    machine.cache_clear()
    try:
        with pytest.raises(MachineError, match=name.removeprefix("FSVFX_").lower()):
            machine()
    finally:
        machine.cache_clear()
