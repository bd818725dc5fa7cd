"""What engines have prepared for identities, kept for the next chunk: once per identity in a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from threading import RLock
from typing import NamedTuple, TypeVar, cast

from fsvfx.engines.contract import Engine, Identity

Prepared = TypeVar("Prepared")
MOST = 2
"""Identities held ready; 64 pictures at 256 px take 50 MiB."""


class _Name(NamedTuple):
    """Everything that ``prepare`` depends on."""

    engine: str
    version: int
    settings: str
    device: str
    head: str
    person: str
    digest: str
    size: int


class Preparations:
    """Up to ``most``; the least recently used goes first. Thread-safe."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._held: OrderedDict[_Name, object] = OrderedDict()
        self._lock = RLock()

    def of(
        self, engine: Engine[Prepared], person: str, digest: str, size: int, read: Callable[[], Identity]
    ) -> Prepared:
        """``engine.prepare`` of an identity, for crops of ``size`` px.

        digest: of the references, which are ``read`` only if it is not cached. Raises what either of them raises.
        """
        asked = None if engine.prepares_by is None else {*engine.prepares_by}
        settings = engine.settings.model_dump_json(include=asked)
        name = _Name(engine.name, engine.version, settings, engine.device, engine.context.head, person, digest, size)
        with self._lock:  # two threads make it once
            if name not in self._held:
                self._held[name] = engine.prepare(read(), size)
            self._held.move_to_end(name)
            while len(self._held) > self.most:
                self._held.popitem(last=False)
            return cast(Prepared, self._held[name])


@lru_cache(maxsize=1)
def preparations() -> Preparations:
    """Those of this process."""
    return Preparations()
