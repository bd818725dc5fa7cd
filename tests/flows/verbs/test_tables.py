"""Tables in narrow and wide terminals, and piped: nothing cut, nothing lost."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import pytest
from footage import picture, write_video
from rich.cells import cell_len

from flows import cli
from flows.verbs import output
from flows.verbs.output import folded, laid_out

LONG = "sq0100_sh0040_a_name_of_forty_letters_xx"
SHA = "0123456789abcdef" * 4
STAGES = ("references", "ingest", "detect", "track", "align", "swap", "occlude", "composite", "measure", "deliver")
NINE = tuple(stage for stage in STAGES if stage != "occlude")
TABLES = {
    "status": (("unit", *STAGES), [(f"{n}-{n + 23}", "", *["done 1234.5 s"] * 9) for n in range(1001, 1100, 24)]),
    "status, nine stages": (("unit", *NINE), [("1001-1024", *["done 0.1 s"] * 9), ("shot", *["missing"] * 9)]),
    "validate": (
        ("shot", "frames", "chunks", "replace"),
        [(LONG, "1001-1240", 10, "double -> lead (landmark_warp), stand_in -> friend (landmark_warp)")] * 3,
    ),
    "plan": (
        ("stage", "wanted", "done", "to run", "worker's time", "store"),
        [(name, 10417, 3, 10414, "2 days, 1:02:03", "123456 MiB") for name in STAGES],
    ),
    "models": (
        ("name", "for", "version", "licence", "commercial use", "here"),
        [("insightface", "face detection (SCRFD 10G with key points)", "buffalo_l", "research only", "no", "yes")],
    ),
    "many problems": (("check", "problem"), [(LONG, f"the file {SHA}{SHA} can't be read; copy it again")] * 40),
    "evaluate": (("figure", LONG, f"{LONG} at {SHA[:12]}", "good is"), [("nearer", "93 %", "97 %", "over 90 %")]),
    "faces": (("track", "frames", "position in its first frame"), [(1, "1001-1240", "640, 360")]),
    "wide letters": (("shot", "what"), [("港の場面" * 5, "顔 を 置き換える " * 9), ("Ä" * 40, "é" * 41)]),
    "nothing": (("shot", "what"), []),
}


def words_of(lines: object) -> list[str]:
    return sorted(re.split(r"\s+", " ".join(lines).strip()))


def _filled(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> list[str]:
    return [name for at, name in enumerate(columns) if at and any(str(row[at]) for row in rows)]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", TABLES)
def test_a_terminal_shows_every_word_whole_and_no_line_too_long(name: str, width: int) -> None:
    columns, rows = TABLES[name]
    laid = laid_out(columns, rows, width)
    said = words_of([*laid.head, *laid.body])
    for row in rows:
        for cell in row:
            assert set(str(cell).split()) <= set(said), cell
    for line in (*laid.head, *laid.body):
        assert cell_len(line) <= width or len(line.split()) == 1, line
    if rows and not laid.head:
        assert all(f"{column}: " in "".join(f"{line} " for line in laid.body) for column in _filled(columns, rows))


@pytest.mark.parametrize("name", TABLES)
def test_piped_a_record_is_a_line_and_columns_are_two_spaces_apart(name: str) -> None:
    columns, rows = TABLES[name]
    laid = laid_out(columns, rows, None)
    assert len(laid.body) == len(rows)
    assert [re.split(r" {2,}", line) for line in laid.head] == [list(columns)]
    for line, row in zip(laid.body, rows, strict=True):
        assert re.split(r" {2,}", line) == [" ".join(str(cell).split()) or "-" for cell in row]


@pytest.mark.parametrize(
    ("name", "width", "in_columns"),
    [
        ("status", 80, False),
        ("status, nine stages", 80, False),
        ("status, nine stages", 120, True),
        ("validate", 80, True),
        ("plan", 80, True),
        ("models", 80, True),
        ("evaluate", 120, True),
        ("many problems", 80, False),
    ],
)
def test_columns_where_they_fit_else_record_by_record(name: str, width: int, in_columns: bool) -> None:
    assert bool(laid_out(*TABLES[name], width).head) == in_columns


def test_a_record_too_wide_for_columns() -> None:
    row = ("1001-1024", "done 1.0 s", "", "missing")
    assert laid_out(("unit", "ingest", "detect", "composite"), [row], 24).body == (
        "1001-1024",
        "  ingest: done 1.0 s",
        "  composite: missing",
    )


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("copy it again from its source", 14, ["> copy it", ">   again from", ">   its source"]),
        ("copy it again from its source", None, ["> copy it again from its source"]),
        (SHA, 20, [f"> {SHA}"]),
        ("", 20, ["> "]),
    ],
)
def test_sentences_are_folded_at_words(text: str, width: int | None, lines: list[str]) -> None:
    assert folded(text, width, "> ") == lines


MANIFEST = f"""\
schema_version: 1
production: toy
people:
  lead: {{references: [lead.png], consent: lead.yaml}}
  double: {{references: [], consent: double.yaml}}
shots:
  - name: {LONG}
    plate: {{path: plate.mp4, first_frame: 1001, frames: 1001-1006, color_space: sRGB}}
    chunk_size: 2
    replace: [{{performer: double, identity: lead, engine: landmark_warp}}]
deliver:
  - {{kind: exr, path: "out/{{shot}}.####.exr"}}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    write_video(tmp_path / "plate.mp4", 6)
    cv2.imwrite(str(tmp_path / "lead.png"), picture(1))
    (tmp_path / "shot.yaml").write_text(MANIFEST)
    return str(tmp_path / "shot.yaml")


VERBS = (["validate", "M"], ["status", "M"], ["engines"], ["models", "list"], ["verify", "M"])


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("words", VERBS, ids=lambda words: " ".join(words))
def test_verbs_in_a_terminal(
    words: list[str], width: int, manifest: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda **_: width)
    assert cli.code_of([manifest if word == "M" else word for word in words]) in (0, 5)
    said = capsys.readouterr().out
    assert not re.search("[\u2500-\u257f…]", said)
    for line in said.splitlines():
        is_copied = line.startswith("engine: ") or any(word.startswith(("http", "/")) for word in line.split())
        assert cell_len(line) <= width or len(line.split()) == 1 or is_copied, line


@pytest.mark.parametrize("words", VERBS, ids=lambda words: " ".join(words))
def test_verbs_piped(words: list[str], manifest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.code_of([manifest if word == "M" else word for word in words]) in (0, 5)
    said = capsys.readouterr().out
    assert not re.search("[\u2500-\u257f…\x1b]", said)
