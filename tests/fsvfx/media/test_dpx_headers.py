"""DPX headers as scanners leave them: every field is used rightly or refused by name. Files by hand, exact codes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dpx_files import UNDEFINED, dpx_bytes, write_dpx
from footage import shot_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsvfx.errors import PlateError
from fsvfx.media import addresses, open_plate
from fsvfx.media.dpx.reader import address_of, notes, read_dpx, read_head
from fsvfx.media.files import Place
from fsvfx.media.sequence import frame as frame_file

PLACE = Place("a.dpx")
NO_16 = 0xFFFF


def codes(bits: int = 10, count: int = 3, width: int = 13, height: int = 5) -> np.ndarray:
    """13 x 5: no line of three 8-bit codes ends on a word, and no two pixels are alike."""
    return np.random.default_rng(bits * 10 + count).integers(0, 2**bits, (height, width, count))


def spread(values: np.ndarray, bits: int) -> np.ndarray:
    return (values << 16 - bits | values >> 2 * bits - 16).astype(np.uint16) if bits > 8 else values.astype(np.uint8)


def read(path: Path) -> np.ndarray:
    return read_dpx(path, PLACE)[0]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packing", [0, 1, 2])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize(
    ("descriptor", "channels"), [(50, (0, 1, 2)), (51, (0, 1, 2)), (52, (3, 2, 1)), (6, (0, 0, 0))]
)
def test_every_packing_gives_the_exact_codes(
    descriptor: int, channels: Sequence[int], bits: int, packing: int, order: str, tmp_path: Path
) -> None:
    values = codes(bits, max(channels) + 1 if descriptor in (50, 6) else 4)
    path = write_dpx(tmp_path / "a.dpx", [values], bits=bits, packing=packing, order=order, descriptors=[descriptor])
    np.testing.assert_array_equal(read(path), spread(values[..., channels], bits), strict=True)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bits=st.sampled_from([8, 10, 12, 16]),
    packing=st.sampled_from([0, 1, 2]),
    order=st.sampled_from("<>"),
    descriptor=st.sampled_from([6, 50, 51]),
    size=st.tuples(st.integers(2, 40), st.integers(4, 6)),
    start=st.sampled_from([1664, 2048, 8192]),
    line_padding=st.sampled_from([0, 4, 7]),
    image_padding=st.sampled_from([0, 24]),
)
def test_any_layout_gives_its_codes(
    bits: int,
    packing: int,
    order: str,
    descriptor: int,
    size: tuple[int, int],
    start: int,
    line_padding: int,
    image_padding: int,
    tmp_path: Path,
) -> None:
    count = {6: 1, 50: 3, 51: 4}[descriptor]
    values = codes(bits, count, *size)
    layout = {"bits": bits, "packing": packing, "order": order, "start": start, "descriptors": [descriptor]}
    path = write_dpx(tmp_path / "a.dpx", [values], **layout, line_padding=line_padding, gap=image_padding)
    np.testing.assert_array_equal(read(path), spread(values[..., [0, 1, 2] if count > 1 else [0, 0, 0]], bits))


USED: dict[str, dict[str, Any]] = {
    "element offset 0": {"element": {"offset": 0}},
    "element offset undefined": {"element": {"offset": UNDEFINED}},
    "element offset within the header": {"element": {"offset": 768}},
    "element offset beyond the file": {"element": {"offset": 10**8}},
    "element offset wrong, the size proves the other": {"start": 8192, "element": {"offset": 2048}},
    "element offset undefined, pixels at 8192": {"start": 8192, "element": {"offset": UNDEFINED}},
    "image offset 0": {"fields": {"image_offset": 0}},
    "image offset undefined": {"fields": {"image_offset": UNDEFINED}},
    "image offset wrong, the size proves the other": {"fields": {"image_offset": 1700}},
    "pixels right behind the generic headers": {"start": 1664},
    "little-endian, element offset undefined": {"order": "<", "element": {"offset": UNDEFINED}},
    "no version": {"fields": {"version": b""}},
    "another version": {"fields": {"version": b"V2.0"}},
    "file size 0": {"fields": {"file_size": 0}},
    "file size undefined": {"fields": {"file_size": UNDEFINED}},
    "file size wrong": {"fields": {"file_size": 77}},
    "header sizes undefined": {"fields": dict.fromkeys(("generic_size", "industry_size", "user_size"), UNDEFINED)},
    "header sizes 0": {"fields": dict.fromkeys(("generic_size", "industry_size", "user_size"), 0)},
    "encryption key 0": {"fields": {"encryption": 0}},
    "orientation undefined": {"fields": {"orientation": NO_16}},
    "number of elements 0": {"fields": {"elements": 0}},
    "number of elements undefined": {"fields": {"elements": NO_16}},
    "three elements, of which two are empty": {"fields": {"elements": 3}},
    "sign undefined": {"element": {"sign": UNDEFINED}},
    "low and high undefined": {"element": {"low": UNDEFINED, "high": UNDEFINED}},
    "transfer unknown": {"element": {"transfer": 200}},
    "colorimetric undefined": {"element": {"colorimetric": 255}},
    "encoding undefined": {"element": {"encoding": NO_16}},
    "packing undefined where it means nothing": {"bits": 8, "element": {"packing": NO_16}},
    "packing odd where it means nothing": {"bits": 16, "element": {"packing": 5}},
    "lines end on words": {"bits": 8},
    "lines end where they end": {"bits": 8, "align": False},
    "lines of 16 bits end where they end": {"bits": 16, "align": False},
    "padded lines": {"line_padding": 12},
    "padded lines that end on words": {"bits": 8, "line_padding": 3},
    "padded lines that end where they end": {"bits": 8, "line_padding": 3, "align": False},
    "line padding undefined": {"element": {"line_padding": UNDEFINED}},
    "image padding": {"gap": 100},
    "image padding undefined": {"element": {"image_padding": UNDEFINED}},
    "texts in Latin-1": {"fields": {"creator": b"Caf\xe9 de la Post", "project": b"Gr\xfcn"}},
    "texts in Shift-JIS": {"fields": {"project": b"\x83\x65\x83\x58\x83\x67"}, "element": {"description": b"\x83\x65"}},
    "texts without an end": {"fields": {"creator": b"\xfe" * 100, "file_name": b"x" * 100}},
}


@pytest.mark.parametrize("how", USED.values(), ids=USED.keys())
def test_odd_fields_that_are_understood(how: dict[str, Any], tmp_path: Path) -> None:
    bits = how.get("bits", 10)
    path = write_dpx(tmp_path / "a.dpx", [codes(bits)], **how)
    np.testing.assert_array_equal(read(path), spread(codes(bits), bits), strict=True)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no offset at all": ({"fields": {"image_offset": 0}, "element": {"offset": UNDEFINED}}, "where the pixels start"),
    "two offsets, none proved": ({"start": 4096, "gap": 50, "element": {"offset": 2048, "image_padding": 0}},
                                 "two offsets for the pixels: 4096 and 2048"),
    "encrypted": ({"fields": {"encryption": 1234}}, "encrypted"),
    "orientation 8": ({"fields": {"orientation": 8}}, "orientation is 8"),
    "orientation 90": ({"fields": {"orientation": 90}}, "orientation is 90"),
    "nine elements": ({"fields": {"elements": 9}}, "9 image elements"),
    "width undefined": ({"fields": {"width": UNDEFINED}}, "how many pixels a line has"),
    "height undefined": ({"fields": {"height": UNDEFINED}}, "how many lines it has"),
    "width 0": ({"fields": {"width": 0}}, "0x5 pixels"),
    "height beyond the file": ({"fields": {"height": 6}}, "damaged or cut off"),
    "height beyond the limit": ({"fields": {"height": 65500}}, "FSVFX_MAX_SIDE"),
    "sides of 2**31": ({"fields": {"width": 2**31, "height": 2**31}}, "FSVFX_MAX_SIDE"),
    "too many pixels": ({"fields": {"width": 20000, "height": 20000}}, "FSVFX_MAX_PIXELS"),
    "signed": ({"element": {"sign": 1}}, "codes are signed"),
    "user-defined": ({"element": {"descriptor": 0}}, "user-defined, not RGB"),
    "red alone": ({"element": {"descriptor": 1}}, "elements are R,"),
    "alpha alone": ({"element": {"descriptor": 4}}, "elements are A,"),
    "chroma alone": ({"element": {"descriptor": 7}}, "chrominance alone"),
    "composite video": ({"element": {"descriptor": 9}}, "composite video"),
    "4:2:2": ({"element": {"descriptor": 100}}, "CbYCrY 4:2:2, not RGB"),
    "4:4:4": ({"element": {"descriptor": 102}}, "CbYCr 4:4:4, not RGB"),
    "user-defined of 3": ({"element": {"descriptor": 151}}, "user-defined with 3 components"),
    "descriptor undefined": ({"element": {"descriptor": 255}}, "undefined, not RGB"),
    "descriptor unknown": ({"element": {"descriptor": 53}}, r"unknown kind \(53\)"),
    "1 bit": ({"element": {"bits": 1}}, "1 bits"),
    "14 bits": ({"element": {"bits": 14}}, "14 bits"),
    "depth undefined": ({"element": {"bits": 255}}, "bit depth is undefined"),
    "packing undefined": ({"element": {"packing": NO_16}}, "packing is undefined"),
    "packing 3": ({"element": {"packing": 3}}, "packing is 3"),
    "run-length encoded": ({"element": {"encoding": 1}}, "run-length encoded"),
    "encoding unknown": ({"element": {"encoding": 7}}, r"unknown way \(7\)"),
    "line padding beyond the file": ({"element": {"line_padding": 5000}}, "damaged or cut off"),
    "lines that may end in two ways": ({"bits": 8, "gap": 55, "element": {"image_padding": 0}}, "allows both"),
    "HDR DPX": ({"fields": {"version": b"V2.0HDR"}}, "V2.0HDR"),
}  # fmt: skip


@pytest.mark.parametrize(("how", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_can_not_be_told_is_refused_by_name(how: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "a.dpx", [codes(how.get("bits", 10))], **how)
    with pytest.raises(PlateError, match=says) as told:
        read_head(path, PLACE)
    assert "(a.dpx)" in str(told.value)


@pytest.mark.parametrize("orientation", range(8))
def test_every_orientation_is_turned_upright(orientation: int, tmp_path: Path) -> None:
    """The stored line ``j`` and place ``i`` in it, as ST 268 names their directions."""
    stored = codes()
    path = write_dpx(tmp_path / "a.dpx", [stored], fields={"orientation": orientation})
    upright = {
        0: stored,
        1: stored[:, ::-1],
        2: stored[::-1],
        3: stored[::-1, ::-1],
        4: stored.swapaxes(0, 1),
        5: stored[::-1].swapaxes(0, 1),
        6: stored[:, ::-1].swapaxes(0, 1),
        7: stored[::-1, ::-1].swapaxes(0, 1),
    }[orientation]
    picture, head = read_dpx(path, PLACE)
    np.testing.assert_array_equal(picture, spread(upright, 10))
    assert head.size == picture.shape[:2]
    assert any("turned upright" in note for note in notes(head)) == (orientation != 0)


@pytest.mark.parametrize(
    ("bits", "descriptors", "order"), [(8, (1, 2, 3), "RGB"), (16, (3, 2, 1), "BGR"), (12, (1, 2, 3, 4), "RGBA")]
)
def test_colours_in_elements_of_their_own(bits: int, descriptors: Sequence[int], order: str, tmp_path: Path) -> None:
    values = codes(bits, len(order))
    planes = [values[..., i : i + 1] for i in range(len(order))]
    path = write_dpx(tmp_path / "a.dpx", planes, bits=bits, packing=0, descriptors=descriptors, gap=24)
    rgb = values[..., [order.index(name) for name in "RGB"]]
    np.testing.assert_array_equal(read(path), spread(rgb, bits))
    assert ("alpha is left out" in notes(read_head(path, PLACE))) == ("A" in order)


def test_alpha_in_an_element_of_its_own_is_left_out(tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "a.dpx", [codes(16), codes(16, 1)], bits=16, packing=0, descriptors=(50, 4))
    np.testing.assert_array_equal(read(path), codes(16))
    assert "alpha is left out" in notes(read_head(path, PLACE))


@pytest.mark.parametrize(
    ("bits", "packing", "descriptors", "says"),
    [
        (10, 0, (50, 50), "elements are RGB, RGB"),
        (10, 0, (1, 2), "elements are R, G"),
        (10, 0, (6, 1, 2, 3), "elements are Y, R, G, B"),
        (10, 1, (1, 2, 3), "separate elements of filled 10-bit words"),
    ],
)
def test_elements_that_make_no_one_picture(
    bits: int, packing: int, descriptors: Sequence[int], says: str, tmp_path: Path
) -> None:
    planes = [codes(bits, 3 if descriptor == 50 else 1) for descriptor in descriptors]
    path = write_dpx(tmp_path / "a.dpx", planes, bits=bits, packing=packing, descriptors=descriptors)
    with pytest.raises(PlateError, match=says):
        read(path)


@pytest.mark.parametrize(("bits", "packing"), [(10, 1), (10, 2), (12, 1), (12, 2)])
def test_filled_words_that_call_themselves_packed(bits: int, packing: int, tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "a.dpx", [codes(bits, 3, 70)], bits=bits, packing=packing, element={"packing": 0})
    with pytest.raises(PlateError, match="that of filled words"):
        read(path)


@pytest.mark.parametrize("bits", [10, 12])
def test_packed_codes_that_call_themselves_filled(bits: int, tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "a.dpx", [codes(bits, 3, 70)], bits=bits, packing=0, element={"packing": 1})
    with pytest.raises(PlateError, match="damaged or cut off"):
        read(path)


def test_scanned_luminance_whose_lines_run_on(tmp_path: Path) -> None:
    """As some scanners write 10 bits: words of three codes, without a break where a line ends."""
    values = codes(10, 1)
    path = write_dpx(tmp_path / "a.dpx", [values], descriptors=(6,), runs_on=True)
    np.testing.assert_array_equal(read(path), np.repeat(spread(values, 10), 3, axis=2))


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", "<>")
def test_floats_become_half(order: str, bits: int, tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(-0.1, 60, (5, 13, 3)).astype(np.float32)
    path = write_dpx(tmp_path / "a.dpx", [values], bits=bits, order=order, packing=0)
    np.testing.assert_array_equal(read(path), values.astype(np.float16), strict=True)
    path = write_dpx(tmp_path / "b.dpx", [values * 1e6], bits=bits, order=order, packing=0)
    with pytest.raises(PlateError, match="beyond half"):
        read(path)


def test_a_cineon_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.dpx"
    path.write_bytes(b"\x80\x2a\x5f\xd7" + bytes(4000))
    with pytest.raises(PlateError, match="a Cineon file"):
        read(path)


@pytest.mark.parametrize("length", [0, 3, 4, 100, 767, 1663, 1664, 2047, 2048, 2100])
def test_a_file_that_ends_anywhere(length: int, tmp_path: Path) -> None:
    path = tmp_path / "a.dpx"
    path.write_bytes(dpx_bytes([codes()])[:length])
    with pytest.raises(PlateError, match=r"a\.dpx"):
        read(path)


def test_pixels_are_no_film_header(tmp_path: Path) -> None:
    """Where the pixels begin behind the generic headers, rates and timecode would be read out of them."""
    path = write_dpx(tmp_path / "a.dpx", [np.full((20, 70, 3), 0x1AF)], start=1664)
    head = frame_file.read_head(path, PLACE)
    assert (head.frame_rate, head.address) == (None, None)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0x01020304, "01:02:03:04"),
        (0x01020344, "01:02:03;04"),
        (0x23595923, "23:59:59:23"),
        (0, None),
        (UNDEFINED, None),
        (0x25000000, None),
        (0x81808004, "01:00:00:04"),
        (0x0102030A, None),
    ],
)
def test_timecodes(code: int, text: str | None, tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "a.dpx", [codes()], fields={"timecode": code})
    address = address_of(read_head(path, PLACE).fields)
    assert addresses.read(lambda later: None if later else address, Fraction(30)).text == text


@pytest.mark.parametrize(
    ("fields", "element", "told"),
    [
        ({}, {"low": 64, "high": 940}, "black is 64 and white 940"),
        ({}, {"transfer": 3}, "says 'Logarithmic'"),
        ({"height": 4}, {}, "52 more bytes than its header accounts for"),
        ({"interlace": 1}, {}, "interlaced"),
        ({"aspect_across": 2, "aspect_down": 1}, {}, "not square (2)"),
        ({"aspect_across": 2, "aspect_down": 1, "orientation": 4}, {}, "not square (0.5)"),
    ],
)
def test_what_is_told(fields: dict[str, Any], element: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "a.1001.dpx", [codes()], fields=fields, element=element)
    plate = open_plate(shot_job(path.with_name("a.####.dpx"), "1001", frame_rate="24"))
    assert any(told in note for note in plate.info.notes)
    assert sum("codes are kept" in note for note in plate.info.notes) == ("low" in element)
