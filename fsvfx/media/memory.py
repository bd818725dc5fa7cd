"""How libraries say that there is too little memory. Imports nothing heavy: the process of ``probing`` needs it too."""

from __future__ import annotations

import errno

_SAID = ("insufficient memory", "bad_alloc", "bad alloc", "allocate", "out of memory")


def is_of_memory(error: Exception) -> bool:
    """Whether a library says, in its way, that there is too little memory."""
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or any(words in str(error).lower() for words in _SAID)
    )
