"""EXR delivery in frames per second of one core's time, with and without layers, beside OpenEXR's own share of it.

    python -m benchmarks.deliver            -> benchmarks/results/deliver.json

Grainy made-up plates; one face of a ninth of the height. Codec: building the same parts is left out, writing them to
the same disk is all that is timed. Core time, not the clock's: others may use the machine. What is not in it: reading
the store and plate to comp (benchmarks/road.py), waiting for the disk.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import save
from fsvfx.colour import PlateColour
from fsvfx.comp import Patch
from fsvfx.delivery.comps import Aligned, Comp, quantised
from fsvfx.delivery.layers import exr_parts, layer_names
from fsvfx.media.exr.writer import ExrWindows, write_exr
from fsvfx.media.stills.writer import StillFormat, write_still
from fsvfx.outputs import Named
from fsvfx.place import place
from schemas.deliver import DeliverExr
from schemas.manifest import Replace

SIZES = {"1080p": (1080, 1920), "4K": (2160, 4096)}
LAYERS: dict[str, dict[str, Any]] = {
    "rgb, joint matte": {"layers": []},
    "matte, swap": {},
    "matte, swap, multi-part": {"parts": "multi"},
    "matte, swap, stmap": {"layers": ["matte", "swap", "stmap"]},
    "matte, swap, PIZ": {"compression": "piz"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    given = parser.parse_args()
    rounds = given.rounds
    found: dict[str, Any] = {"rounds": rounds, "exr": {}, "stills": {}}
    with tempfile.TemporaryDirectory() as folder:
        for name, size in ((name, SIZES[name]) for name in given.sizes):
            comp = _comp(*size)
            found["exr"][name] = {kind: _exr(Path(folder), comp, wish, rounds) for kind, wish in LAYERS.items()}
            found["stills"][name] = _stills(Path(folder), comp, rounds)
    found["peak_rss_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(save("deliver", found).read_text())


def _comp(height: int, width: int) -> Comp:
    rng = np.random.default_rng(0)
    light = np.mgrid[:height, :width].sum(axis=0)[..., None] / (height + width)
    plate = (light * [1.0, 0.8, 0.6] + rng.normal(0, 0.01, (height, width, 3))).astype(np.float16)
    side = height // 3
    y, x = np.mgrid[:side, :side] / side - 0.5
    matte = np.clip((0.25 - y**2 - x**2) * 20, 0, 1).astype(np.float16)
    origin = ((height - side) // 2, (width - side) // 2)
    patch = plate[origin[0] : origin[0] + side, origin[1] : origin[1] + side] * np.float16(0.7)
    aligned = Aligned(np.array([[0.7, 0.1, -300.0], [-0.1, 0.7, -200.0]]), 512)
    return Comp(1001, plate, PlateColour("ACEScg"), (Patch(origin, patch, matte),), False, (aligned,))


def _exr(folder: Path, comp: Comp, wish: dict[str, Any], rounds: int) -> dict[str, float]:
    """In turn: a frame's whole way from comp to its final name, and OpenEXR's share of it alone."""
    names = layer_names([Replace(performer="double", identity="lead", engine="e")])
    wanted = DeliverExr(kind="exr", path="x", **wish)
    height, width = comp.base.shape[:2]
    windows = ExrWindows((0, 0, width - 1, height - 1), (0, 0, width - 1, height - 1))
    parts = exr_parts(wanted, comp, names, lambda rgb: rgb)
    write = partial(write_exr, parts=parts, attributes={}, windows=windows, compression=wanted.compression)

    def whole() -> None:
        fresh = Comp(comp.frame, comp.plate, comp.colour, comp.patches, False, comp.aligned)
        made = exr_parts(wanted, fresh, names, lambda rgb: rgb)
        draw = partial(write_exr, parts=made, attributes={}, windows=windows, compression=wanted.compression)
        place(str(folder / "x.exr"), draw, Named(replace=True))

    seconds, alone = _in_turn(rounds, whole, lambda: write(folder / "y.exr"))
    return {
        "core_fps": round(1 / seconds, 2),
        "codec_core_fps": round(1 / alone, 2),
        "share_of_codec": round(alone / seconds, 3),
        "mib": round((folder / "x.exr").stat().st_size / 2**20, 1),
    }


def _stills(folder: Path, comp: Comp, rounds: int) -> dict[str, float]:
    rates = {}
    for ending, bits in (("dpx", 10), ("png", 16), ("tif", 16)):
        codes = quantised(comp.base.astype(np.float32), bits)
        write = partial(write_still, folder / f"x.{ending}", codes, StillFormat(bits))
        (seconds,) = _in_turn(rounds, write)
        rates[f"{ending}_core_fps"] = round(1 / seconds, 2)
    return rates


def _in_turn(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The fastest of ``rounds`` for each, taken in turn."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            started = time.process_time()
            work()
            best[number] = min(best[number], time.process_time() - started)
    return best


if __name__ == "__main__":
    main()
