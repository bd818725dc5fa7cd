"""Users' own networks as packages: placed, found by the card's digest, and read no further than a manifest may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_networks

from fsvfx.errors import InputError, ModelError
from fsvfx.packages import NETWORK, Packages, file_in, network_for, network_of
from fsvfx.reach import Reach
from fsvfx.settings import machine


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    yield
    machine.cache_clear()


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    return toy_networks.echo(tmp_path / "echo.onnx")


def test_what_was_placed_is_found_and_read(tmp_path: Path, onnx: Path) -> None:
    card = toy_networks.card("swapper", onnx, 32)
    folder = toy_networks.placed(tmp_path / "packages", card, onnx)
    found = Packages(tmp_path / "packages")
    assert folder == tmp_path / "packages/echo" / card.digest[:12]
    assert found.find_network("echo", card.digest) == folder == found.network_named(f"echo@{card.digest[:5]}")
    assert network_of(folder) == card
    assert file_in(folder, card.file).read_bytes() == onnx.read_bytes()
    assert found.networks() == [folder]
    assert network_for(found, "engine 'onnx_swapper'", "swapper", "echo", card.digest) == card


def test_another_statement_is_another_network(tmp_path: Path, onnx: Path) -> None:
    card = toy_networks.card("swapper", onnx, 32)
    folder = toy_networks.placed(tmp_path / "packages", card, onnx)
    text = (folder / NETWORK).read_text()
    (folder / NETWORK).write_text(text.replace("arcface_128", "ffhq_512"))
    with pytest.raises(InputError, match="No network 'echo' whose card has sha256") as caught:
        Packages(tmp_path / "packages").find_network("echo", card.digest)
    assert network_of(folder).digest in caught.value.hint


def test_of_two_cards_on_one_file_people_name_one_by_its_sha256(tmp_path: Path, onnx: Path) -> None:
    cards = [toy_networks.card("swapper", onnx, 32, licence=licence) for licence in ("MIT", "ours")]
    folders = [toy_networks.placed(tmp_path / "packages", card, onnx) for card in cards]
    found = Packages(tmp_path / "packages")
    with pytest.raises(InputError, match="2 networks are named 'echo'") as caught:
        found.network_named("echo")
    named = caught.value.hint.removeprefix("Name one of ").split(", ")
    assert {found.network_named(each) for each in named} == set(folders)
    with pytest.raises(InputError, match="No network is named 'echo@f00'"):
        found.network_named("echo@f00")


def test_an_engine_runs_networks_of_its_kind(tmp_path: Path, onnx: Path) -> None:
    card = toy_networks.card("restorer", onnx, 32)
    toy_networks.placed(tmp_path / "packages", card, onnx)
    with pytest.raises(InputError, match="is a restorer, and engine 'onnx_swapper' runs a swapper"):
        network_for(Packages(tmp_path / "packages"), "engine 'onnx_swapper'", "swapper", "echo", card.digest)


def test_a_broken_card_is_told_with_its_lines(tmp_path: Path, onnx: Path) -> None:
    folder = toy_networks.placed(tmp_path / "packages", toy_networks.card("swapper", onnx, 32), onnx)
    text = (folder / NETWORK).read_text()
    (folder / NETWORK).write_text(text.replace("licence: MIT", "licens: MIT").replace("size: 32", "size: big"))
    with pytest.raises(ModelError, match=r"licens.*target\.size|target\.size.*licens"):
        network_of(folder)
    (folder / NETWORK).write_text("kind: swaper\n")
    with pytest.raises(ModelError, match="kind is not one of swapper, dfm"):
        network_of(folder)


def test_a_file_of_another_size_is_told(tmp_path: Path, onnx: Path) -> None:
    card = toy_networks.card("swapper", onnx, 32)
    folder = toy_networks.placed(tmp_path / "packages", card, onnx)
    (folder / "echo.onnx").write_bytes(b"more")
    with pytest.raises(ModelError, match="has 4 bytes"):
        file_in(folder, card.file)
    (folder / "echo.onnx").unlink()
    with pytest.raises(ModelError, match="can't be read"):
        file_in(folder, card.file)


def test_a_manifests_own_card_names_only_what_the_manifest_may_read(
    tmp_path: Path, onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card that the machine's owner has put among the packages may name files anywhere."""
    outside = toy_networks.echo(tmp_path / "elsewhere/echo.onnx")
    card = toy_networks.card("swapper", outside, 32, file={**toy_networks.file_of(outside), "path": str(outside)})
    own = tmp_path / "production/packages"
    toy_networks.packages.place_network(own, card, {})
    reach = Reach(tmp_path / "production/shot.yaml", "test")
    with pytest.raises(ModelError, match="may not read"):
        Packages(own, reach).find_network("echo", card.digest)
    monkeypatch.setenv("FSVFX_PACKAGES", f'["{own}"]')
    machine.cache_clear()
    folder = Packages(own, reach).find_network("echo", card.digest)
    assert file_in(folder, card.file) == outside
