"""A training takes a folder that is new, empty or a training's; nothing else is written into."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsvfx.errors import InputError
from fsvfx.training.folder import check_folder


@pytest.mark.parametrize("names", [[], ["order.json"], ["training.lock", "preview.png"], ["order.json", "notes.txt"]])
def test_its_own_folder_is_taken(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    check_folder(tmp_path)
    check_folder(tmp_path / "new")


@pytest.mark.parametrize("names", [["p.0001.png"], ["preview.png"], ["training.log"], [".hidden"]])
def test_a_folder_of_others_is_not(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match="no training wrote"):
        check_folder(tmp_path)
