"""Which channels of a file are meant, and what is said where that is not plain."""

from __future__ import annotations

import pytest

from fsvfx.media.exr.layers import Channel, matte_of, rgb_of
from fsvfx.media.headers import HeaderError


def plain(*names: str) -> list[Channel]:
    return [Channel(name) for name in names]


def parts(**names: str) -> list[Channel]:
    """``beauty="R G B"``: a part for each."""
    return [Channel(name, part, given) for part, (given, said) in enumerate(names.items()) for name in said.split()]


RGBA = plain("A", "B", "G", "R")
LAYERS = [*RGBA, *plain("beauty.R", "beauty.G", "beauty.B", "Z", "motion.X", "motion.Y")]
PARTS = parts(main="R G B A", diffuse="R G B", depth="Z")
NAMED_TWICE = parts(rgba="R G B", beauty="beauty.R beauty.G beauty.B")


@pytest.mark.parametrize(
    ("channels", "layer", "wanted"),
    [
        (RGBA, None, "R G B"),
        (LAYERS, None, "R G B"),
        (LAYERS, "beauty", "beauty.R beauty.G beauty.B"),
        (plain("key.red", "key.green", "key.blue"), "key", "key.red key.green key.blue"),
        (plain("a.b.R", "a.b.G", "a.b.B"), "a.b", "a.b.R a.b.G a.b.B"),
        (plain("Y", "A"), None, "Y Y Y"),
        (PARTS, "diffuse", "R G B"),
        (NAMED_TWICE, None, "R G B"),
        (NAMED_TWICE, "beauty", "beauty.R beauty.G beauty.B"),
        (parts(left="spec.R spec.G spec.B", right="spec.R spec.G spec.B"), "right.spec", "spec.R spec.G spec.B"),
    ],
)
def test_rgb(channels: list[Channel], layer: str | None, wanted: str) -> None:
    found = rgb_of(channels, layer)
    assert " ".join(channel.name for channel in found) == wanted
    assert len({channel.part for channel in found}) == 1
    if layer in ("diffuse", "right.spec"):
        assert found[0].part == 1


@pytest.mark.parametrize(
    ("channels", "layer", "says"),
    [
        (plain("beauty.R", "beauty.G", "beauty.B"), None, ("its only layer is beauty", "Set plate.layer to beauty")),
        (PARTS, None, ("several of its parts", "diffuse, main", "plate.layer")),
        (LAYERS, "beaty", ("no layer or part 'beaty'", "it has beauty", "Fix plate.layer")),
        (RGBA, "beauty", ("its R, G, B are in no layer", "leave it out")),
        (plain("Z", "N.X", "N.Y", "N.Z"), None, ("no R, G, B channels; it has N.X, N.Y, N.Z, Z",)),
        (plain("Y", "RY", "BY"), None, ("luminance and chroma",)),
        ([], None, ("it has no R, G, B channels",)),
        (parts(left="spec.R spec.G spec.B", right="spec.R spec.G spec.B"), "spec", ("left.spec, right.spec",)),
    ],
)
def test_no_plain_rgb(channels: list[Channel], layer: str | None, says: tuple[str, ...]) -> None:
    with pytest.raises(HeaderError) as told:
        rgb_of(channels, layer)
    assert [part for part in says if part not in str(told.value)] == [], str(told.value)


@pytest.mark.parametrize(
    ("channels", "layer", "wanted"),
    [
        (plain("Y"), None, "Y"),
        (plain("matte.lead.A"), None, "matte.lead.A"),
        (RGBA, None, "A"),
        (plain("R", "G", "B"), None, "R"),
        (RGBA, "G", "G"),
        ([*RGBA, *plain("matte.A")], "matte", "matte.A"),
        ([*RGBA, *plain("id.R", "id.G", "id.B")], "id", "id.R"),
        ([*RGBA, *plain("id.R", "id.G", "id.B")], "id.B", "id.B"),
        (parts(rgba="R G B A", roto="Y"), "roto", "Y"),
    ],
)
def test_matte(channels: list[Channel], layer: str | None, wanted: str) -> None:
    assert matte_of(channels, layer).name == wanted


@pytest.mark.parametrize(
    ("channels", "layer", "says"),
    [
        (plain("matte.a", "matte.b", "other.x"), None, ("not clear", "matte.a, matte.b, other.x", "roto_layer")),
        (RGBA, "matte", ("no layer or channel 'matte'", "A, B, G, R")),
        (plain("id.x", "id.y"), "id", ("with a single matte",)),
    ],
)
def test_no_plain_matte(channels: list[Channel], layer: str | None, says: tuple[str, ...]) -> None:
    with pytest.raises(HeaderError) as told:
        matte_of(channels, layer)
    assert [part for part in says if part not in str(told.value)] == [], str(told.value)
