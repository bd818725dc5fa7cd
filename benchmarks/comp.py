"""The whole composite stage, as the runner calls it: frames per second, what each step takes, memory over a long chunk.

    python -m benchmarks.comp [--frames 12] [--long 240]

A made face, 400 px high in a 1080p plate and 900 px high in a 4K one, sRGB codes, one thread; seconds are
the processor's own, so that other work on the machine counts less. ``bound``: how many
frames per second the machine could copy whose bytes the stage must at least read and write (crop, matte, the plate's
region in; patch and matte out), at the memory bandwidth measured in the same run. Writes benchmarks/results/comp.json.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import statistics
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import machine
from fsvfx import colour
from fsvfx.arrays import LazyFrames, Result, Table
from fsvfx.stages.composite import CompositeStage
from fsvfx.stages.contract import Work
from schemas.composite import Composite
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Replace, Shot
from schemas.receipts import Unit

CASES = {"1080p": (1080, 1920, 400), "4k": (2160, 3840, 900)}
MODES = ("overlay", "seamless", "multi-band", "contrast-preserving")
STEPS = {
    "matte's shape": "shape",
    "crop to plate": "to_plate",
    "display to comp space": "decode",
    "plate to comp space": "plate_to_comp",
    "blend": "blend",
    "matte to plate": "matte_to_plate",
    "half, sealed": "sealed",
}
ROUNDS = 2
FIRST = 1001


@dataclass(frozen=True)
class Same:
    """Every frame is the same arrays: the store's own cost is not measured here."""

    numbers: tuple[int, ...]
    arrays: dict[str, NDArray[Any]]

    def frame(self, name: str, number: int) -> NDArray[Any]:
        return self.arrays[name]

    def frames(self, name: str) -> NDArray[Any]:
        return np.broadcast_to(self.arrays[name], (len(self.numbers), *self.arrays[name].shape))

    def table(self, name: str) -> Table:
        raise KeyError(name)

    def has(self, name: str) -> bool:
        return name in self.arrays


def main() -> None:
    asked = _arguments()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    bandwidth = _bandwidth()
    figures: dict[str, Any] = {"threads": 1, "copied_gb_per_second": round(bandwidth / 1e9, 2), "cases": {}}
    for name, case in CASES.items():
        figures["cases"][name] = _case(case, asked.frames, bandwidth)
        print(name, figures["cases"][name], flush=True)
    figures["memory"] = _memory(asked.frames, asked.long)
    print(machine.save("comp", figures).read_text())


def _case(case: tuple[int, int, int], frames: int, bandwidth: float) -> dict[str, Any]:
    found: dict[str, Any] = {"plate": [*case[:2]], "face_height": case[2], "modes": {}}
    spent: dict[str, list[float]] = {mode: [] for mode in MODES}
    for turn in range(ROUNDS + 1):
        for mode in MODES:  # in turn: noise affects all equally
            seconds, size = _timed(case, frames, mode)
            if turn:
                spent[mode].append(seconds)
    least = size[0] * size[1] * (3 + 6 + 2) + _crop_size(case[2]) ** 2 * (6 + 2)
    found |= {"region": size, "least_bytes_per_frame": least, "bound_frames_per_second": round(bandwidth / least)}
    for mode, times in spent.items():
        rate = frames / statistics.median(times)
        found["modes"][mode] = {"frames_per_second": round(rate, 2), "shares": _shares(case, frames, mode)}
    return found


def _timed(case: tuple[int, int, int], frames: int, mode: str) -> tuple[float, list[int]]:
    work = _work(case, frames, mode)
    started = process_time()
    result = CompositeStage().run(work)
    _consumed(result)
    seconds = process_time() - started
    region: Any = result.qc["r0"]
    return seconds, region["region"]


def _shares(case: tuple[int, int, int], frames: int, mode: str) -> dict[str, float]:
    """Shares of the stage's time, by step."""
    profile = cProfile.Profile()
    work = _work(case, frames, mode)
    profile.runcall(lambda: _consumed(CompositeStage().run(work)))
    stats: Any = pstats.Stats(profile)
    taken = {
        step: sum(row[3] for (file, _, name), row in stats.stats.items() if name == function and "fsvfx" in file)
        for step, function in STEPS.items()
    }
    return {step: round(seconds / stats.total_tt, 3) for step, seconds in taken.items()}


def _memory(short: int, long: int) -> dict[str, Any]:
    """Peak resident MiB of a fresh process that composites one chunk, for chunks of two lengths."""
    found = {}
    for frames in (short, long):
        with get_context("spawn").Pool(1) as pool:
            found[str(frames)] = pool.apply(_peak, (frames,))
    return {"peak_mib_of_a_fresh_process": found, "mode": "seamless", "plate": "1080p"}


def _peak(frames: int) -> int:
    torch.set_num_threads(1)
    _consumed(CompositeStage().run(_work(CASES["1080p"], frames, "seamless")))
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _consumed(result: Result) -> None:
    for array in result.frames.values():
        if isinstance(array, LazyFrames):
            for _ in array.frames:
                pass


def _work(case: tuple[int, int, int], frames: int, mode: str) -> Work:
    height, width, face = case
    size = _crop_size(face)
    scale = 0.7 * size / face
    middle = np.array([width / 2, height / 2])
    linear = scale * np.array([[0.998, -0.06], [0.06, 0.998]])
    matrix = np.column_stack([linear, np.full(2, (size - 1) / 2) - linear @ middle])
    matte = np.zeros((size, size), np.float32)
    cv2.ellipse(matte, (size // 2, size // 2), (int(0.25 * size), int(0.35 * size)), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    random = np.random.default_rng(0)
    numbers = tuple(range(FIRST, FIRST + frames))
    job = _job(numbers, mode)
    unit = Unit.of_chunk(job.shot.chunks[0])
    given = {
        "ingest": {"frames": _picture(random, height, width, np.uint8)},
        "align": {
            "r0/present": np.True_,
            "r0/start": np.False_,
            "r0/matrix": matrix,
            "r0/crops": _picture(random, size, size, np.float16),
        },
        "swap": {"r0/crops": _picture(random, size, size, np.float16), "r0/matte": matte.astype(np.float16)},
    }
    inputs = {stage: Same(numbers, {k: np.asarray(v) for k, v in arrays.items()}) for stage, arrays in given.items()}
    stage = CompositeStage()
    return Work(unit, numbers, stage.settings(job, unit), inputs)


def _picture(random: np.random.Generator, height: int, width: int, dtype: type) -> NDArray[Any]:
    smooth = cv2.resize(random.random((9, 16, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(0.2 + 0.5 * smooth + 0.01 * random.standard_normal(smooth.shape), 0, 1)
    return (picture * 255).astype(dtype) if dtype is np.uint8 else picture.astype(dtype)


def _crop_size(face: int) -> int:
    """As chosen by `track`."""
    return int(np.clip(np.ceil(face / 0.7 / 64) * 64, 128, 1024))


def _job(numbers: tuple[int, ...], mode: str) -> ShotJob:
    plate = Plate(path="/plate.mp4", first_frame=FIRST, frames=FrameRange(numbers), color_space="sRGB")
    shot = Shot(
        name="bench",
        plate=plate,
        replace=(Replace(performer="p", identity="i", engine="landmark_warp"),),
        composite=Composite(mode=mode, occlusion="none"),
        chunk_size=240,
    )
    config = colour.DEFAULT_CONFIG.name
    return ShotJob(
        production="b", shot=shot, people={}, deliver=(), store="memory://b", colour_config=config, manifest="/b.yaml"
    )


def _bandwidth() -> float:
    """Bytes read and written per second by a plain copy larger than any cache."""
    source = np.ones(64 * 2**20, np.float32)
    target = np.empty_like(source)
    times = []
    for _ in range(5):
        started = perf_counter()
        np.copyto(target, source)
        times.append(perf_counter() - started)
    return 2 * source.nbytes / min(times)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--long", type=int, default=240)
    return parser.parse_args()


if __name__ == "__main__":
    main()
