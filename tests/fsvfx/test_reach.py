"""What paths mean, and what they may reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import normalize

import pytest

from fsvfx import spelling
from fsvfx.reach import Reach, ReachError
from fsvfx.settings import machine


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    (tmp_path / "job").mkdir()
    return Reach(tmp_path / "job/shots.yaml", "harbour")


@pytest.mark.parametrize(
    ("there", "given", "meant"),
    [
        (" a.mov", " a.mov", " a.mov"),
        ("a.mov", " a.mov ", "a.mov"),
        ("~a.mov", "~a.mov", "~a.mov"),
        ("c:/a.mov", "c:/a.mov", "c:/a.mov"),
        ("b\\a.mov", "b\\a.mov", "b\\a.mov"),
        ("a//b.mov", "a//b.mov", "a/b.mov"),
        ("\u00e9/\u00e9.mov", "e\u0301/e\u0301.mov", "\u00e9/\u00e9.mov"),
        ("e\u0301/e\u0301.mov", "\u00e9/\u00e9.mov", "e\u0301/e\u0301.mov"),
        ("e\u0301/x.mov", "\u00e9/new.mov", "e\u0301/new.mov"),
        ("\u212b.mov", "\u00c5.mov", "\u212b.mov"),
        ("other.mov", "\u00e9.mov", "\u00e9.mov"),
    ],
)
def test_a_path_is_spelled_as_on_the_disk(reach: Reach, there: str, given: str, meant: str) -> None:
    folder = reach.manifest.parent
    (folder / there).parent.mkdir(parents=True, exist_ok=True)
    (folder / there).touch()
    assert reach.file(given) == folder / meant


def test_a_link_that_leads_outside_says_where_to(reach: Reach) -> None:
    (reach.manifest.parent / "nas").symlink_to("/nas/plates")
    for given in ("nas", "nas/a.mov"):
        with pytest.raises(ReachError, match=f"'{given}' leads through a link to '/nas/plates.*', which is outside"):
            reach.file(given)


@pytest.mark.parametrize(
    ("given", "says"),
    [("~/a.mov", "not expanded"), ("c:/a.mov", "a path on Windows"), ("\\\\server\\a.mov", "a path on Windows"),
     ("C:\\a.mov", "a path on Windows"), ("$PLATES/a.mov", r"\$PLATES is not expanded"),
     ("a/${SHOT}_v1/a.mov", r"\$\{SHOT\} is not expanded"), ("%PLATES%/a.mov", "%PLATES% is not expanded"),
     ("b\\a.mov", "backslashes"), (" ", "empty"),
     ("a\nb", "control"),
     ("a\x1b[2J", "control"),
     ("../a.mov", "outside"), ("/etc/passwd", "outside")],
)  # fmt: skip
def test_what_is_not_there_may_not_look_so(reach: Reach, given: str, says: str) -> None:
    with pytest.raises(ReachError, match=says):
        reach.file(given)


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    def decides(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        machine.cache_clear()

    yield decides
    machine.cache_clear()


@pytest.mark.parametrize(("production", "may"), [("harbour", True), ("lagoon", False), (None, False)])
def test_a_production_has_roots_of_its_own(
    tmp_path: Path, owner: Callable[[str, str], None], production: str | None, may: bool
) -> None:
    owner("FSVFX_PRODUCTION_ROOTS", f'{{"harbour": ["{tmp_path}/harbour"], "lagoon": ["{tmp_path}/lagoon"]}}')
    reach = Reach(tmp_path / "job/shots.yaml", production)
    if may:
        assert reach.file("../harbour/a.mov") == tmp_path / "harbour/a.mov"
    else:
        with pytest.raises(ReachError, match="outside"):
            reach.file("../harbour/a.mov")


@pytest.mark.parametrize(
    ("name", "there"),
    [("a.####.png", "a.0001.png"), ("a#1.####.png", "a#1.1001.png"), ("\u00e9.####.png", "e\u0301.1001.png"),
     ("a.%04d.png", "a.1001.png"), ("a.####.png", None), ("a.####.png", "a.x.png")],
)  # fmt: skip
def test_whether_a_sequence_is_there(tmp_path: Path, name: str, there: str | None) -> None:
    if there:
        (tmp_path / there).touch()
    assert spelling.is_there(tmp_path / name) == (there is not None and "x" not in there)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_globs_find_either_form(tmp_path: Path, form: str) -> None:
    for name in ("Zo\u00eb1.png", "Zo\u00eb2.png", "Zoe3.png"):
        (tmp_path / normalize(form, name)).touch()
    for said in ("NFC", "NFD"):
        found = spelling.matches(tmp_path / normalize(said, "Zo\u00eb?.png"))
        assert [normalize("NFC", Path(path).name) for path in found] == ["Zo\u00eb1.png", "Zo\u00eb2.png"]
