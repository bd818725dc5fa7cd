"""The table of the default config's color spaces says what OCIO says. ``python -m`` this file writes it anew."""

from __future__ import annotations

import json

import PyOpenColorIO as ocio

from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.colour.spaces import TABLE


def test_the_table_says_what_ocio_says() -> None:
    assert TABLE.read_text("utf-8") == table()


def test_ocio_knows_no_space_by_more_than_its_words() -> None:
    config = ocio.Config.CreateFromBuiltinConfig(DEFAULT_CONFIG.name)
    for name, *_, words in json.loads(table()):
        for word in words:
            assert config.getColorSpace(word).getName() == config.getColorSpace(word.upper()).getName() == name


def table() -> str:
    config = ocio.Config.CreateFromBuiltinConfig(DEFAULT_CONFIG.name)
    spaces = config.getColorSpaces(ocio.SEARCH_REFERENCE_SPACE_ALL, ocio.COLORSPACE_ALL)
    rows = []
    for space in spaces:
        name = space.getName()
        roles = [role for role, of in config.getRoles() if config.getColorSpace(of).getName() == name]
        words = sorted({word.lower() for word in (name, *space.getAliases(), *roles)})
        rows.append([name, space.getEncoding(), space.getInteropID(), space.isData(), words])
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
