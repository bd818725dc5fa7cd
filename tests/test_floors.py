"""Import rules: packages import downwards only, and what users wait for stays light."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from imports import imports_of, module_of

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "schemas": {"numpy", "torch", "fsvfx", "tasks", "flows", "prefect", "dask", "distributed"},
    "fsvfx": {"prefect", "tasks", "flows"},
    "tasks": {"flows", "dask", "distributed", "numpy", "torch"},
}
DASK = {"dask", "distributed"}
_FLOORS = re.compile(r"^## What may import what\n.*?^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
PACKAGES = ("schemas", "tasks", "flows")

HEAVY = {"prefect", "dask", "distributed", "torch", "scipy", "onnxruntime"}


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("floor", FORBIDDEN)
def test_a_floor_imports_nothing_from_above(floor: str) -> None:
    files = sorted((ROOT / floor).rglob("*.py"))
    assert files
    wrong = {str(path.relative_to(ROOT)): found for path in files if (found := imported(path) & FORBIDDEN[floor])}
    assert not wrong


def test_only_the_executor_on_dask_knows_dask() -> None:
    users = {path for path in (ROOT / "fsvfx").rglob("*.py") if imported(path) & DASK}
    assert users
    assert users <= set((ROOT / "fsvfx/executors").glob("dask*.py"))


def order() -> list[str]:
    """The rooms as ARCHITECTURE.md has them, from the ground up and from left to right."""
    block = _FLOORS.search((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert block is not None
    floors = [line.split() for line in block[1].splitlines()]
    return [room for name, *rooms in floors for room in ([name] if name in PACKAGES else rooms)]


def room_of(module: str) -> str:
    top, _, rest = module.partition(".")
    return rest.partition(".")[0] or "api" if top == "fsvfx" else top


def test_every_room_has_its_place_in_the_architecture() -> None:
    rooms = {
        path.stem for path in (ROOT / "fsvfx").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert sorted(order()) == sorted((rooms - {"__init__"}) | set(PACKAGES))


def test_rooms_import_what_is_below_them_and_left_of_them() -> None:
    place = {room: number for number, room in enumerate(order())}
    wrong = [
        f"{path.relative_to(ROOT)}: {used}"
        for top in ("schemas", "fsvfx", "tasks", "flows")
        for path in sorted((ROOT / top).rglob("*.py"))
        for module, name in imports_of(path)
        if module.partition(".")[0] in ("schemas", "fsvfx", "tasks", "flows")
        for used in [room_of(f"{module}.{name}" if module == "fsvfx" else module)]
        if place[used] > place[room_of(module_of(path))]
    ]
    assert not wrong


def modules_of(code: str) -> set[str]:
    """What is imported once ``code`` has run in a process of its own."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("module", ["flows.cli", "flows.server", "fsvfx.runner", "flows.watch"])
def test_what_answers_at_once_loads_nothing_heavy(module: str) -> None:
    assert not modules_of(f"import {module}") & {"prefect", "dask", "distributed", "torch"}


def test_the_front_door_loads_nothing_until_it_is_used() -> None:
    assert not modules_of("import fsvfx") & {"pydantic", "numpy", "schemas", *HEAVY}


@pytest.mark.parametrize("name", ["run", "plan", "status", "verify"])
def test_a_function_of_the_front_door_loads_nothing_heavy(name: str) -> None:
    assert not modules_of(f"import fsvfx\nfsvfx.{name}") & HEAVY


def test_schemas_load_without_numpy() -> None:
    assert "numpy" not in modules_of("import schemas.manifest, schemas.job, schemas.receipts, schemas.outcome")


def test_reading_manifests_waits_for_no_pictures() -> None:
    loaded = modules_of("import flows.cli, fsvfx.manifests, flows.verbs.validate")
    assert not loaded & {"numpy", "cv2", "pydantic_settings", *HEAVY}


def test_a_verb_is_imported_without_the_others() -> None:
    code = "import flows.cli\nflows.cli.build('validate')\nimport sys\nassert 'flows.verbs.submit' not in sys.modules"
    assert modules_of(code)


def test_validating_a_manifest_loads_nothing_heavy() -> None:
    manifest = ROOT / "examples/harbour.yaml"
    assert not modules_of(
        f"from pathlib import Path\nfrom fsvfx import manifests\nmanifests.load(Path({str(manifest)!r}))"
    ) & {*HEAVY, "numpy", "cv2", "boto3", "av", "PIL"}


def test_planning_loads_nothing_heavy() -> None:
    """A plan asks every stage for its parameters: they load what they work with when they run."""
    assert (
        not modules_of(
            "from fsvfx.runner import stage\nfrom fsvfx.runner.dag import PATHS\n[stage(name) for name in PATHS]"
        )
        & HEAVY
    )


def test_listing_engines_loads_nothing_heavy() -> None:
    """Engines that learn among them: their settings are read, their networks are not."""
    assert not modules_of("from flows.verbs import engines\nengines.run(json=True)\nprint()") & HEAVY
