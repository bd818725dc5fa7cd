"""Plates and deliverables on S3, through boto3; credentials from the environment or a profile, never a manifest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import boto3
from blake3 import blake3
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, ProfileNotFound
from botocore.exceptions import ConnectionError as BotoConnectionError

from fsvfx.disk import cache, drafted
from fsvfx.errors import FsvfxError, PlateError, StoreError, Where
from fsvfx.settings import machine
from fsvfx.spelling import is_glob, one_of
from schemas.templates import suffix

P = ParamSpec("P")
T = TypeVar("T")
_PATIENCE = 45.0
"""Seconds that a server may be away. botocore's own retries don't last: they draw on a quota that an outage empties."""
_PAUSE = 1.0
_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 2},
    connect_timeout=5,
    read_timeout=60,
)
_PARTS = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=4)
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_NO_CONDITIONS = {"501", "NotImplemented"}
"""How servers say that they know no put-if-absent."""
_REFUSED = {"403", "401", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


def _patient(act: Callable[P, T]) -> Callable[P, T]:
    """Try again while the server is away, for ``_PATIENCE`` seconds at most."""

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


def session() -> boto3.Session:
    """Credentials by boto3's own chain: environment, profile, instance role."""
    try:
        return boto3.Session()
    except ProfileNotFound as error:
        raise StoreError(str(error), hint="Set AWS_PROFILE to a profile that exists") from None


@_patient
def local_copy(url: str, etag: str | None = None) -> Path:
    """The object as a local file, downloaded once per content (ETag); a local path is returned unchanged.

    ``etag``: as ``listing`` gave it, which saves asking again.
    PlateError: no such object. StoreError: keys refused, or server out of reach (then transient).
    """
    if not is_remote(url):
        return Path(url)
    bucket, key = _split(url)
    with _told(url):
        tag = etag or _client().head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
        kept = _place(url, tag)
        if not kept.exists():
            with drafted(kept) as draft:
                _client().download_file(bucket, key, str(draft), Config=_PARTS)
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
    """``url`` as the bucket spells it (a local path stays): a part that is not there, where one is that differs only in
    how its accents are composed, is that one. Raises StoreError."""
    if not is_remote(url) or url.isascii() or exists(url):
        return url
    bucket, key = _split(url)
    found = f"s3://{bucket}/"
    *folders, name = key.split("/")
    for part in folders:
        found += one_of(f"{part}/", _parts_below(found, part)) or f"{part}/"
    return found + (one_of(name, _parts_below(found, name)) or name)


def fixed_part(pattern: str) -> tuple[str, str]:
    """The folders of a glob (``s3://bucket/a/``) up to the first part with ``* ? [`` that is not there as it is
    written, and the rest. Raises StoreError."""
    bucket, key = _split(spelled(pattern))
    found = f"s3://{bucket}/"
    parts = key.split("/")
    while len(parts) > 1 and (not is_glob(parts[0]) or f"{parts[0]}/" in _parts_below(found, parts[0])):
        found += f"{parts.pop(0)}/"
    return found, "/".join(parts)


def ascii_part(name: str) -> str:
    """How ``name`` begins, up to the first letter that may be spelled in two ways."""
    end = next((at for at, letter in enumerate(name) if not letter.isascii()), None)
    return name if end is None else name[: max(end - 1, 0)]


@_patient
def _parts_below(folder: str, like: str) -> list[str]:
    """Names right below ``folder`` (ends in /) that begin as ``like`` does; folders end in /."""
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
    """Put a file where there is no object yet; False if there is one. Raises StoreError."""
    bucket, key = _split(url)
    if exists(url):
        return False
    with _told(url, writes=True):
        try:
            _put(_client(creates=True), path, bucket, key)
        except (ClientError, S3UploadFailedError) as error:
            code = _code_of(error)
            if code in _TAKEN:
                return False
            if code not in _NO_CONDITIONS:
                raise
            _put(_client(), path, bucket, key)
    return True


@_patient
def upload(path: Path, url: str) -> None:
    """Put a file, in parts where it is large; the server checks each part's CRC32. Raises StoreError."""
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
    """Delete a file or object; one that is absent already is fine."""
    if not is_remote(url):
        Path(url).unlink(missing_ok=True)
        return
    bucket, key = _split(url)
    with _told(url, writes=True):
        _client().delete_object(Bucket=bucket, Key=key)


def check_bucket(bucket: str) -> None:
    """Ask for one name in it, without waiting for a server that is away.

    Raises StoreError: no such bucket, keys that the server does not know, no answer. Keys that may read and write but
    not list pass: what they may do shows later.
    """
    with _told(f"s3://{bucket}", writes=True):
        try:
            _client().list_objects_v2(Bucket=bucket, MaxKeys=1)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "AccessDenied":
                raise


def _check_unchanged(url: str, tag: str) -> None:
    """What was downloaded is what the ETag stood for."""
    bucket, key = _split(url)
    if _client().head_object(Bucket=bucket, Key=key)["ETag"].strip('"') != tag:
        raise StoreError(
            "the object changed while it was read", hint="Run it again", where=Where(file=url), transient=True
        )


def _put(client: Any, path: Path, bucket: str, key: str) -> None:
    client.upload_file(str(path), bucket, key, ExtraArgs={"ChecksumAlgorithm": "CRC32"}, Config=_PARTS)


def _code_of(error: ClientError | S3UploadFailedError) -> str:
    cause = error if isinstance(error, ClientError) else error.__context__
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""


def _client(*, creates: bool = False) -> Any:
    """One per process and settings: connections do not survive a fork, nor keys a change of the environment.

    ``creates``: its puts fail where there is an object already, in one step of the server's.
    """
    settings = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))
    endpoint = machine().s3_endpoint or os.environ.get("AWS_ENDPOINT_URL") or None
    return _client_of(os.getpid(), endpoint, settings, creates)


def _if_none_match(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "IfNoneMatch": "*"}


@lru_cache(maxsize=4)
def _client_of(process: int, endpoint: str | None, settings: tuple[tuple[str, str], ...], creates: bool) -> Any:
    style = {"addressing_style": "path" if endpoint else "auto"}
    client = session().client("s3", endpoint_url=endpoint, config=_CONFIG.merge(Config(s3=style)))
    for call in ("PutObject", "CompleteMultipartUpload") if creates else ():
        client.meta.events.register(f"provide-client-params.s3.{call}", _if_none_match)
    return client


def _place(url: str, etag: str) -> Path:
    """Keeps the name's ending, which says how to read it; keys may be longer than names of files."""
    folder = blake3(f"{url}|{etag}".encode()).hexdigest()[:24]
    return cache("remote", folder[:2], folder, f"object{suffix(url)[:16]}")


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


@contextmanager
def _told(url: str, *, writes: bool = False) -> Iterator[None]:
    """boto3's errors as ours."""
    try:
        yield
    except ClientError as error:
        raise _refusal(url, error, writes=writes) from None
    except S3UploadFailedError as error:
        cause = error.__context__
        if isinstance(cause, ClientError):
            raise _refusal(url, cause, writes=writes) from None
        raise _away(url, error) from None
    except NoCredentialsError:
        hint = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        raise StoreError("there are no S3 credentials", hint=hint, where=Where(file=url)) from None
    except (HTTPClientError, BotoConnectionError) as error:
        raise _away(url, error) from None
    except BotoCoreError as error:
        raise StoreError(f"S3 failed: {error}", hint="Check the AWS_* settings", where=Where(file=url)) from None


def _away(url: str, error: Exception) -> StoreError:
    return StoreError(
        f"the S3 server can't be reached: {error}",
        hint="Check the network, FSVFX_S3_ENDPOINT and AWS_ENDPOINT_URL, and run it again",
        where=Where(file=url),
        transient=True,
    )


def _refusal(url: str, error: ClientError, *, writes: bool) -> FsvfxError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    where = Where(file=url)
    if code in _ABSENT and not writes:
        return PlateError("the object does not exist", hint="Check the bucket and the path", where=where)
    if code in _ABSENT:
        return StoreError("the bucket does not exist", hint="Create the bucket, or correct the path", where=where)
    if code in _REFUSED or status in (401, 403):
        hint = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the profile) and their permissions"
        return StoreError(f"the S3 server refuses the keys ({code})", hint=hint, where=where)
    transient = status >= 500 or code in ("SlowDown", "RequestTimeout", "PreconditionFailed", "412")
    what = f"the S3 server answered {code} ({status})"
    return StoreError(what, hint="Run it again", where=where, transient=transient)
