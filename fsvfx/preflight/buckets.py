"""The S3 buckets that shots name: each asked once, without waiting for a server that is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fsvfx.errors import FsvfxError, StoreError
from fsvfx.media import remote


@dataclass
class Buckets:
    """Answers are kept for one preflight."""

    _asked: dict[str, FsvfxError | None] = field(default_factory=dict)

    def trouble(self, url: str) -> FsvfxError | None:
        """Why the bucket of ``url`` can't be used; None if it can, or if ``url`` is a file."""
        if not remote.is_remote(url):
            return None
        bucket = bucket_of(url)
        if bucket not in self._asked:
            self._asked[bucket] = _ask(bucket)
        return self._asked[bucket]

    def usable(self, url: str) -> bool:
        return self.trouble(url) is None


def bucket_of(url: str) -> str:
    return url.removeprefix("s3://").partition("/")[0]


def _ask(bucket: str) -> FsvfxError | None:
    try:
        remote.check_bucket(bucket)
    except StoreError as error:
        return error
    return None


def named(urls: Iterator[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Of each bucket the first field that names it, and how; ``urls``: field, path."""
    found: dict[str, tuple[str, str]] = {}
    for place, url in urls:
        if remote.is_remote(url):
            found.setdefault(bucket_of(url), (place, url))
    return found
