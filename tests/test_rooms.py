"""The rooms of the house: each has a door, nobody climbs in beside it, no two modules import each other in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from imports import ROOT, imports_of, module_of, sources, tree_of

ROOMS = sorted(path.parent for path in (ROOT / "fsvfx").glob("*/__init__.py"))
STUBS = sorted((ROOT / "fsvfx").rglob("__init__.pyi"))
USERS = ("fsvfx", "tasks", "flows")


def door_of(room: Path) -> set[str]:
    """What the room exports, and the modules that others may import from: its ``__init__.pyi``, or its ``__all__``."""
    stub = room / "__init__.pyi"
    if stub.exists():
        return {alias.name for node in tree_of(stub).body if isinstance(node, ast.ImportFrom) for alias in node.names}
    for node in tree_of(room / "__init__.py").body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
            return set(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return set()


def beside_the_door(room: Path) -> Iterator[str]:
    """Imports from outside the room of what its door does not have."""
    package, door = module_of(room / "__init__.py"), door_of(room)
    for path in sources(*USERS):
        if path.is_relative_to(room):
            continue
        for module, name in imports_of(path):
            if module == package and name and name not in door:
                yield f"{path.relative_to(ROOT)}: {package} exports no {name}"
            inner = module.removeprefix(f"{package}.").partition(".")[0]
            if module.startswith(f"{package}.") and inner not in door:
                yield f"{path.relative_to(ROOT)}: {module} is for {package} alone"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_it_is_for_and_what_others_may_use(room: Path) -> None:
    assert ast.get_docstring(tree_of(room / "__init__.py")), "the room's __init__ has no docstring"
    assert door_of(room), "the room's __init__ has no __all__"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_others_come_in_by_the_door(room: Path) -> None:
    assert not list(beside_the_door(room))


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.parent.name)
def test_every_name_of_a_stub_is_there(stub: Path) -> None:
    package = import_module(module_of(stub.parent / "__init__.py"))
    names = [alias.name for node in tree_of(stub).body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == sorted(package.__all__)
    for name in names:
        getattr(package, name)


def test_private_names_stay_in_their_module() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path in sources(*USERS, "schemas")
        for module, name in imports_of(path)
        if name.startswith("_") and name != "__version__" and module.partition(".")[0] in (*USERS, "schemas")
    ]
    assert not wrong


def test_no_module_imports_itself_by_way_of_others() -> None:
    names = {module_of(path): path for path in sources(*USERS, "schemas")}
    graph = {
        name: {
            target
            for module, item in imports_of(path)
            for target in (f"{module}.{item}" if f"{module}.{item}" in names else module,)
            if target in names and target != name
        }
        for name, path in names.items()
    }
    assert not circles(graph)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The sets of modules that can reach each other, each with more than one member."""
    reach = {name: _reached(graph, name) for name in graph}
    found = {frozenset(one for one in reach[name] if name in reach[one]) for name in graph if name in reach[name]}
    return sorted(sorted(each) for each in found)


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = list(graph[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph[name]
    return seen


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]
