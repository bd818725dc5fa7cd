"""The process that tries a user's network: only it runs the network, within limits set by the parent, and it may crash
by itself.

The folder has ``network.yaml``, ``given.npz`` (crop, mesh, source, source_mesh, each a face) and ``ways.json``: changes
to the card, one run each. It writes ``made.npz`` (RUN_target, RUN_made, RUN_matrix, RUN_raw, of masks RUN_matte) and
``told.json``: the input of each run, or why it failed.
"""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.errors import FsvfxError
from fsvfx.networks.pictures import cut_faces, decoded, given_to
from fsvfx.networks.running import opened
from fsvfx.packages import network_of
from schemas.network import CARDS, NetworkCard, SwapperCard, UpscalerCard
from schemas.network_identity import PictureSource

F32 = np.ndarray[Any, np.dtype[np.float32]]


def main(place: str) -> None:
    folder = Path(place)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no core dumps on disk
    given = dict(np.load(folder / "given.npz"))
    card = network_of(folder)
    made: dict[str, F32] = {}
    told: dict[str, Any] = {}
    for name, change in json.loads((folder / "ways.json").read_text()).items():
        try:
            changed = _changed(card, change)
            began = time.perf_counter()
            arrays, said = run(folder, changed, given)
            told[name] = {"seconds": time.perf_counter() - began, **said}
            made |= {f"{name}_{each}": value for each, value in arrays.items()}
        except FsvfxError as error:
            told[name] = {"what": error.what, "hint": error.hint}
            if name == "as_said":
                break
    np.savez(folder / "made.npz", **made)  # type: ignore[arg-type]
    (folder / "told.json").write_text(json.dumps(told))


def run(folder: Path, card: NetworkCard, given: dict[str, F32]) -> tuple[dict[str, F32], dict[str, Any]]:
    """One face through the network, according to the card, without clipping to [0, 1]."""
    if isinstance(card, UpscalerCard):
        return _enlarged(folder, card, given["crop"])
    crop, mesh = given["crop"][None], given["mesh"][None]
    faces = cut_faces(crop, mesh, card.target.cut, card.target.size)
    more, said = _source(folder, card, given)
    network = opened(folder, card, provider="cpu", more=dict.fromkeys(more))
    raw, *masks = network.raw(faces.pictures, more)
    arrays = {"target": faces.pictures[0], "made": _picture(card, raw), "matrix": faces.matrices[0], "raw": raw[0]}
    if masks:
        arrays["matte"] = np.squeeze(masks[0][0])
    return arrays, said


def _picture(card: NetworkCard, raw: F32) -> F32:
    """The first picture in the network's output, not clipped."""
    return np.asarray(decoded(card.target, raw, denorm=card.output.denorm)[0], np.float32)


def _source(folder: Path, card: NetworkCard, given: dict[str, F32]) -> tuple[dict[str, F32], dict[str, Any]]:
    """The identity, by the input's name; a made-up vector if the network that computes it is not installed."""
    if not isinstance(card, SwapperCard):
        return {}, {}
    crop, mesh = given["source"][None], given["source_mesh"][None]
    said = card.identity
    if isinstance(said, PictureSource):
        return {said.input: given_to(said, cut_faces(crop, mesh, said.cut, said.size).pictures)}, {}
    from fsvfx.networks.session import session
    from fsvfx.networks.vectors import Vectors

    way = Vectors(folder, card.file, said, "cpu")
    try:
        return {said.input: way.of(crop, mesh)}, {}
    except FsvfxError as error:
        if said.converter is not None or said.net.file is not None:
            raise
        shape = session(folder, card.file, provider="cpu").inputs[said.input].shape
        vector = np.random.default_rng(0).standard_normal((1, shape[-1] or 512)).astype(np.float32)
        return {said.input: vector / np.linalg.norm(vector)}, {"made_up": error.what}


def _enlarged(folder: Path, card: UpscalerCard, crop: F32) -> tuple[dict[str, F32], dict[str, Any]]:
    import cv2

    from fsvfx.networks.session import session

    side = (card.target.size, card.target.size)
    picture = np.asarray(cv2.resize(crop, side, interpolation=cv2.INTER_AREA), np.float32)
    held = session(folder, card.file, provider="cpu")
    [raw] = held.run({card.target.input: given_to(card.target, picture[None])}, [card.output.name])
    made = _picture(card, raw)
    if made.shape[0] != card.output.size:
        from fsvfx.errors import InputError

        what = f"it makes pictures of {made.shape[0]} px of {card.target.size}, and the card says {card.output.size}"
        raise InputError(what, hint="Correct --say times=...")
    return {"target": picture, "made": made, "matrix": np.eye(2, 3), "raw": raw[0]}, {}


def _changed(card: NetworkCard, change: dict[str, Any]) -> NetworkCard:
    """The card with other values, by their dotted paths."""
    said = card.model_dump(mode="json")
    for place, value in change.items():
        *way, last = place.split(".")
        here = said
        for part in way:
            here = here[part]
        here[last] = value
    return CARDS[card.kind].model_validate(said)
