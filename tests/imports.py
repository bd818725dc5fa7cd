"""What the modules of the house import, read from their source."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Import(NamedTuple):
    """``name`` of ``module``, as one file imports it; ``name`` is empty for ``import module``."""

    module: str
    name: str


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """All imports of a file, those in functions among them; not those that only type checkers see."""
    found: list[Import] = []
    todo: list[ast.AST] = [tree_of(path)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [Import(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [Import(alias.name, "") for alias in node.names]
        todo += ast.iter_child_nodes(node)
    return tuple(found)


def sources(*tops: str) -> list[Path]:
    return sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
