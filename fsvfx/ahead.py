"""Items made in a thread, a few ahead of whoever uses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_MOST = 2


def ahead(items: Iterable[T]) -> Iterator[T]:
    """``items``, none of them None, in order, at most `_MOST` ahead. What making one raises is raised in its place, and
    none is made after it."""
    source = iter(items)
    pool = ThreadPoolExecutor(1, thread_name_prefix="fsvfx-ahead")
    try:
        waiting = deque(pool.submit(next, source, None) for _ in range(_MOST))
        while (item := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, source, None))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
