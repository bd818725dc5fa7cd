"""Settings that a user's own network can't serve by its card are told before a run, at their place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_dfm
import toy_networks
import toy_swappers

from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs
from schemas.network import NetworkCard

PICTURE, VECTOR, FACE, MORPHS, OTHERS = "picture", "vector", "face", "morphs", "others"


def row(name: str) -> toy_swappers.Row:
    return next(each for each in toy_swappers.ROWS if each.name == name)


def own(kind: str, folder: Path) -> NetworkCard:
    """A network of that kind, added to ``folder``/packages."""
    folder.mkdir(exist_ok=True)
    if kind in (FACE, MORPHS):
        file = toy_dfm.made(folder / "lead.dfm", morph=kind == MORPHS)
        constants = {"morph_value:0": 0.75} if kind == MORPHS else {}
        masks = [{"name": "out_celeb_face_mask:0", "of": "swap"}]
        card = toy_dfm.card(file, 128, masks=masks, constants=constants)
        toy_networks.placed(folder / "packages", card, file)
        return card
    card = toy_swappers.made(row("blendswap_256" if kind == PICTURE else "inswapper_128"), folder)
    if kind == OTHERS:
        said = card.model_dump(mode="json", exclude_none=True)
        said["identity"]["net"] = {"network": "dlib", "sha256": "b" * 64}
        card = type(card).model_validate(said)
    toy_networks.placed(folder / "packages", card, *(folder / each.path for each in card.files))
    return card


def told(write: Callable[..., Path], kind: str, settings: str, overrides: str = "") -> dict[str, str]:
    """What is wrong in a manifest with these, by its place in the entry."""
    path = write()
    card = own(kind, path.parent)
    engine = "dfm" if card.kind == "dfm" else "onnx_swapper"
    text = path.read_text()
    for old, new in (
        ("engine: landmark_warp", f"engine: {engine}"),
        ("settings: {},", f"settings: {{model: {card.model}, sha256: {card.digest}, {settings}}},"),
        ("overrides: [{frames: 1100-1120, settings: {}}]", f"overrides: [{overrides}]"),
        ("store: work/", "store: work/\npackages: packages/\npurpose: research"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)
    try:
        jobs(path)
    except ManifestError as error:
        return {one.field.removeprefix("shots[0].replace[0]."): one.what for one in error.problems}
    return {}


UNSERVED: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "morph": (FACE, "morph: 0.5", "", {"settings.morph": "can't morph"}),
    "a morph in an override": (
        FACE, "", "{frames: 1101, settings: {}}, {frames: 1100-1120, settings: {morph: 1}}",
        {"overrides[1].settings.morph": "can't morph"},
    ),
    "a mask": (FACE, "masks: plate", "", {"settings.masks": "names no mask of the plate's face"}),
    "a mask that an override asks to be seen": (
        FACE, "masks: plate, matte: mesh", "{frames: 1100-1120, settings: {matte: learned}}",
        {"settings.masks": "names no mask of the plate's face"},
    ),
    "an identity network of another version": (
        OTHERS, "boost: 1", "", {"settings.model": "needs vectors of the 'dlib' whose weights have sha256 bbbb"},
    ),
    "likeness and away": (
        PICTURE, "likeness: 0.7", "{frames: 1100-1120, settings: {away: 0.2}}",
        {"settings.likeness": "takes a picture of the identity", "overrides[0].settings.away": "away has no effect"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSERVED)
def test_what_the_card_has_not_is_told_at_its_place(what: str, write: Callable[..., Path]) -> None:
    kind, settings, overrides, wanted = UNSERVED[what]
    found = told(write, kind, settings, overrides)
    assert found.keys() == wanted.keys()
    assert all(wanted[place] in found[place] for place in wanted)


@pytest.mark.parametrize(
    ("kind", "settings", "overrides"),
    [
        (MORPHS, "morph: 0.5", "{frames: 1100-1120, settings: {morph: 1}}"),
        (FACE, "masks: swap", ""),
        (FACE, "masks: plate, matte: mesh", ""),
        (FACE, "masks: plate", "{frames: 1001-1240, settings: {masks: swap}}"),
        (VECTOR, "likeness: 0.7, away: 0.2", ""),
        (PICTURE, "boost: 2", ""),
    ],
)  # fmt: skip
def test_what_it_has_or_no_frame_asks_for_passes(
    kind: str, settings: str, overrides: str, write: Callable[..., Path]
) -> None:
    assert told(write, kind, settings, overrides) == {}
