"""Training batches against a plain loop over pictures: ``python benchmarks/training_data.py``.

Batches of 8 + 8 pictures, rotated, scaled, shifted, mirrored, and the inputs warped by cells: by ``Sampler.make``, and
by a loop that does the same to each picture with OpenCV (warpAffine for colors and mattes, a warped map and remap for
the input; parameters by numpy), in turn, each on one core. Then a small ``df`` model learns from a ``Sampler``: the
share of its time spent waiting for data. The pictures are noise. Writes benchmarks/results/training_data.json.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.machine import save
from fsvfx.comp.matte import hull
from fsvfx.engines.autoencoder.df_model import DfModel
from fsvfx.engines.autoencoder.settings import DfSettings
from fsvfx.faces import topology
from fsvfx.facesets import Faceset
from fsvfx.training.data import Sampler
from schemas.augmentation import Augmentation

F32 = NDArray[np.float32]
BATCH, FACES, ROUNDS, ITERATIONS = 8, 64, 15, 10
SETTINGS = Augmentation()


def main() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    told: dict[str, Any] = {"batch": f"{BATCH} + {BATCH}", "threads": 1}
    for resolution in (96, 128):
        told[f"{resolution} px"] = _measured(resolution)
    print(save("training_data", told).read_text())


def _measured(resolution: int) -> dict[str, Any]:
    people = {name: faceset_of(name, round(resolution * SETTINGS.scale)) for name in ("lead", "double")}
    with Sampler(people, resolution, BATCH, SETTINGS, "cpu", seed=0) as sampler:
        pools = [np.ascontiguousarray(pool.planes.permute(0, 2, 3, 1).float()) for pool in sampler._pools.values()]
        random = np.random.default_rng(0)
        ways = {"sampler": sampler.make, "loop": lambda number: [_loop(pool, resolution, random) for pool in pools]}
        spent = _in_turn(ways)
        ratio = median(loop / ours for loop, ours in zip(spent["loop"], spent["sampler"], strict=True))
        figures = {f"{name}_ms": round(median(each) * 1e3, 1) for name, each in spent.items()}
        return figures | {"loop_over_sampler": round(ratio, 2), **_training(sampler, resolution)}


def _in_turn(ways: dict[str, Callable[[int], object]]) -> dict[str, list[float]]:
    """Processor seconds of each round; the first is excluded."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, way in ways.items():
            started = process_time()
            way(number)
            spent[name].append(process_time() - started)
    return {name: each[1:] for name, each in spent.items()}


def _training(sampler: Sampler, resolution: int) -> dict[str, Any]:
    """A df model of a quarter of the usual width on one core, the sampler on another."""
    model = DfModel(DfSettings(resolution=resolution, ae_dims=64, e_dims=16, d_dims=16), ("lead", "double"))
    optimiser = torch.optim.Adam(model.parameters(), 5e-5)
    next(sampler)
    waited, started = sampler.waited, perf_counter()
    for _ in range(ITERATIONS):
        batch = next(sampler)
        optimiser.zero_grad()
        torch.stack(list(model(batch).values())).sum().backward()
        optimiser.step()
    elapsed = perf_counter() - started
    return {
        "iterations_per_second": round(ITERATIONS / elapsed, 2),
        "waiting_percent": round(100 * (sampler.waited - waited) / elapsed, 2),
    }


def _loop(pool: F32, size: int, random: np.random.Generator) -> list[F32]:
    """One side's pictures (B, R, R, C), one after the other."""
    targets, inputs = [], []
    for row in random.integers(len(pool), size=BATCH):
        picture, matrix, flip = pool[row], _matrix(pool.shape[1], size, random), random.random() < SETTINGS.flip
        target = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x, y = _warp(pool.shape[1], random)
        seen = cv2.remap(picture[..., :3], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen = cv2.warpAffine(seen, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        targets.append(target[:, ::-1] if flip else target)
        inputs.append(seen[:, ::-1] if flip else seen)
    return [np.ascontiguousarray(np.stack(each).transpose(0, 3, 1, 2)) for each in (targets, inputs)]


def _matrix(given: int, size: int, random: np.random.Generator) -> NDArray[np.float64]:
    grown = random.uniform(1 / SETTINGS.scale, SETTINGS.scale) * size / given
    middle = (given - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), random.uniform(-1, 1) * SETTINGS.rotation, grown)
    matrix[:, 2] += (size - given) / 2 + random.uniform(-1, 1, 2) * SETTINGS.shift * size
    return np.asarray(matrix, np.float64)


def _warp(size: int, random: np.random.Generator) -> tuple[F32, F32]:
    """Maps of cells of size / 2, 4 or 8, like DeepFaceLab's."""
    cell = size // int(random.choice([2, 4, 8]))
    points = size // cell + 1
    steps = np.linspace(0, size, points, dtype=np.float32)
    maps = []
    for coarse in np.meshgrid(steps, steps):
        moved = coarse.copy()
        normal = random.normal(size=(points - 2, points - 2, 8))
        inside = np.take_along_axis(normal, np.argmax(np.abs(normal) <= 2.5, axis=2)[..., None], axis=2)[..., 0]
        moved[1:-1, 1:-1] += (inside / 2.5 * 0.24 * cell).astype(np.float32)
        whole = cv2.resize(moved, (size + cell, size + cell))
        half = cell // 2
        maps.append(np.ascontiguousarray(whole[half : half + size, half : half + size]))
    return maps[0], maps[1]


def faceset_of(person: str, size: int) -> Faceset:
    """Noise with a face mesh in it."""
    random = np.random.default_rng(len(person))
    flat = topology.CANONICAL * np.array([1.0, -1.0, -1.0])
    low, high = flat.min(axis=0), flat.max(axis=0)
    mesh = (((flat - (low + high) / 2) / (high - low)[:2].max() * 0.7 + 0.5) * size).astype(np.float32)
    return Faceset(
        person=person,
        size=size,
        crops=random.random((FACES, size, size, 3)).astype(np.float16),
        mask=np.repeat(np.rint(hull(mesh, size) * 255).astype(np.uint8)[None], FACES, axis=0),
        landmarks=np.repeat(mesh[None], FACES, axis=0),
        pose=np.zeros((FACES, 3), np.float32),
        sharpness=np.ones(FACES, np.float32),
        names=("noise",),
        footage=np.zeros(FACES, np.int64),
        frame=np.arange(FACES),
        held_out=np.zeros(FACES, np.bool_),
        digest=person,
    )


if __name__ == "__main__":
    main()
