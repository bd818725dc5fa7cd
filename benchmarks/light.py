"""Trains the network used by ``style_transfer``'s light loss, on rendered heads under many lights.

    FSVFX_ICT_MODEL=.../ict_facekit_light.npz python -m benchmarks.light

In each moment (a pose and an expression, as in Extended Yale B, which Korshunova et al. 2017 used) four actors are
rendered under the same four lights. Pictures with the same light are pulled together, those with different lights are
pushed apart up to a margin of 1 (Hadsell et al. 2006). Writes fsvfx/engines/style/light.npz, and
benchmarks/results/light.json: how well distances separate pairs with the same light from pairs with different ones, for
held-out actors and lights, beside blurred luminance.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks import machine
from fsvfx.actors import Light, Moment, Rendered, actor, perform, render
from fsvfx.actors.clips import shown
from fsvfx.engines.style.light import SIDE, LightNet
from fsvfx.faces.geometry import FILL, sample, similarity
from fsvfx.faces.topology import CANONICAL

FILE = Path(__file__).resolve().parents[1] / "fsvfx/engines/style/light.npz"
ACTORS, LIGHTS = 4, 4
"""Per moment."""
TRAINED, HELD_OUT = 32, 8
"""Number of moments."""
STEPS, MOMENTS, RATE, MARGIN = 800, 4, 2e-3, 1.0
_IBUG, _MESH = (36, 39, 42, 45, 33, 48, 54), (33, 133, 362, 263, 2, 61, 291)
"""The same points of the face in both orders: corners of the eyes, base of the nose, corners of the mouth."""

F32 = NDArray[np.float32]


def main() -> None:
    began = time.process_time()
    trained = pictures([f"light{n}" for n in range(16)], TRAINED, seed=1)
    unseen = pictures([f"unseen{n}" for n in range(8)], HELD_OUT, seed=2)
    rendered = time.process_time() - began
    network = learned(trained)
    np.savez_compressed(
        FILE, **{name: value.numpy().astype(np.float16) for name, value in network.state_dict().items()}
    )
    with torch.no_grad():
        told = {"network": auc(network(unseen.flatten(0, 2)).unflatten(0, unseen.shape[:3]))}
    told["luminance"] = auc(coarse(unseen))
    spent = time.process_time() - began
    seconds = {"rendering": round(rendered, 1), "training": round(spent - rendered, 1)}
    print(told, seconds)
    print(machine.save("light", {"pictures": TRAINED * ACTORS * LIGHTS, "auc": told, "seconds": seconds}))


def pictures(names: list[str], moments: int, seed: int) -> Tensor:
    """(moments, ACTORS, LIGHTS, 3, SIDE, SIDE): some of the actors, under each moment's own lights."""
    random = np.random.default_rng(seed)
    lit, cast = [], []
    for moment in perform(moments * 24, seed=seed)[::24]:
        lit.append([_lit(moment, random) for _ in range(LIGHTS)])
        cast.append([str(name) for name in random.choice(names, ACTORS, replace=False)])
    found = np.empty((moments, ACTORS, LIGHTS, SIDE, SIDE, 3), np.float32)
    for name in names:  # one after the other: painting one takes as long as ten pictures
        for place in np.argwhere(np.array(cast) == name):
            found[tuple(place)] = [_cut(render(actor(name), each, 2 * SIDE, supersampling=1)) for each in lit[place[0]]]
    return torch.from_numpy(found).permute(0, 1, 2, 5, 3, 4).contiguous()


def _lit(moment: Moment, random: np.random.Generator) -> Moment:
    """The moment with a key light from anywhere in front of the head, and a varied amount of ambient light."""
    side, height = random.uniform(-1.4, 1.4), random.uniform(-0.4, 1.0)
    strength, about = random.uniform(0.3, 1.1), random.uniform(0.2, 1.4)
    key = Light((float(np.sin(side)), height, float(np.cos(side))), (strength, strength, strength))
    above, below = ((about * np.array(each)).tolist() for each in moment.ambient)
    ground = tuple(tuple(random.uniform(0, 0.4, 3).tolist()) for _ in range(2))
    return replace(moment, lights=(key,), ambient=(tuple(above), tuple(below)), background=ground)


def _cut(made: Rendered) -> F32:
    """The face as cut by ``align``, located by landmarks that both meshes have."""
    flat = CANONICAL[:, :2] * np.array([1.0, -1.0])
    low, high = flat.min(axis=0), flat.max(axis=0)
    there = ((flat - (low + high) / 2) / (high - low).max() * FILL + 0.5)[list(_MESH)] * SIDE - 0.5
    scale, rotation, shift = similarity(made.landmarks[list(_IBUG), :2], there)
    return np.asarray(sample(shown(made.rgb), np.column_stack([scale * rotation, shift]), SIDE), np.float32)


def learned(seen: Tensor) -> LightNet:
    """Deterministic on one machine."""
    torch.manual_seed(0)
    network = LightNet()
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        batch = seen[torch.randperm(len(seen))[:MOMENTS]]
        batch = batch.flip(-1) if torch.rand(()) < 0.5 else batch
        codes = network(batch.flatten(0, 2)).view(*batch.shape[:3], -1)
        optimiser.zero_grad()
        contrast(codes).backward()
        optimiser.step()
        schedule.step()
    return network


def contrast(codes: Tensor) -> Tensor:
    """From codes (m, a, l, d), pairs within each moment; Hadsell et al. 2006, equation 4."""
    apart, same = _pairs(codes)
    return apart[same].square().mean() + (MARGIN - apart[~same]).clamp_min(0).square().mean()


def auc(codes: Tensor) -> float:
    """How well distances separate pairs with different lights from pairs with the same: 1 is perfect, .5 is chance."""
    apart, same = _pairs(codes)
    return round(float((apart[~same][:, None] > apart[same]).float().mean()), 3)


def coarse(seen: Tensor) -> Tensor:
    """The closed form: luminance of 8 x 8 px."""
    return interpolate(seen.flatten(0, 2).mean(1, keepdim=True), 8, mode="area").flatten(1).unflatten(0, seen.shape[:3])


def _pairs(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Distances of all pairs of different actors in a moment, and whether both have the same light."""
    moments, actors, lights, _ = codes.shape
    flat = codes.flatten(1, 2)
    apart = ((flat[:, :, None] - flat[:, None]).square().sum(-1) + 1e-8).sqrt()
    number = torch.arange(actors * lights)
    other = number[:, None] // lights < number // lights
    same = number[:, None] % lights == number % lights
    return apart[:, other], same[other].expand(moments, -1)


if __name__ == "__main__":
    main()
