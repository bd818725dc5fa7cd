"""Batches of training pictures: faces drawn by pose, varied on the device, made ahead in a thread."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from queue import Empty, Full, Queue
from typing import Generic, Self, TypeVar

import numpy as np
import torch
from pydantic import JsonValue
from torch import Generator, Tensor

from fsvfx.engines.trainable import Batch, Side
from fsvfx.errors import InputError
from fsvfx.facesets.faceset import Faceset, weights
from fsvfx.training.data import colour
from fsvfx.training.data.geometry import affines, displacements, places, sample, warped
from fsvfx.training.data.pool import Pool, pool_of, side_of
from schemas.augmentation import Augmentation

DEPTH = 3
"""Batches made ahead."""
T = TypeVar("T")
_PATIENCE = 0.1
"""Seconds between looks at whether to stop."""


class Sampler(Iterator[Batch]):
    """Endless batches: ``batch`` pictures (R, R) of each person, in the order of ``facesets``.

    Every batch follows from seed and number alone: after ``restore`` the same ones come as without a break, and on
    every device. Held-out faces are not even loaded. ``random_warp``: else the model sees its target.
    """

    def __init__(
        self,
        facesets: Mapping[str, Faceset],
        resolution: int,
        batch: int,
        settings: Augmentation,
        device: str,
        seed: int,
        *,
        random_warp: bool = True,
    ) -> None:
        """Raises InputError if a person has no face to train on; StoreError."""
        self.resolution, self.batch, self.settings, self.device, self.seed = resolution, batch, settings, device, seed
        self.random_warp = random_warp
        self._digests = {person: faceset.digest for person, faceset in facesets.items()}
        self._weights = {person: _weights(faceset, settings) for person, faceset in facesets.items()}
        self._pools = {person: self._pool(faceset) for person, faceset in facesets.items()}
        self._done = 0
        self._prefetch: Prefetch[Batch] | None = None

    @property
    def waited(self) -> float:
        """Seconds that batches have been waited for since the start or the last ``restore``."""
        return self._prefetch.waited if self._prefetch else 0.0

    def __next__(self) -> Batch:
        if self._prefetch is None:
            self._prefetch = Prefetch(self.make, self._done, DEPTH)
        made = self._prefetch.next()
        self._done += 1
        return made

    def state(self) -> dict[str, JsonValue]:
        """What a checkpoint keeps of it; JSON."""
        return {"done": self._done, "seed": self.seed, "facesets": dict(self._digests)}

    def restore(self, state: Mapping[str, JsonValue]) -> None:
        """Go on after the batches that were taken when ``state`` was. Raises InputError for other facesets."""
        if state["facesets"] != self._digests:
            raise InputError(
                "The facesets are not those that this training began with",
                hint="Train in another folder, or restore the footage and faceset settings that it began with",
            )
        self.close()
        self._done, self.seed = int(str(state["done"])), int(str(state["seed"]))

    def close(self) -> None:
        """Stop making batches; ``next`` starts it again."""
        if self._prefetch is not None:
            self._prefetch.close()
            self._prefetch = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @torch.no_grad()
    def make(self, number: int) -> Batch:
        """The batch of that number."""
        sides = {person: self._side(person, number) for person in self._pools}
        if self.settings.color_transfer == "none" or len(sides) < 2:
            return sides
        people = list(sides)
        recoloured = people[:1] if len(people) == 2 else people
        after = {person: people[(place + 1) % len(people)] for place, person in enumerate(people)}
        return sides | {person: _with_colours_of(sides[person], sides[after[person]]) for person in recoloured}

    def _side(self, person: str, number: int) -> Side:
        generator = Generator().manual_seed(seed_of(self.seed, number, person))
        rows = torch.multinomial(self._weights[person], self.batch, replacement=True, generator=generator)
        pictures = self._pools[person].take(rows, self.device)
        at = places(affines(self.settings, self.batch, generator).to(self.device), self.resolution)
        side = side_of(sample(pictures, at), self._input(pictures, at, generator))
        jitter = colour.jitters(self.settings, self.batch, generator)
        return side if jitter is None else _changed(side, jitter.to(self.device))

    def _input(self, pictures: Tensor, at: Tensor, generator: Generator) -> Tensor | None:
        if not self.random_warp:
            return None
        moved = displacements(self.settings.warp, self.batch, generator).to(self.device)
        return sample(pictures[:, :3], warped(at, moved))

    def _pool(self, faceset: Faceset) -> Pool:
        """As fine as the closest view of it needs, and no finer: pixels are not to be skipped."""
        size = min(faceset.size, math.ceil(self.resolution * self.settings.scale))
        return pool_of(faceset, np.flatnonzero(~faceset.held_out), size)


def _weights(faceset: Faceset, settings: Augmentation) -> Tensor:
    """Of the faces that are not held out."""
    if faceset.held_out.all():
        raise InputError(
            f"'{faceset.person}' has no faces to train on: all {len(faceset)} are held out",
            hint="Give more footage, or a smaller faceset.held_out",
        )
    every = weights(faceset.pose, faceset.held_out, balanced=settings.balance_poses)
    return torch.from_numpy(every[~faceset.held_out])


def seed_of(seed: int, number: int, person: str) -> int:
    """A batch's own, for a person or another part of it."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{number}/{person}".encode(), digest_size=7).digest())


def _with_colours_of(side: Side, other: Side) -> Side:
    return _changed(side, *colour.transfers(side.target, side.mask, other.target, other.mask))


def _changed(side: Side, matrix: Tensor, shift: Tensor | None = None) -> Side:
    """Input and target alike."""
    target = colour.changed(side.target, matrix, shift)
    seen = target if side.warped is side.target else colour.changed(side.warped, matrix, shift)
    return replace(side, warped=seen, target=target)


class Prefetch(Generic[T]):
    """``make(number)`` for number = first, first + 1, ..., up to ``depth`` of them before they are asked for."""

    def __init__(self, make: Callable[[int], T], first: int, depth: int) -> None:
        self._ready: Queue[T | BaseException] = Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=_work, args=(make, first, self._ready, self._stop), name="training data", daemon=True
        )
        self._thread.start()
        self.waited = 0.0
        """Seconds that ``next`` has spent waiting."""

    def next(self) -> T:
        """What comes next. Raises what ``make`` raised."""
        started = time.perf_counter()
        got = self._ready.get()
        self.waited += time.perf_counter() - started
        if isinstance(got, BaseException):
            raise got
        return got

    def close(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        self._thread.join()
        while True:
            try:
                self._ready.get_nowait()
            except Empty:
                return


def _work(make: Callable[[int], T], number: int, ready: Queue[T | BaseException], stop: threading.Event) -> None:
    while not stop.is_set():
        made: T | BaseException
        try:
            made = make(number)
        except BaseException as error:
            made = error
        while not stop.is_set():
            try:
                ready.put(made, timeout=_PATIENCE)
                break
            except Full:
                continue
        if isinstance(made, BaseException):
            return
        number += 1
