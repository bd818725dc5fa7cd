"""A worker has torch only once an engine with networks asks for it: it takes two seconds to import."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

SWAP = """
    import sys

    import numpy as np

    import fsvfx.executors.dask_worker, fsvfx.executors.worker
    from fsvfx.context import Context, device_for
    from fsvfx.engines.contract import FaceBatch, Identity
    from fsvfx.engines.registry import engine, settings_of
    from fsvfx.executors.spawned import PRELOAD
    from fsvfx.faces.topology import CANONICAL
    from fsvfx.runner.dag import PATHS, stage

    __import__(PRELOAD)
    for name in PATHS:
        stage(name)
    mesh = ((CANONICAL * [1, -1, -1] * 2.5) + 32).astype(np.float32)[None]
    crops = np.random.default_rng(1).random((1, 64, 64, 3), np.float32)
    who = Identity("lead", crops, mesh, np.ones(1, np.float32))
    made = engine("landmark_warp")(settings_of("landmark_warp", {}), Context(device=device_for(0)))
    assert made.swap(FaceBatch(crops, mesh, (1,)), made.prepare(who, 64)).matte.max() > 0.9
    print("torch" in sys.modules)
    __import__("fsvfx.engines.registry").engines.registry.engine("df")
    print("torch" in sys.modules)
"""


def test_neither_what_workers_preload_nor_a_warp_imports_torch() -> None:
    done = subprocess.run([sys.executable, "-c", dedent(SWAP)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "False"]
