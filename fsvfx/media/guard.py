"""One guard around every decoder and parser of foreign files: whatever comes out of one is an error of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fsvfx.errors import FsvfxError
from fsvfx.media.memory import is_of_memory
from fsvfx.media.plate import Place

COPY = "Copy it again from its source"


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
        hint = "Make the picture smaller, or read it on a machine with more memory"
        raise place.error(f"{what}: it asks for more memory than there is", hint, numbers) from None
