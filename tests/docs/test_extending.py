"""The examples of docs/extending.md, run as packages that somebody has installed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from swaps import nobody, swapped

from fsvfx import media, plugins
from fsvfx.context import Context
from fsvfx.engines import registry as engines
from fsvfx.engines.contract import FaceBatch
from fsvfx.errors import MachineError
from fsvfx.executors import registry
from fsvfx.faces.embedding import cut
from fsvfx.identity import registry as networks
from fsvfx.occlusion import contract as segmenters
from fsvfx.occlusion.contract import WIDE_SIZE, Faces
from fsvfx.plugins import Plugins
from fsvfx.runner import dag, plan, run_unit, stage
from fsvfx.runner.drive import Silent, run_plan
from fsvfx.store import open_data, open_store
from schemas.job import ShotJob
from schemas.receipts import Receipt

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/extending.md").read_text()
BLOCK = re.compile(r'```(\w+) title="(\S+)"\n(.*?)```', re.DOTALL)
POINT = re.compile(r'entry-points\."(\S+)"\]\n(\w+) = "(\S+)"')

Install = Callable[[str], ModuleType]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """A module of the page, importable, with all entry points of the page."""
    points = metadata.EntryPoints(EntryPoint(name, value, group) for group, name, value in POINT.findall(PAGE))
    monkeypatch.setattr(plugins, "entry_points", lambda group: points.select(group=group))
    for module, group, kind in ((dag, "stages", "stage"), (engines, "engines", "engine"),
                                (segmenters, "segmenters", "segmenter"),
                                (networks, "identity", "identity network")):  # fmt: skip
        monkeypatch.setattr(module, "REGISTERED", Plugins(f"fsvfx.{group}", kind))

    def made(name: str) -> ModuleType:
        (code,) = (text for _, title, text in BLOCK.findall(PAGE) if title == f"{name}.py")
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(code, f"docs/extending.md:{name}", "exec"), module.__dict__)
        return module

    return made


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShotJob:
    """The runner's toy shot: three chunks of four flat frames."""
    monkeypatch.syspath_prepend(str(ROOT / "tests/fsvfx/runner"))
    import toy_stages

    monkeypatch.setattr(dag, "PATHS", dict(toy_stages.PATHS))
    monkeypatch.setattr(media, "source_for", toy_stages.source_for)
    plate = tmp_path / "plate.txt"
    plate.write_text(" ".join(["10"] * 11 + ["255"]))
    return toy_stages.toy_job(str(tmp_path / "store"), plate)


def ran(job: ShotJob, *names: str) -> list[Receipt]:
    done: list[Receipt] = []
    for name in names:
        done += [run_unit(job, name, unit, done) for unit in dag.units_of(name, job)]
    return done


def test_a_stage_is_placed_planned_run_and_kept_like_any_other(install: Install, job: ShotJob) -> None:
    install("our_stages")
    assert dag.stages() == ("ingest", "clipped", "detect", "track", "align", "deliver")
    assert [str(one) for one in plan(job).todo if one.stage == "clipped"] == [
        "clipped 1001-1004", "clipped 1005-1008", "clipped 1009-1012"
    ]  # fmt: skip
    *_, last = receipts = ran(job, "ingest", "clipped")
    assert last.parameters == {"above": 0.98}
    assert last.qc == {"most": 1.0}
    assert open_data(open_store(job), [last]).frames("share").tolist() == [0, 0, 0, 1]
    assert not [one for one in plan(job).todo if one.stage == "clipped"]
    assert ran(job, "ingest", "clipped") == receipts, "it is not run again"


def test_what_a_stage_does_not_declare_is_refused_by_name(
    install: Install, job: ShotJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = install("our_stages")
    monkeypatch.setattr(module.np, "float32", np.float64)
    with pytest.raises(MachineError, match=r"'clipped' outputs array 'share' as \(n\) float64; it declares \(n\) flo"):
        ran(job, "ingest", "clipped")


def test_a_stage_that_needs_what_is_not_there_is_the_packages_fault(install: Install, job: ShotJob) -> None:
    kind = install("our_stages").ClippedStage
    kind.needs = (dag.Need("weather"),)
    with pytest.raises(MachineError, match="'clipped' needs weather, which no package provides"):
        dag.stages()
    assert stage("clipped").version == 1


def test_an_engine_swaps(install: Install) -> None:
    install("our_engines")
    made = engines.engine("tint")(engines.settings_of("tint", {"red": 1.0}), Context())
    crops = np.full((2, 8, 8, 3), 0.5, np.float32)
    swap = swapped(made, FaceBatch(crops, np.zeros((2, 468, 3), np.float32), (1, 2)), nobody())
    assert swap.crops[..., 0].min() == 1.0
    assert swap.crops[..., 1:].max() == 0.5
    assert swap.matte.shape == (2, 8, 8)


def test_a_segmenter_tells_what_is_in_front(install: Install) -> None:
    install("our_segmenters")
    crops = np.full((1, 8, 8, 3), 0.5, np.float16)
    crops[0, :2] = 0
    wide = np.zeros((1, WIDE_SIZE, WIDE_SIZE, 3), np.float32)
    faces = Faces(crops, np.zeros((1, 468, 3), np.float32), wide, (1,))
    found = segmenters.segmenter("dark")().segment(faces, faces, face=True)
    assert found.front[0].mean() == 0.25
    assert found.face is not None
    assert found.face[0].mean() == 0.75


def test_an_identity_network_gives_vectors_of_faces(install: Install) -> None:
    install("our_networks")
    found = networks.network("complexion")
    mesh = np.zeros((468, 3), np.float32)
    mesh[[33, 133], :2], mesh[[263, 362], :2], mesh[[61, 291], :2] = (80, 90), (160, 90), (120, 170)
    grey = np.full((260, 260, 3), 51, np.uint8)
    chip = cut(grey, mesh, found.chip)
    assert chip.shape == (64, 64, 3)
    assert found.vectors(chip[None]) == pytest.approx(np.full((1, 12), 0.2), abs=1e-4)


def test_an_executor_runs_a_shot(install: Install, job: ShotJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "REGISTERED", Plugins("fsvfx.executors", "executor"))
    install("our_stages")  # the shot has one stage more
    kind = install("our_executors").Threads
    with registry.executor("threads", 2) as executor:
        assert isinstance(executor, kind)
        assert run_plan(plan(job), executor, Silent()).plan.is_complete
