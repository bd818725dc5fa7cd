"""Expressions that name a matte's parts, such as ``learned*plate+external``."""

from __future__ import annotations


def sources(expression: str) -> frozenset[str]:
    """The mattes named in an expression such as ``learned*plate+external``."""
    return frozenset(name for term in terms(expression) for name in term)


def terms(expression: str) -> list[list[str]]:
    """The sum's terms, each the names of its factors."""
    return [[name.strip() for name in term.split("*")] for term in expression.split("+")]
