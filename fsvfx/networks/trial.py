"""Tries a network on a face before it is added: its output, on a sheet, and probable errors in its card.

It runs in a process of its own (``trial_child``) with limits. Besides the card's settings, alternatives are run: if one
of them reproduces the face clearly better, the card is probably wrong there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import InputError, Where
from fsvfx.faces.geometry import apply, crop_matrix, inverse, move_points, sample
from fsvfx.faces.geometry import crop as aligned
from fsvfx.networks.cuts import TEMPLATES
from fsvfx.packages import NETWORK, network_yaml
from fsvfx.settings import machine
from schemas.network import NetworkCard, UpscalerCard

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SECONDS = 300.0
SIZE: Final = 512
"""Side of the trial crop, px."""
_COMPARED = 192
"""Side at which the crop is compared with the output."""
_CLEARLY = 0.6
"""An alternative is better if its error is below this share of the card's."""
_SLOPE, _LIFT = 0.25, 0.12
"""How far contrast and black level may be from the picture's own: swaps have different skin."""
_LEAST = 0.02
"""And the error has to be smaller by at least this, of [0, 1]."""
_MORE_LIKE = 0.08
"""Or the correlation higher by this."""
_BYTES, _SIGNED = ({"range": given, "output_range": "same"} for given in ("0..255", "-1..1"))
_START = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2); "
    "sys.path[:] = sys.argv[3:]; "
    "from fsvfx.networks.trial_child import main; main(sys.argv[1])"
)
_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class TrialFace:
    """crop: (S, S, 3) RGB in [0, 1], aligned; mesh: (468, 3) px of it."""

    crop: F32
    mesh: F32

    @classmethod
    def of(cls, rgb: U8, mesh: NDArray[np.floating], size: int = SIZE) -> TrialFace:
        """The face with a mesh (468, 3) px in rgb (H, W, 3)."""
        matrix = crop_matrix(mesh, size)
        picture = np.asarray(aligned(rgb.astype(np.float32) / 255, matrix, size), np.float32)
        return cls(np.clip(picture, 0, 1), move_points(matrix, mesh))


@dataclass(frozen=True)
class Finding:
    """what: one sentence; options: the suggested alternatives, by their names on the command line."""

    what: str
    options: dict[str, str]


@dataclass(frozen=True)
class Trial:
    """made_up: why the identity vector is not a real one; empty if it is. sheet: (H, W, 3)."""

    findings: tuple[Finding, ...]
    seconds: float
    made_up: str
    sheet: U8


def tried(card: NetworkCard, target: TrialFace, source: TrialFace | None = None) -> Trial:
    """Run a card whose files have absolute paths on a face; source: the identity's face, by default the same.

    Raises InputError if the network can't be run, crashes, or takes too long or too much memory.
    """
    source = source or target
    ways = dict(_ways(card))
    told, made = _asked(card, target, source, ways)
    said = told["as_said"]
    if "what" in said:
        raise InputError(f"The network can't be run as its card says: {said['what']}", hint=said["hint"])
    runs = {name: _Run.of(made, name) for name in ways if f"{name}_made" in made}
    return Trial(
        tuple(findings_of(card, runs, target)),
        said["seconds"],
        said.get("made_up", ""),
        _sheet(runs["as_said"], source),
    )


@dataclass(frozen=True)
class _Run:
    """target: the input, (N, N, 3); made: the output, scaled to [0, 1] but not clipped; raw: its numbers."""

    target: F32
    made: F32
    raw: F32
    matrix: NDArray[np.float64]
    matte: F32 | None

    @classmethod
    def of(cls, made: Mapping[str, F32], name: str) -> _Run:
        target, picture, raw = (made[f"{name}_{part}"] for part in ("target", "made", "raw"))
        return cls(target, picture, raw, np.asarray(made[f"{name}_matrix"], np.float64), made.get(f"{name}_matte"))


def findings_of(card: NetworkCard, runs: Mapping[str, _Run], target: TrialFace) -> Iterator[Finding]:
    """Evidence against the card from the alternatives, and from flipped pictures. None where they make no
    difference."""
    run = runs["as_said"]
    if not np.isfinite(run.raw).all():
        yield Finding("its output contains NaN or infinity: it may be damaged, or fp16 that overflows", {})
        return
    if float(run.made.std()) < 1e-3:
        yield Finding("its output is one flat color: the range is wrong, or it is damaged", {})
        return
    out_of_range = list(_range(card, run))
    yield from out_of_range
    yield from _turned(run)
    yield from _swapped(card, run, runs)
    if not out_of_range:
        yield from _other_range(runs)
    if not isinstance(card, UpscalerCard):
        yield from _other_cut(runs, target)


def _range(card: NetworkCard, run: _Run) -> Iterator[Finding]:
    """Numbers that are impossible in a picture, or that use only half of the range."""
    low, high = (float(each) for each in np.percentile(run.made, (2, 98)))
    raw = tuple(float(each) for each in np.percentile(run.raw, (2, 98)))
    seen = float(np.percentile(run.target, 2))
    told = f"its values range from {raw[0]:.2f} to {raw[1]:.2f}"
    if high > 4:
        yield Finding(f"{told}: those are bytes, 0 to 255", _BYTES)
    elif low < -0.15:
        yield Finding(f"{told}, which leaves [0, 1]: it gives pictures in -1 to 1", _SIGNED)
    elif card.output.denorm and low > 0.42 and seen < 0.3 and raw[0] > -0.05:
        yield Finding(
            f"{told}, so nothing would be darker than {low:.2f}: it gives pictures in 0 to 1", {"output_range": "0..1"}
        )
    elif high > 1.3:
        yield Finding(f"{told}, which leaves [0, 1]", {})


def _turned(run: _Run) -> Iterator[Finding]:
    """Upside down, mirrored, or transposed."""
    wanted, got = _small(run.target), _small(run.made)
    straight = _alike(wanted, got)
    ways = {
        "its output is upside down": got[::-1],
        "its output is mirrored": got[:, ::-1],
        "its output has rows and columns swapped": got.transpose(1, 0, 2),
    }
    found = {what: _alike(wanted, each) for what, each in ways.items()}
    best = max(found, key=lambda what: found[what])
    if found[best] > straight + 2 * _MORE_LIKE and found[best] > 0.5:
        yield Finding(f"{best}: export it again, with pictures as ONNX files have them, the top row first", {})


def _swapped(card: NetworkCard, run: _Run, runs: Mapping[str, _Run]) -> Iterator[Finding]:
    """Red and blue: in its output, or in its input."""
    own = _error(run.target, run.made)
    other = "bgr" if card.target.channels == "rgb" else "rgb"
    if _is_better(own, _error(run.target, run.made[..., ::-1])):
        yield Finding("red and blue are swapped in its output", {"channels": other})
    elif "channels" in runs and _is_better(own, _error(runs["channels"].target, runs["channels"].made)):
        yield Finding(f"it keeps colors better given {other}", {"channels": other})


def _other_range(runs: Mapping[str, _Run]) -> Iterator[Finding]:
    """A wrong range makes a picture half as bright, or lifts it; the right one restores its own light."""
    if _keeps_light(runs["as_said"]):
        return
    right = [name for name, run in runs.items() if name.startswith("range ") and _keeps_light(run)]
    best = min(right, key=lambda name: _error(runs[name].target, runs[name].made), default="")
    if best and _is_better(
        _error(runs["as_said"].target, runs["as_said"].made), _error(runs[best].target, runs[best].made)
    ):
        _, given, out = best.split()
        yield Finding(f"it keeps the picture better given {given}", {"range": given, "output_range": out})


def _keeps_light(run: _Run) -> bool:
    """The output as a linear function of the input: close to the line through 0 and 1."""
    given, made = _small(run.target).ravel(), _small(np.clip(run.made, -4, 4)).ravel()
    slope, lift = np.polyfit(given, made, 1)
    return bool(abs(slope - 1) < _SLOPE and abs(lift) < _LIFT)


def _other_cut(runs: Mapping[str, _Run], target: TrialFace) -> Iterator[Finding]:
    small, side = _smaller(target), target.crop.shape[0]
    some = {name: run for name, run in runs.items() if name == "as_said" or name.startswith("cut ")}
    alike = {name: _alike_in_crop(_from_smaller(run, side), small) for name, run in some.items()}
    best = max(alike, key=lambda name: alike[name])
    if best != "as_said" and alike[best] > alike["as_said"] + _MORE_LIKE:
        cut = best.partition(" ")[2]
        yield Finding(f"the face is reproduced better with the cut {cut}", {"cut": cut})


def _ways(card: NetworkCard) -> Iterator[tuple[str, dict[str, Any]]]:
    """The alternatives, by their names here."""
    yield "as_said", {}
    yield "channels", {"target.channels": "bgr" if card.target.channels == "rgb" else "rgb"}
    for given, mean, std in (("0..1", 0.0, 1.0), ("-1..1", 0.5, 0.5)):
        for out, denorm in (("same", True), ("0..1", False)):
            if given == "0..1" and denorm:
                continue
            change = {"target.mean": [mean] * 3, "target.std": [std] * 3, "output.denorm": denorm}
            if (card.target.mean, card.target.std, card.output.denorm) != ((mean,) * 3, (std,) * 3, denorm):
                yield f"range {given} {out}", change
    if isinstance(card, UpscalerCard):
        return
    own = card.target.cut
    for name in TEMPLATES if own.template else ():
        if name != own.template:
            yield f"cut {name}", {"target.cut": {"template": name}}
    for name in ("half", "mid", "full", "whole_face", "head") if own.dfl else ():
        if name != own.dfl:
            yield f"cut {name}", {"target.cut": {"dfl": name}}


def _asked(
    card: NetworkCard, target: TrialFace, source: TrialFace, ways: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, F32]]:
    """The child's report for each alternative, and its arrays."""
    with tempfile.TemporaryDirectory(prefix="fsvfx-trial-") as name:
        folder = Path(name)
        (folder / NETWORK).write_bytes(network_yaml(card))
        (folder / "ways.json").write_text(json.dumps(ways))
        np.savez(folder / "given.npz", crop=target.crop, mesh=target.mesh, source=source.crop, source_mesh=source.mesh)
        _run_child(folder, Path(card.file.path))
        told = json.loads((folder / "told.json").read_text())
        with np.load(folder / "made.npz") as held:
            return told, {each: held[each] for each in held.files}


def _run_child(folder: Path, file: Path) -> None:
    gib = machine().probe_gib
    command = [sys.executable, "-P", "-c", _START, str(folder), str(int(gib * 2**30)), *sys.path]
    at = Where(file=str(file))
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, env=os.environ | _FRUGAL, check=False
        )
    except subprocess.TimeoutExpired as error:
        what = f"{file.name} took longer than {SECONDS:.0f} s on one face"
        raise InputError(
            what, hint="Check where it comes from; a network of that size needs a GPU", where=at
        ) from error
    if done.returncode == 0:
        return
    last = (done.stderr.strip().splitlines() or ["no message"])[-1][:300]
    if "MemoryError" in done.stderr or "bad_alloc" in done.stderr or "allocate" in done.stderr:
        what = f"{file.name} needs more memory than {gib:g} GiB"
        raise InputError(what, hint="If the machine has more, set FSVFX_PROBE_GIB higher", where=at)
    how = f"signal {-done.returncode}" if done.returncode < 0 else last
    raise InputError(
        f"{file.name} crashed the process that tried it ({how})",
        hint="Don't use it: get it again, or another export",
        where=at,
    )


def _small(picture: F32) -> F32:
    """A quarter of 128 px a side is enough detail, and hides most of what a swap changes."""
    return np.asarray(
        cv2.GaussianBlur(cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA), (0, 0), 1.5), np.float32
    )


def _error(target: F32, made: F32) -> float:
    """Rms of the coarse part."""
    return float(np.sqrt(np.mean(np.square(_small(target) - _small(np.clip(made, -1, 2))))))


def _is_better(own: float, other: float) -> bool:
    return other < _CLEARLY * own and own - other > _LEAST


def _alike(one: F32, other: F32, where: NDArray[np.bool_] | None = None) -> float:
    """Correlation of the light, from -1 to 1."""
    first, second = (each.mean(axis=2)[... if where is None else where].ravel() for each in (one, other))
    first, second = first - first.mean(), second - second.mean()
    return float((first * second).sum() / max(float(np.sqrt((first**2).sum() * (second**2).sum())), 1e-9))


def _alike_in_crop(run: _Run, target: TrialFace) -> float:
    """Within the face, as far as the network sees it. target: at the size to which ``run.matrix`` refers."""
    side = target.crop.shape[0]
    back = np.asarray(sample(run.made, inverse(run.matrix), side, cubic=True, mirror=True), np.float32)
    corners = apply(inverse(run.matrix), np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]) * (run.made.shape[0] - 1))
    seen = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(seen, np.rint(corners).astype(np.int32), 1)
    first, second = (np.asarray(cv2.GaussianBlur(each, (0, 0), 2), np.float32) for each in (target.crop, back))
    return _alike(first, second, _face(target) & (seen > 0))


def _smaller(target: TrialFace) -> TrialFace:
    """The face at ``_COMPARED`` px a side."""
    times = _COMPARED / target.crop.shape[0]
    crop = cv2.resize(target.crop, (_COMPARED, _COMPARED), interpolation=cv2.INTER_AREA)
    return TrialFace(np.asarray(crop, np.float32), np.asarray((target.mesh + 0.5) * times - 0.5, np.float32))


def _from_smaller(run: _Run, side: int) -> _Run:
    """With its matrix, and the output at another size than the input, from crops of ``_COMPARED`` px."""
    times, larger = side / _COMPARED, run.made.shape[0] / run.target.shape[0]
    matrix = run.matrix.copy()
    matrix[:, 2] += matrix[:, :2].sum(axis=1) * (times - 1) / 2
    matrix[:, :2] *= times
    matrix *= larger
    matrix[:, 2] += (larger - 1) / 2
    return replace(run, matrix=matrix)


def _face(target: TrialFace) -> NDArray[np.bool_]:
    """Within the mesh's outline, slightly shrunk."""
    side = target.crop.shape[0]
    hull = cv2.convexHull(np.rint(target.mesh[:, :2]).astype(np.int32))
    inside = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(inside, hull, 1)
    return np.asarray(cv2.erode(inside, np.ones((side // 20, side // 20), np.uint8)), bool)


def _sheet(run: _Run, source: TrialFace) -> U8:
    """The identity, the network's input, its output, its matte: side by side, 256 px each."""
    pictures = [source.crop, run.target, np.clip(np.nan_to_num(run.made), 0, 1)]
    if run.matte is not None:
        pictures.append(np.repeat(np.clip(run.matte, 0, 1)[..., None], 3, axis=2))
    tiles = [cv2.resize(np.asarray(each, np.float32), (256, 256), interpolation=cv2.INTER_AREA) for each in pictures]
    return np.asarray(np.clip(np.concatenate(tiles, axis=1) * 255 + 0.5, 0, 255), np.uint8)
