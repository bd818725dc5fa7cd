"""Names of colour spaces, and what a wrong one is told."""

from __future__ import annotations

import pytest

from fsvfx.colour import DEFAULT_CONFIG, ColourConfig, check_space, comp_space, interop_id, is_scene_linear
from fsvfx.errors import InputError

SRGB, REC709 = "sRGB Encoded Rec.709 (sRGB)", "Gamma 2.4 Encoded Rec.709"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("sRGB", SRGB),
        ("srgb", SRGB),
        ("sRGB - Texture", SRGB),
        ("Rec709", REC709),
        ("Rec.709", REC709),
        ("bt.709", REC709),
        ("linear_rec709", "Linear Rec.709 (sRGB)"),
        ("lin_rec709", "Linear Rec.709 (sRGB)"),
        ("ACEScg", "ACEScg"),
        ("acescg", "ACEScg"),
        ("scene_linear", "ACEScg"),
        ("ACES2065-1", "ACES2065-1"),
        ("ACEScct", "ACEScct"),
        ("LogC3", "ARRI LogC3 (EI800)"),
        ("Rec.2100-PQ - Display", "Rec.2100-PQ - Display"),
    ],
)
def test_people_and_the_config_name_the_same_space(written: str, name: str) -> None:
    assert check_space(DEFAULT_CONFIG, written) == name
    assert check_space(ColourConfig(f"ocio://{DEFAULT_CONFIG.name}"), written) == name


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("sRBG", "Did you mean sRGB"),
        ("ACESgc", "Did you mean ACEScg"),
        ("Rec708", "Did you mean Rec.709"),
        ("lin rec709", "Did you mean Linear Rec.709"),
        ("zzzz", "Try sRGB"),
        ("", "Try sRGB"),
        ("Raw", "marks data"),
    ],
)
def test_a_wrong_name_is_told_the_nearest(written: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        check_space(DEFAULT_CONFIG, written)


@pytest.mark.parametrize("config", ["studio-config-v4", "ocio://default", "/etc/passwd", ""])
def test_only_full_names_of_built_in_configs(config: str) -> None:
    with pytest.raises(InputError, match=r"Give its full name, such as \w+-config-v"):
        check_space(ColourConfig(config), "sRGB")


@pytest.mark.parametrize(
    ("plate", "comp", "interop"),
    [
        ("sRGB", "ACEScg", "lin_ap1_scene"),
        ("Rec.709", "ACEScg", "lin_ap1_scene"),
        ("ACEScct", "ACEScg", "lin_ap1_scene"),
        ("ACEScg", "ACEScg", "lin_ap1_scene"),
        ("linear_rec709", "Linear Rec.709 (sRGB)", "lin_rec709_scene"),
        ("lin_awg4", "Linear ARRI Wide Gamut 4", "ocio:lin_awg4_scene"),
    ],
)
def test_comps_are_scene_linear(plate: str, comp: str, interop: str) -> None:
    assert comp_space(DEFAULT_CONFIG, plate) == comp
    assert is_scene_linear(DEFAULT_CONFIG, comp)
    assert interop_id(DEFAULT_CONFIG, comp) == interop
