"""A crowd of people in bounded memory: ``python -m benchmarks.crowd PEOPLE [--folder DIR]``.

PEOPLE: a folder with a folder of pictures for each person, all of them made up. Their faceset is built; the mapped
files are made; ``simswap`` learns from them, small, for some iterations, from all of them and from a tenth. Each step
runs in a process of its own, on one thread: its processor seconds, and the most memory that it took, of which mapped
files are a part that the system takes back when it wants it. Writes benchmarks/results/crowd.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time
from typing import Any

from benchmarks.machine import save

ITERATIONS, WARM = 12, 2
MANIFEST: dict[str, Any] = {
    "schema_version": 1,
    "production": "bench",
    "model": "crowd",
    "engine": "simswap",
    "architecture": {"resolution": 128, "width": 16, "halvings": 2, "blocks": 4, "critic_width": 16, "critic_depth": 3},
    "learn": {"collections": ["made_up"], "held_out": {"share": 0.1}},
    "collections": {"made_up": {"path": "people", "record": "made_up.yaml"}},
    "faceset": {"size": 192},
    "trainer": {"batch": 8, "iterations": ITERATIONS, "log_every": 1, "preview_iterations": 1000},
    "licence": "a measurement",
}
RECORD: dict[str, Any] = {
    "schema_version": 1,
    "record_id": "bench-made-up",
    "collection": "made_up",
    "people": ["*"],
    "made_up": True,
    "generators": [{"name": "unknown", "terms": "measured here, and never shown or shipped"}],
    "statement": "Pictures of people who do not exist, used here to measure how much time and memory a crowd takes.",
    "source": "whoever measures",
    "licence": "not shipped",
    "commercial_use": True,
    "is_test_record": True,
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("people", type=Path)
    asked.add_argument("--folder", type=Path, help="Work here, and keep it: what is built is not built again.")
    given = asked.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp())
    told: dict[str, Any] = {}
    for share in (1.0, 0.1):
        manifest = _manifest(folder / f"share_{share:g}", given.people.absolute(), share)
        own = {name: _apart(step, manifest) for name, step in STEPS.items()}
        told[f"{own['files']['people']} people"] = own
        print(json.dumps(own), flush=True)
    if given.folder is None:
        shutil.rmtree(folder)
    print(save("crowd", told).read_text())


def _manifest(folder: Path, people: Path, share: float) -> Path:
    """For the first share of them; files named in the manifest are in ``folder``."""
    everybody = sorted(path.name for path in people.iterdir())
    wanted = everybody[: max(2, round(share * len(everybody)))]
    folder.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        shutil.copytree(people / name, folder / "people" / name, dirs_exist_ok=True)
    (folder / "made_up.yaml").write_text(json.dumps(RECORD))
    path = folder / "crowd.yaml"
    path.write_text(json.dumps(MANIFEST))
    return path


def _job(manifest: Path) -> Any:
    from fsvfx import manifests, rights

    job = manifests.training_job(manifest)
    return job.model_copy(update={"rights": rights.clear_training(job).digest})


def build(manifest: Path) -> dict[str, Any]:
    """The faceset: detection, meshes, crops, embeddings; into the store."""
    from fsvfx.training.steps import build_collection

    receipt = build_collection(_job(manifest), "made_up")
    return {"faces": receipt.qc["faces"], "store_mib": round(receipt.bytes / 2**20, 1)}


def files(manifest: Path) -> dict[str, Any]:
    """The mapped files."""
    from fsvfx.facesets.lookup import crowd_of, receipts_of
    from fsvfx.training.steps import resolution_of

    job = _job(manifest)
    crowd = crowd_of(job, receipts_of(job), resolution_of(job))
    size = sum(file.stat().st_size for file in (Path(job.folder) / "crowd").iterdir())
    return {"people": len(crowd.people), "px": crowd.size, "mib": round(size / 2**20, 1)}


def train(manifest: Path) -> dict[str, Any]:
    """From the start."""
    from fsvfx.training.events import Progress
    from fsvfx.training.run import run

    job, at = _job(manifest), []
    for name in ("checkpoints", "curves.jsonl"):
        path = Path(job.folder) / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    run(job, {}, report=lambda event: at.append(process_time()) if isinstance(event, Progress) else None)
    return {"seconds_per_iteration": round((at[-1] - at[WARM]) / (len(at) - 1 - WARM), 3)}


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {"faceset": build, "files": files, "training": train}


def _apart(step: Callable[[Path], dict[str, Any]], manifest: Path) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (step, manifest))


def _measured(step: Callable[[Path], dict[str, Any]], manifest: Path) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    before = process_time()
    told = step(manifest)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    mapped = int(status["RssFile"].split()[0]) / 1024
    return {
        **told,
        "processor_seconds": round(process_time() - before, 1),
        "peak_mib": round(getrusage(RUSAGE_SELF).ru_maxrss / 1024),
        "of_it_mapped_mib": round(mapped),
    }


if __name__ == "__main__":
    main()
