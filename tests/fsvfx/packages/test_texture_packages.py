"""Texture bases as packages: placed, found by name and digits, opened only if they are what the card says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import toy_textures

from fsvfx.engines.textured import STARTER
from fsvfx.errors import InputError, ModelError
from fsvfx.morphable.textures import open_basis
from fsvfx.packages import TEXELS, TEXTURE, Packages, is_starter, texture_of


def test_what_was_placed_is_found_and_opened(tmp_path: Path) -> None:
    card = toy_textures.placed(tmp_path)
    for named in ("toys", f"toys@{card.sha256[:12]}", f"toys@{card.sha256}"):
        assert Packages(tmp_path).find_texture(named) == tmp_path / "toys" / card.sha256[:12]
    opened = open_basis(tmp_path / "toys" / card.sha256[:12])
    assert opened.modes.shape == (1, len(opened.pixels), 3)
    assert opened.modes.dtype == np.float32
    assert toy_textures.placed(tmp_path) == card, "equal bases are equal bytes"


@pytest.mark.parametrize("named", ["toyz@000000000000", "toys@000000000000"])
def test_one_that_is_not_there_is_told_with_those_that_are(tmp_path: Path, named: str) -> None:
    card = toy_textures.placed(tmp_path)
    with pytest.raises(InputError, match=f"No texture basis '{named}'") as refused:
        Packages(tmp_path).find_texture(named)
    assert f"toys@{card.sha256[:12]}" in refused.value.hint


def _cut(folder: Path) -> None:
    (folder / TEXELS).write_bytes((folder / TEXELS).read_bytes()[:-5])


def _other_licence(folder: Path) -> None:
    (folder / TEXTURE).write_text((folder / TEXTURE).read_text().replace("licence: MIT", "licence: ours"))


def _real(folder: Path) -> None:
    text = (folder / TEXTURE).read_text().replace("made_up: true", "made_up: false")
    (folder / TEXTURE).write_text(text)


@pytest.mark.parametrize("harm", [_cut, _other_licence, _real])
def test_one_that_is_not_what_its_card_says_is_refused(tmp_path: Path, harm: object) -> None:
    card = toy_textures.placed(tmp_path)
    folder = tmp_path / "toys" / card.sha256[:12]
    harm(folder)  # type: ignore[operator]
    with pytest.raises(ModelError):
        open_basis(folder)


def test_the_starter_is_of_nobody_who_exists() -> None:
    folder = Packages().find_texture(STARTER)
    assert is_starter(folder)
    card = texture_of(folder)
    assert card.record.made_up
    assert card.record.commercial_use
    assert not card.record.is_test_record
    assert (folder / TEXELS).stat().st_size < 4_000_000
    assert len(open_basis(folder).modes) == card.modes
