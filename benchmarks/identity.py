"""How well identity networks tell people apart, and their mean vectors: on a folder of people with pictures each.

    python -m benchmarks.identity ../shared/faces/people [--means]

People with two pictures or more make the pairs; people with one, all made up, make the means that fsvfx keeps, which
``--means`` writes to fsvfx/identity/means.npz. Writes benchmarks/results/identity.json.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from fsvfx.faces.embedding import cut
from fsvfx.faces.search import FaceFinder
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.faceres import Faceres
from fsvfx.identity.registry import REGISTERED, network

MEANS = Path(__file__).resolve().parents[1] / "fsvfx/identity/means.npz"
_AT_ONCE = 16
F32 = NDArray[np.float32]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("people", type=Path)
    asked.add_argument("--means", action="store_true")
    given = asked.parse_args()
    people, pictures, meshes = _faces(given.people)
    alone = np.array([people.count(person) == 1 for person in people])
    if given.means:
        np.savez_compressed(
            MEANS, **{name: _numbers(_plain(name), pictures, meshes)[alone].mean(0) for name in REGISTERED.names()}
        )
    found = {}
    for name in REGISTERED.names():
        began = time.process_time()
        vectors = _numbers(network(name), pictures, meshes)
        spent = round(1000 * (time.process_time() - began) / len(pictures), 1)
        found[name] = _told_apart(vectors[~alone], np.array(people)[~alone]) | {"ms": spent}
        print(name, found[name], flush=True)
    told = {"people": len(set(people)), "pictures": len(people), "networks": found}
    print(machine.save("identity", told))


def _faces(folder: Path) -> tuple[list[str], list[NDArray[np.uint8]], list[F32]]:
    """Each picture in which a face is found: the person's name, the picture, the mesh."""
    finder = FaceFinder(perturb=1)
    found = [(name, rgb, faces.landmarks[0]) for name, rgb in _pictures(folder) if len(faces := finder.find(rgb))]
    names, pictures, meshes = map(list, zip(*found, strict=True))
    return names, pictures, meshes


def _pictures(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    for file in sorted(folder.glob("*/*.jpg")):
        picture = cv2.imread(str(file))
        assert picture is not None, file
        yield file.parent.name, np.ascontiguousarray(picture[..., ::-1], np.uint8)


def _plain(name: str) -> IdentityNetwork:
    """The network, giving its own numbers."""
    judge = network(name)
    if isinstance(judge, Faceres):
        judge = type(judge)()
        judge.embed = judge.pooled  # type: ignore[method-assign]
    return judge


def _numbers(judge: IdentityNetwork, pictures: list[NDArray[np.uint8]], meshes: list[F32]) -> F32:
    found = []
    for start in range(0, len(pictures), _AT_ONCE):
        pairs = zip(pictures[start : start + _AT_ONCE], meshes[start : start + _AT_ONCE], strict=True)
        found.append(judge.vectors(np.stack([cut(rgb, mesh, judge.chip) for rgb, mesh in pairs])))
    return np.concatenate(found)


def _told_apart(vectors: F32, people: NDArray[np.str_]) -> dict[str, Any]:
    """Distances of one person's pictures and of two people's, and the threshold that tells them apart best."""
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    one, other = np.triu_indices(len(people), 1)
    same = people[one] == people[other]
    near, far = apart[one, other][same], apart[one, other][~same]
    thresholds = np.linspace(0.2, 1.6, 141)
    right = [((near < each).mean() + (far >= each).mean()) / 2 for each in thresholds]
    best = int(np.argmax(right))
    return {
        "same": [round(float(np.percentile(near, share)), 3) for share in (50, 95)],
        "different": [round(float(np.percentile(far, share)), 3) for share in (50, 5)],
        "threshold": round(float(thresholds[best]), 2),
        "balanced_accuracy": round(float(right[best]), 4),
    }


if __name__ == "__main__":
    main()
