"""Help that can be copied: each verb has examples that parse, values complete, and -v lets the library speak."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from flows import cli
from flows.verbs import logs

ROOT = typer.main.get_command(cli.build())
MANIFEST = """\
shots:
  - {name: sq010_sh0010}
  - {name: sq010_sh0020}
"""


def examples() -> Iterator[tuple[str, str]]:
    for verbs in cli.VERBS.values():
        for name in verbs:
            verb = cli.verb(name)
            commands = verb.EXAMPLES if isinstance(verb.EXAMPLES, dict) else {"": verb.EXAMPLES}
            for word, lines in commands.items():
                assert lines, f"{name} {word} has no example"
                yield from ((f"{name} {word}".strip(), line) for line in lines)


@pytest.mark.parametrize(("verb", "example"), list(examples()))
def test_an_example_parses_and_fits_a_terminal(verb: str, example: str) -> None:
    assert max(map(len, example.splitlines())) <= 76
    program, *words = shlex.split(example.replace("\\\n", " "))
    assert program == "fsvfx"
    assert " ".join(words).startswith(verb)
    context, command = None, ROOT
    while command is not None:
        context = command.make_context(program, words, parent=context)
        if not hasattr(command, "resolve_command"):
            return
        program, command, words = command.resolve_command(context, [*context._protected_args, *context.args])


@pytest.mark.parametrize("words", [["new"], ["consent", "new"], ["edit", "import"], ["submit"]])
def test_examples_are_in_the_help(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.code_of([*words, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    assert f"fsvfx {' '.join(words)} " in out


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("fsvfx sub", {"submit"}),
        ("fsvfx new plate.mp4 --engine land", {"landmark_warp"}),
        ("fsvfx status shots.yaml --shot sq010_sh00", {"sq010_sh0010", "sq010_sh0020"}),
        ("fsvfx status absent.yaml --shot s", set()),
        ("fsvfx retry shots.yaml --stage comp", {"composite"}),
        ("fsvfx models pull yu", {"yunet"}),
        ("fsvfx new a.mp4 --color-space ACEScg", {"ACEScg"}),
    ],
)
def test_values_complete(line: str, found: set[str], tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shots.yaml").write_text(MANIFEST)
    monkeypatch.setenv("_FSVFX_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    with pytest.raises(SystemExit):
        cli.build()([], prog_name="fsvfx")
    assert set(capsys.readouterr().out.split()) == found


@pytest.mark.parametrize(("flags", "seen"), [([], ""), (["-v"], "info"), (["-vv"], "info debug")])
def test_verbose_lets_the_library_speak(flags: list[str], seen: str, capsys, monkeypatch) -> None:
    monkeypatch.setenv(logs.VARIABLE, "")
    logger = logging.getLogger("fsvfx")
    before = logger.level, logger.handlers, logger.propagate

    def speak() -> dict[str, object]:
        logging.getLogger("fsvfx.models").info("info")
        logging.getLogger("fsvfx.models").debug("debug")
        return {}

    monkeypatch.setattr("fsvfx.models.cards", speak)
    try:
        assert cli.code_of(["models", "list", *flags]) == 0
    finally:
        logger.level, logger.handlers, logger.propagate = before
    err = capsys.readouterr().err
    assert [word for word in ("info", "debug") if f"fsvfx.models: {word}" in err] == seen.split()


def test_open_says_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(
        "schema_version: 1\nproduction: toy\npeople: {}\n"
        "shots:\n  - {name: sh01, plate: {path: plate.mp4, frames: 1001-1012, color_space: sRGB}}\n"
        'deliver:\n  - {kind: contact_sheet, path: "out/{shot}.png"}\n  - {kind: review, path: "out/{shot}.mp4"}\n'
    )
    assert cli.code_of(["open", "sh01"]) == 0
    assert "nothing" in capsys.readouterr().out
    Path("out").mkdir()
    Path("out/sh01.png").write_bytes(b"")
    assert cli.code_of(["open", "toy.yaml"]) == 0
    assert str(tmp_path / "out/sh01.png") in capsys.readouterr().out
    assert cli.code_of(["open", "sh02"]) == 2
    assert "sh02" in capsys.readouterr().err
