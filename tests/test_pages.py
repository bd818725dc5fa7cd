"""What README and docs show can be copied: commands parse, manifests load, links lead somewhere, Python compiles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from command_lines import blocks, commands, parse

from schemas.manifest import Manifest
from schemas.train import TrainManifest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("deployments/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_parse(page: Path) -> None:
    for line in commands(page):
        parse(line)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_compiles(page: Path) -> None:
    for text in blocks(page, "python"):
        compile(text, named(page), "exec")


def test_the_readmes_manifests_are_valid() -> None:
    shot, train = [yaml.safe_load(text) for text in blocks(ROOT / "README.md", "yaml")]
    assert Manifest.model_validate(shot).production == TrainManifest.model_validate(train).production == "harbour"


def test_the_readme_has_commands_for_the_whole_way() -> None:
    verbs = {line.split()[1] for line in commands(ROOT / "README.md")}
    assert verbs >= {"new", "validate", "run", "open", "verify", "plan", "submit", "status", "retry", "waive", "train"}
