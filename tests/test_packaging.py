"""What users install: bounds, pins and hashes agree, and each extra's packages stay out of the default road."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(name: str) -> dict[str, set[str]]:
    """Package -> the versions that the file pins it to; more than one where markers choose."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", line):
            found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def wanted(*extras: str) -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return [one for one in map(Requirement, lines) if one.name != PROJECT["name"]]


@pytest.mark.parametrize("need", wanted(*PROJECT["optional-dependencies"]), ids=str)
def test_every_requirement_is_pinned_within_its_bounds(need: Requirement) -> None:
    [version] = pins("constraints.txt")[canonicalize_name(need.name)]
    assert need.specifier.contains(version)
    assert need.specifier, "no bound at all"


def test_the_lock_pins_what_the_constraints_pin() -> None:
    constraints, lock = pins("constraints.txt"), pins("requirements.lock")
    assert {name: lock[name] for name in lock.keys() & constraints.keys() if not lock[name] & constraints[name]} == {}
    assert lock.keys() >= {
        canonicalize_name(one.name) for one in wanted("board", "edl", "insightface", "onnx", "plots", "usd")
    }


def test_everything_in_the_lock_has_a_hash() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    assert len(entries) > 100
    assert [entry for entry in entries if not HASH.search(entry)] == []


def test_extras_are_not_needed_by_default() -> None:
    default = {canonicalize_name(one.name) for one in wanted()}
    assert not default & {"insightface", "tensorboardx", "matplotlib", "onnxscript", "otio-cmx3600-adapter", "usd-core"}


def test_wheels_hold_what_is_no_code() -> None:
    package = ROOT / "fsvfx"
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["fsvfx"]
    taken = {path for pattern in patterns for path in package.glob(pattern)}
    kept = {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".md")}
    starters = {path for path in (package / "starters").rglob("*") if path.is_file()}
    assert starters
    assert (kept | starters) - taken == set()
