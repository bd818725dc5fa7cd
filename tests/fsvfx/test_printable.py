"""Text from files steers no terminal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsvfx.errors import PlateError, Where
from fsvfx.printable import counted, one_line, printable


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain, äöü, 漢字, שלום, 👩‍🎤", "plain, äöü, 漢字, שלום, 👩‍🎤"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("over\rwritten", r"over\x0dwritten"),
        ("back\x08\x7f", r"back\x08\x7f"),
        ("exe.\u202egpj", r"exe.\u202egpj"),
        ("\u2066a\u2069\u200e\u200f\u061c", r"\u2066a\u2069\u200e\u200f\u061c"),
        ("line\u2028end", r"line\u2028end"),
        ("\udcff\udc80.png", r"\xff\x80.png"),
        ("half \ud800 pair", r"half \ud800 pair"),
        ("tag\U000e0041", r"tag\U000e0041"),
    ],
)
def test_written_out(text: str, wanted: str) -> None:
    assert printable(text) == wanted


def test_a_name_forges_no_line() -> None:
    assert one_line("a\nAll frames are done\x1b") == r"a\nAll frames are done\x1b"


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_comes_in_can_be_encoded_and_twice_is_once(text: str) -> None:
    safe = printable(text)
    safe.encode("utf-8")
    assert printable(safe) == safe
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in safe)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((1, "face"), "1 face"),
        ((0, "face"), "0 faces"),
        ((2, "person", "people"), "2 people"),
        ((1, "person", "people"), "1 person"),
    ],
)
def test_counts_agree_with_what_they_count(given: tuple[Any, ...], told: str) -> None:
    assert counted(*given) == told


def test_an_errors_text_is_safe() -> None:
    error = PlateError("it says \x1b[2J", hint="Rename \u202eit", where=Where(file="a\n\x07.png"))
    assert str(error) == r"it says \x1b[2J (a\n\x07.png). Rename \u202eit"
