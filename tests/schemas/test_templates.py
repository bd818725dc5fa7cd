"""Frame numbers in paths."""

from __future__ import annotations

import pytest

from schemas.templates import fields, fill, frame_path, frame_tokens, suffix, with_frame_field, with_hashes


@pytest.mark.parametrize(
    ("template", "frame", "path"),
    [
        ("a.{frame}.exr", 7, "a.0007.exr"),
        ("a.{frame}.exr", 1001, "a.1001.exr"),
        ("a.{frame}.exr", 123456, "a.123456.exr"),
        ("a.####.exr", 1001, "a.1001.exr"),
        ("a.#####.exr", 1001, "a.01001.exr"),
        ("a.%04d.exr", 1001, "a.1001.exr"),
        ("a.{frame:06d}.exr", 1001, "a.001001.exr"),
        ("a.exr", 1001, "a.exr"),
        ("job#3/%04d/{frame}/a.####.exr", 1001, "job#3/%04d/{frame}/a.1001.exr"),
        ("s3://bucket/a/####.exr", 1001, "s3://bucket/a/1001.exr"),
    ],
)
def test_frame_path(template: str, frame: int, path: str) -> None:
    assert frame_path(template, frame) == path
    assert frame_path(with_frame_field(template), frame) == path


def test_fields() -> None:
    template = "{production}/{shot}/{nope}.{frame}.exr"
    assert fields(template) == ["production", "shot", "nope"]
    assert fill(template, shot="sh0040", production="harbour") == "harbour/sh0040/{nope}.{frame}.exr"
    assert frame_tokens(template) == 1
    assert with_frame_field("a.####.exr") == "a.{frame}.exr"
    assert suffix("s3://bucket/a.b/C.EXR") == ".exr"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("p/a.1001.exr", "p/a.####.exr"),
        ("p/a_0001.exr", "p/a_####.exr"),
        ("sh0050.01001.exr", "sh0050.#####.exr"),
        ("1.png", "#.png"),
        ("a.@@@@@.exr", "a.#####.exr"),
        ("a.[1001-1100].exr", "a.####.exr"),
        ("a.1001-1100@@@@.exr", "a.####.exr"),
        ("a.1001-1100#.exr", "a.####.exr"),
        ("a.$F4.exr", "a.####.exr"),
        ("a.$F.exr", "a.####.exr"),
        ("a.${F5}.exr", "a.#####.exr"),
        ("a.<frame>.exr", "a.####.exr"),
        ("a.<f5>.exr", "a.#####.exr"),
        ("a.*.exr", "a.####.exr"),
        ("a.???.exr", "a.###.exr"),
        ("p/a.####.exr 1001-1100", "p/a.####.exr"),
        ("a.%05d.exr [1001-1100]", "a.%05d.exr"),
        ("a.####.exr 1001 1100", "a.####.exr"),
        ("a.####.exr", None),
        ("a.%d.exr", None),
        ("plates/1001/a.exr", None),
        ("sh0050.exr", None),
        ("a.exr", None),
    ],
)
def test_sequences_as_others_write_them(given: str, meant: str | None) -> None:
    assert with_hashes(given) == meant
