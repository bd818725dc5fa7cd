"""The parts of the run, and their time limits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from xml.etree import ElementTree

import numpy as np
import torch

from benchmarks.gpu.card import flops_of, matmul_flops, share_of_peak
from benchmarks.gpu.trainings import TRAININGS, trained
from benchmarks.gpu.way import Way
from benchmarks.poisson import scene
from fsvfx.comp.poisson import seamless
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import ClosedModel, Model

__all__ = ["LIMIT", "PARTS", "SECONDS", "Way", "measured"]

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 530.0
"""Seconds for all parts together."""
_ROUNDS = 5
ENGINES: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "df-ud 128": ("df", {"variant": "ud"}, {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8}),
    "liae-ud 128": ("liae", {}, {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8}),
    "comb 128": ("comb", {"resolution": 128}, {"resolution": 32, "first": 8, "width": 0.05}),
    "simswap 224": ("simswap", {"resolution": 224}, {"resolution": 64, "width": 4, "halvings": 2, "blocks": 2}),
    "faceshifter 256": ("faceshifter", {}, {"resolution": 64, "encoder_width": 4, "generator_width": 64}),
}
"""The subjects of the inference part: engine, architecture, and the small one."""
_SMALL = ("df-ud 128", "simswap 224")


def measured(name: str, way: Way) -> dict[str, Any]:
    """That part's figures."""
    if way.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch finds no GPU here")
    return PARTS[name](way)


def tests(way: Way) -> dict[str, Any]:
    """The tests that need a GPU. Raises SystemExit if one fails, or if one is skipped although there is a GPU."""
    files = [str(one) for one in sorted((ROOT / "tests").rglob("test_*.py")) if "mark.gpu" in one.read_text()]
    report = way.folder / "tests.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", f"--junitxml={report}", *files]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stdout[-4000:])
    suite = ElementTree.parse(report).getroot()[0]
    told = {name: int(suite.attrib[name]) for name in ("tests", "skipped")}
    report.unlink()
    if way.device == "cuda" and told["skipped"]:
        raise SystemExit(f"{told['skipped']} of {told['tests']} tests were left out")
    return told


def solver(way: Way) -> dict[str, Any]:
    """Milliseconds on the device and on the CPU, and the largest difference as a share of the pictures' range."""
    told: dict[str, Any] = {}
    for size in (96,) if way.small else (512, 1024, 2048):
        swap, plate, mask = scene(size)
        ways = {device: partial(seamless, swap, plate, mask > 0, device=device) for device in ("cpu", way.device)}
        made = {device: do() for device, do in ways.items()}
        apart = float(np.abs(made["cpu"] - made[way.device]).max())
        spent = {f"{device}_ms": round(1e3 * _median_of(do, way), 2) for device, do in ways.items()}
        told[f"{size} px"] = spent | {"difference": float(f"{apart:.2g}")}
    return told


def inference(way: Way) -> dict[str, Any]:
    """Faces a second with random weights, one by one and in batches, in float32, and the share of the card's peak."""
    told: dict[str, Any] = {}
    for name in _SMALL if way.small else ENGINES:
        engine, architecture, small = ENGINES[name]
        model = built(learned(engine), small if way.small else architecture, ("lead", "double"))
        model = model.eval().requires_grad_(False).to(way.device)
        told[name] = _speeds(model, way, (1, 2) if way.small else (1, 16, 64))
        del model
    return told


@torch.inference_mode()
def _speeds(model: Model[Any], way: Way, batches: tuple[int, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for batch in batches:
        pictures = torch.rand(batch, 3, model.resolution, model.resolution, device=way.device)
        once = partial(_predict, model, pictures)
        flops = flops_of(once)
        seconds = _median_of(once, way)
        told[f"batch {batch}"] = {
            "faces_per_second": round(batch / seconds, 1),
            **share_of_peak(flops / seconds, "off"),
        }
    return told


def _predict(model: Model[Any], pictures: torch.Tensor) -> None:
    if isinstance(model, OpenModel):
        model.swap(pictures, model.centre.expand(len(pictures), -1))
    else:
        assert isinstance(model, ClosedModel)
        model.predict(pictures, "lead")


def card(way: Way) -> dict[str, Any]:
    """The speed of a large product of matrices."""
    return {
        name: round(matmul_flops(way.device, name, 256 if way.small else 8192) / 1e12, 4) for name in ("off", "bf16")
    }


def _median_of(do: Callable[[], object], way: Way) -> float:
    """Wall clock seconds until the device is done. It has run before, so no warm-up is needed."""
    spent = []
    for _ in range(1 if way.small else _ROUNDS):
        started = perf_counter()
        do()
        if way.device == "cuda":
            torch.cuda.synchronize()
        spent.append(perf_counter() - started)
    return median(spent)


PARTS: Mapping[str, Callable[[Way], dict[str, Any]]] = {
    "card": card,
    "tests": tests,
    "solver": solver,
    "inference": inference,
    **{each.name: partial(trained, each) for each in TRAININGS},
}
SECONDS: Mapping[str, float] = {
    "card": 25,
    "tests": 60,
    "solver": 35,
    "inference": 60,
    **{each.name: each.seconds + each.around for each in TRAININGS},
}
"""Including the start of the process; they add up to less than ``LIMIT``."""
