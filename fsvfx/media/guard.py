"""One guard around every decoder and parser of foreign files: whatever comes out of one is an error of ours."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fsvfx.errors import FsvfxError, PlateError, Where
from fsvfx.media.plate import Place
from schemas.frames import FrameRange

COPY = "Copy it anew from its source"
_NO_MEMORY = ("insufficient memory", "bad_alloc", "bad alloc", "allocate", "out of memory")


class TooMuchMemoryError(PlateError):
    """Reading a file asked for more memory than there is."""


@contextmanager
def guarded(what: str, place: Place, numbers: Sequence[int] = ()) -> Iterator[None]:
    """PlateError ``what`` for anything that a decoder raises; an error of ours goes through as it is."""
    try:
        yield
    except FsvfxError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        if not is_of_memory(error):
            raise place.error(f"{what} ({said or type(error).__name__})", COPY, numbers) from error
        where = Where(shot=place.shot, frames=FrameRange(numbers) if numbers else None, file=place.file)
        mend = "Make the picture smaller; if the machine has more, set FSVFX_PROBE_GIB higher"
        raise TooMuchMemoryError(f"{what}: it asks for more memory than it may have", mend=mend, where=where) from None


def is_of_memory(error: Exception) -> bool:
    """Whether a library says, in its way, that there is too little memory."""
    said = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or any(words in said for words in _NO_MEMORY)
    )
