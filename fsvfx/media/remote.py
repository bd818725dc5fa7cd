"""Plates and deliverables on S3, through boto3; credentials from the environment or a profile, never a manifest."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from blake3 import blake3

from fsvfx.disk import cache, drafted
from fsvfx.errors import PlateError, StoreError, Where
from fsvfx.spelling import is_glob, one_of
from schemas.templates import suffix

P = ParamSpec("P")
T = TypeVar("T")
_PATIENCE = 45.0
"""Seconds of retries while a server is unavailable. botocore's own retries are not enough: they use a quota that an
outage exhausts."""
_PAUSE = 1.0


def _patient(act: Callable[P, T]) -> Callable[P, T]:
    """Retry while the server is unavailable, for at most ``_PATIENCE`` seconds."""

    @wraps(act)
    def patiently(*args: P.args, **kwargs: P.kwargs) -> T:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return act(*args, **kwargs)
            except StoreError as error:
                if not error.transient or time.monotonic() > until:
                    raise
            time.sleep(_PAUSE)

    return patiently


def is_remote(url: str) -> bool:
    return url.startswith("s3://")


def session() -> Any:
    """Credentials by boto3's own chain: environment, profile, instance role. Raises StoreError."""
    from fsvfx.media import s3_client

    return s3_client.session()


@_patient
def local_copy(url: str, etag: str | None = None) -> Path:
    """The object as a local file, downloaded once per content (ETag); a local path is returned unchanged.

    ``etag``: as returned by ``listing``, which saves a request. PlateError: no such object. StoreError: credentials
    refused, or server unreachable (then transient).
    """
    if not is_remote(url):
        return Path(url)
    bucket, key = _split(url)
    with _told(url):
        tag = etag or _client().head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
        kept = _place(url, tag)
        if not kept.exists():
            with drafted(kept) as draft:
                _get(bucket, key, draft)
                _check_unchanged(url, tag)
    return kept


@_patient
def listing(prefix: str) -> dict[str, str]:
    """ETag by URL of every object whose URL starts with ``prefix``. Raises StoreError."""
    bucket, key = _split(prefix)
    found: dict[str, str] = {}
    with _told(prefix):
        for page in _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            found |= {f"s3://{bucket}/{item['Key']}": item["ETag"].strip('"') for item in page.get("Contents", ())}
    return found


def spelled(url: str) -> str:
    """``url`` in the bucket's own spelling (a local path is unchanged): a missing part is replaced by an existing one
    that differs only in the composition of accents. Raises StoreError."""
    if not is_remote(url) or url.isascii() or exists(url):
        return url
    bucket, key = _split(url)
    found = f"s3://{bucket}/"
    *folders, name = key.split("/")
    for part in folders:
        found += one_of(f"{part}/", _parts_below(found, part)) or f"{part}/"
    return found + (one_of(name, _parts_below(found, name)) or name)


def fixed_part(pattern: str) -> tuple[str, str]:
    """The folders of a glob (``s3://bucket/a/``) up to the first part with ``* ? [`` that does not exist literally, and
    the rest. Raises StoreError."""
    bucket, key = _split(spelled(pattern))
    found = f"s3://{bucket}/"
    parts = key.split("/")
    while len(parts) > 1 and (not is_glob(parts[0]) or f"{parts[0]}/" in _parts_below(found, parts[0])):
        found += f"{parts.pop(0)}/"
    return found, "/".join(parts)


def ascii_part(name: str) -> str:
    """The beginning of ``name``, up to the first letter with more than one spelling."""
    end = next((at for at, letter in enumerate(name) if not letter.isascii()), None)
    return name if end is None else name[: max(end - 1, 0)]


@_patient
def _parts_below(folder: str, like: str) -> list[str]:
    """Names directly below ``folder`` (ends in /) that begin like ``like``; folders end in /."""
    bucket, key = _split(folder)
    names: list[str] = []
    with _told(folder):
        pages = _client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=key + ascii_part(like), Delimiter="/"):
            names += [item["Prefix"].removeprefix(key) for item in page.get("CommonPrefixes", ())]
            names += [item["Key"].removeprefix(key) for item in page.get("Contents", ())]
    return names


@_patient
def create(path: Path, url: str) -> bool:
    """Upload a file if the object does not exist yet; False if it does. Raises StoreError."""
    bucket, key = _split(url)
    if exists(url):
        return False
    with _told(url, writes=True):
        return _put_new(path, bucket, key)


def _put_new(path: Path, bucket: str, key: str) -> bool:
    from fsvfx.media import s3_client

    try:
        _put(_client(creates=True), path, bucket, key)
    except s3_client.FAILED as error:
        code = s3_client.code_of(error)
        if code in s3_client.TAKEN:
            return False
        if code not in s3_client.NO_CONDITIONS:
            raise
        _put(_client(), path, bucket, key)
    return True


@_patient
def upload(path: Path, url: str) -> None:
    """Upload a file, in parts if it is large; the server checks each part's CRC32. Raises StoreError."""
    bucket, key = _split(url)
    with _told(url, writes=True):
        _put(_client(), path, bucket, key)


@_patient
def exists(url: str) -> bool:
    """Whether a file or object exists. Raises StoreError if S3 does not answer."""
    if not is_remote(url):
        return Path(url).exists()
    bucket, key = _split(url)
    try:
        with _told(url):
            _client().head_object(Bucket=bucket, Key=key)
    except PlateError:
        return False
    return True


@_patient
def remove(url: str) -> None:
    """Delete a file or object; it may already be missing."""
    if not is_remote(url):
        Path(url).unlink(missing_ok=True)
        return
    bucket, key = _split(url)
    with _told(url, writes=True):
        _client().delete_object(Bucket=bucket, Key=key)


def check_bucket(bucket: str) -> None:
    """Request a single name from it, without retries for an unavailable server.

    Raises StoreError: no such bucket, unknown credentials, no answer. Credentials that may read and write but not list
    are accepted: what they allow shows later.
    """
    from fsvfx.media import s3_client

    with _told(f"s3://{bucket}", writes=True):
        try:
            _client().list_objects_v2(Bucket=bucket, MaxKeys=1)
        except s3_client.FAILED as error:
            if s3_client.code_of(error) != "AccessDenied":
                raise


def _check_unchanged(url: str, tag: str) -> None:
    """The download must match the ETag."""
    bucket, key = _split(url)
    if _client().head_object(Bucket=bucket, Key=key)["ETag"].strip('"') != tag:
        raise StoreError(
            "the object changed while it was read", hint="Run it again", where=Where(file=url), transient=True
        )


def _get(bucket: str, key: str, to: Path) -> None:
    from fsvfx.media import s3_client

    _client().download_file(bucket, key, str(to), Config=s3_client.PARTS)


def _put(client: Any, path: Path, bucket: str, key: str) -> None:
    from fsvfx.media import s3_client

    client.upload_file(str(path), bucket, key, ExtraArgs={"ChecksumAlgorithm": "CRC32"}, Config=s3_client.PARTS)


def _place(url: str, etag: str) -> Path:
    """Keeps the name's extension, which determines the reader; keys may be longer than file names."""
    folder = blake3(f"{url}|{etag}".encode()).hexdigest()[:24]
    return cache("remote", folder[:2], folder, f"object{suffix(url)[:16]}")


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _client(*, creates: bool = False) -> Any:
    from fsvfx.media import s3_client  # boto3 is slow to import

    return s3_client.client(creates=creates)


def _told(url: str, *, writes: bool = False) -> AbstractContextManager[None]:
    from fsvfx.media import s3_client

    return s3_client.told(url, writes=writes)
