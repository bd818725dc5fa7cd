"""How well identity networks tell people apart, and their mean vectors: on a folder of people with pictures each.

    python -m benchmarks.identity ../shared/faces/people [--means]

People with two pictures or more make the pairs; people with one, all made up, make the means that fsvfx keeps, which
``--means`` writes to fsvfx/identity/means.npz. Writes benchmarks/results/identity.json.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from fsvfx import models
from fsvfx.evaluation.told_apart import Portraits, told_apart, vectors_of
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.faceres import Faceres
from fsvfx.identity.registry import REGISTERED, network

MEANS = Path(__file__).resolve().parents[1] / "fsvfx/identity/means.npz"
T = TypeVar("T")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("people", type=Path)
    asked.add_argument("--means", action="store_true")
    given = asked.parse_args()
    here = [name for name in REGISTERED.names() if all(map(models.present, network(name).weights))]
    seen = Portraits.of(given.people)
    several = seen.with_several
    if given.means:
        alone = Portraits(*(_some(each, ~several) for each in (seen.names, seen.pictures)), seen.meshes[~several])
        means = {name: vectors_of(_plain(name), alone.pictures, alone.meshes).mean(0) for name in here}
        np.savez_compressed(MEANS, **means)
    found: dict[str, Any] = {}
    for name in here:
        began = time.process_time()
        vectors = vectors_of(network(name), seen.pictures, seen.meshes)
        spent = round(1000 * (time.process_time() - began) / len(seen.pictures), 1)
        same, different, threshold, right = told_apart(vectors[several], _some(seen.names, several))
        found[name] = {
            "same": [same.median, same.tail],
            "different": [different.median, different.tail],
            "threshold": threshold,
            "balanced_accuracy": right,
            "ms": spent,
        }
        print(name, found[name], flush=True)
    told = {"people": len(set(seen.names)), "pictures": len(seen.pictures), "networks": found}
    print(machine.save("identity", told))


def _some(each: tuple[T, ...], which: NDArray[np.bool_]) -> tuple[T, ...]:
    return tuple(one for one, wanted in zip(each, which, strict=True) if wanted)


def _plain(name: str) -> IdentityNetwork:
    """The network, returning its raw output."""
    judge = network(name)
    if isinstance(judge, Faceres):
        judge = type(judge)()
        judge.embed = judge.pooled  # type: ignore[method-assign]
    return judge


if __name__ == "__main__":
    main()
