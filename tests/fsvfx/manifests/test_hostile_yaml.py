"""YAML that would eat time or memory, or nest without end, is refused wherever YAML is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx import packages
from fsvfx.actors.clips import read_sidecar
from fsvfx.documents.yaml_nodes import TooDeep, TooManyNodes, compose
from fsvfx.documents.yaml_text import parse_yaml
from fsvfx.errors import InputError, ManifestError, ModelError
from fsvfx.manifests import load, load_training
from fsvfx.packages import CARD
from fsvfx.rights.records import RecordError, _read
from schemas.consent import ConsentRecord


def _chain(link: str, first: str, links: int = 40) -> str:
    return f"a0: &a0 {first}\n" + "".join(
        f"a{n}: &a{n} {link.replace('@', f'*a{n - 1}')}\n" for n in range(1, links + 1)
    )


HOSTILE = {
    "aliases": _chain("[@, @, @, @, @, @, @, @, @]", "[x, x, x, x, x, x, x, x, x]"),
    "aliases of mappings": _chain("{l: @, r: @}", "{x: y}"),
    "merges of nothing": _chain("{<<: [@, @]}", "{}"),
    "merges": _chain("{<<: [@, @], k: @}", "{x: y}"),
    "an alias of itself": "a: &a [*a]\n",
    "a merge of itself": "a: &a {<<: *a, b: 1}\n",
    "brackets": "a: " + "[" * 5000,
    "braces": "a: " + "{a: " * 5000,
    "dashes": "- " * 20_000 + "x",
    "question marks": "? " * 20_000 + "x",
    "steps": "".join(" " * depth + "a:\n" for depth in range(1000)),
    "a huge scalar": "a: '" + "x" * (2 << 20) + "'",
    "a huge number": "a: " + "9" * 100_000,
    "many documents": "---\na: 1\n" * 2000,
    "tags": "a: !!python/object/apply:os.system [x]\n",
    "an endless tag": f"a: !{'t' * 500_000} x\n",
    "a prefix for tags": f"%TAG ! {'t' * 100_000}\n---\na: [{'!x y, ' * 1000}]\n",
    "an endless key": f"{'k' * 5000}: 1\n" * 2,
    "half a byte": "a: \udcff\n",
    "NUL": "a: \0\n",
}


def _card(path: Path) -> None:
    folder = path.parent / "toy" / ("0" * 12)
    folder.mkdir(parents=True)
    path.rename(folder / CARD)
    packages.card_of(folder)


READERS: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
    "manifest": (load, ManifestError),
    "training manifest": (load_training, ManifestError),
    "consent": (lambda path: _read(path, ConsentRecord), RecordError),
    "package card": (_card, ModelError),
    "sidecar": (read_sidecar, InputError),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_refused_with_an_error_of_ours(name: str, reader: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(HOSTILE[name], errors="surrogateescape")
    read, refusal = READERS[reader]
    with pytest.raises(refusal) as told:
        read(path)
    assert len(str(told.value)) < 20_000


@pytest.mark.parametrize("name", ["aliases", "aliases of mappings", "merges of nothing", "merges"])
def test_aliases_count_each_time_they_are_used(name: str) -> None:
    assert "more than 50000 values" in str(parse_yaml(HOSTILE[name]).problems[0])


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("- 1\n" * 600 + "]", TooManyNodes),
        ("[" + "1," * 600 + "}", TooManyNodes),
        ("[" * 600 + "}", TooDeep),
        ("".join(f"k{n}: v\n" for n in range(300)) + "]", TooManyNodes),
        ("".join(f"{' ' * n}k:\n" for n in range(60)) + "}", TooDeep),
    ],
)
def test_reading_stops_where_it_is_too_much(text: str, refusal: type[ValueError]) -> None:
    """Before what comes behind, which is no YAML."""
    with pytest.raises(refusal):
        compose(text, most=500, deepest=40)


@pytest.mark.parametrize("name", [b"caf\xe9/shot.yaml", b"a\xc3.yaml", b"\xff/\xfe/shot.yaml", b"a/\xed\xa0\x80.yaml"])
def test_a_folder_whose_name_is_no_utf_8(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("schema_version: 1\n")
    for read in (load, load_training):
        with pytest.raises(ManifestError) as told:
            read(path)
        assert any("is not UTF-8" in problem.what for problem in told.value.problems)


@pytest.mark.parametrize("read", [load, load_training])
def test_a_manifest_that_is_a_link_to_itself(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "shot.yaml"
    path.symlink_to(path)
    with pytest.raises(ManifestError) as told:
        read(path)
    assert "symbolic links" in told.value.problems[0].what
