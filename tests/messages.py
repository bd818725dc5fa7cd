"""Every text that a user may read, from the source: ``python tests/messages.py [PATH...]`` prints them, one a line."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("schemas", "fsvfx", "tasks", "flows")
LEAST_SPACES = 2
"""Texts with fewer are names, paths and the like."""


class Message(NamedTuple):
    file: str
    line: int
    text: str


def messages(*paths: Path) -> Iterator[Message]:
    """String literals with words in them, but for docstrings; f-strings with their expressions in braces."""
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            skipped = _docstrings(tree)
            yield from _texts(tree, str(file.relative_to(ROOT)), skipped)


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    """Of modules, classes, functions and constants; those of pydantic's fields are read by users, and stay."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        statement.value
        for node in ast.walk(tree)
        if isinstance(node, kinds)
        for statement in node.body
        if isinstance(statement, ast.Expr) and not (isinstance(node, ast.ClassDef) and statement is not node.body[0])
    }


def _texts(node: ast.AST, file: str, skipped: set[ast.AST]) -> Iterator[Message]:
    if node in skipped and isinstance(node, ast.Constant):
        return
    text = _text(node)
    if text is None:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child, file, skipped)
    elif text.count(" ") >= LEAST_SPACES:
        yield Message(file, getattr(node, "lineno", 0), text)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) or f"{{{ast.unparse(one).strip('{}')}}}" for one in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    return None


if __name__ == "__main__":
    for one in messages(*(Path(name).resolve() for name in sys.argv[1:] or [str(ROOT / top) for top in PRODUCT])):
        print(f"{one.file}:{one.line}: {one.text}")
