"""YAML as fsvfx reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.documents.yaml_text import MOST_BYTES, Document, dotted, read_yaml


def read(folder: Path, text: str | bytes) -> Document:
    path = folder / "a.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yaml(path)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("24", 24),
        ("0040", "0040"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("01:00:00:00", "01:00:00:00"),
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z"),
        ("1001-1010x3", "1001-1010x3"),
        ("23.976", 23.976),
        ("-4", -4),
        ("~", None),
        ('"24"', "24"),
        ("9" * 40, "9" * 40),
    ],
)
def test_scalars_hold_no_surprises(tmp_path: Path, written: str, value: object) -> None:
    document = read(tmp_path, f"a: {written}\n")
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)
    assert not document.problems


def test_every_value_has_its_line(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb:\n  - {c: 2,\n     d: 3}\n")
    assert [document.line(loc) for loc in [("a",), ("b", 0, "c"), ("b", 0, "d"), ("b", 0, "none"), ()]] == [
        1,
        3,
        4,
        3,
        1,
    ]
    assert dotted(("b", 0, "d")) == "b[0].d"


def test_all_duplicate_keys_are_told(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [(problem.field, problem.line) for problem in document.problems] == [("a", 2), ("b.c", 3)]


def test_defaults_can_be_merged_in(tmp_path: Path) -> None:
    document = read(tmp_path, "base: &base {p: 1, q: 2}\nown: {<<: *base, q: 3}\nmore: {<<: [*base, {r: 4}]}\n")
    assert document.data["own"] == {"p": 1, "q": 3}
    assert document.data["more"] == {"p": 1, "q": 2, "r": 4}


def test_an_alias_bomb_is_stopped(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    began = perf_counter()
    document = read(tmp_path, "\n".join(lines))
    assert "more than 50000 values" in document.problems[0].what
    assert perf_counter() - began < 10


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {<<: *a}\n"], ids=["list", "merge"])
def test_an_alias_of_itself_is_stopped(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).problems


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"a: \xff\xfe", "byte 3 is not UTF-8"), (b"a: b\n" * (MOST_BYTES // 5 + 1), "larger than 1 MiB")],
    ids=["not UTF-8", "too large"],
)
def test_odd_files_are_refused(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in read(tmp_path, content).problems[0].what


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert "a pipe, socket or device" in read_yaml(tmp_path / "a.yaml").problems[0].what


def test_a_link_to_nothing_says_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("/nas/a.yaml")
    assert "a link to '/nas/a.yaml', which is not there" in read_yaml(tmp_path / "a.yaml").problems[0].what


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "can't be read" in read_yaml(tmp_path / "none.yaml").problems[0].what
    assert "can't be read" in read_yaml(tmp_path).problems[0].what


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!<>|'\"%@`,#? \n\t01.", max_size=60))
def test_no_text_makes_it_stumble(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    document = read(tmp_path_factory.getbasetemp(), text)
    assert document.problems or json.dumps(document.data)
