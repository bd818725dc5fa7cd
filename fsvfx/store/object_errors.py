"""Converts errors of object stores to StoreError: what happened, in plain words, and whether a retry may help."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from fsvfx.errors import StoreError, Where

_KEYS = re.compile(
    r"SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied|InvalidToken|ExpiredToken|Forbidden|\b40[13]\b"
)
_OS_ERROR = re.compile(r"os error (\d+)")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR}


@contextmanager
def told_plainly(root: str, where: Where | None = None) -> Iterator[None]:
    """Convert the object store's errors to StoreError; FileNotFoundError for an object passes unchanged."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise _no_bucket(root, where) from error
        raise
    except (BaseError, OSError) as error:
        raise store_error(error, root, where) from error


def store_error(error: Exception, root: str, where: Where | None = None) -> StoreError:
    """The StoreError for an error of ``obstore`` on the store at ``root``."""
    text = str(error)
    if "NoSuchBucket" in text:
        return _no_bucket(root, where)
    if root.startswith("s3://"):
        return _s3_error(error, text, root, where)
    return _local_error(error, text, root, where)


def _no_bucket(root: str, where: Where | None) -> StoreError:
    bucket = root.removeprefix("s3://").partition("/")[0]
    return StoreError(
        f"The bucket {bucket} does not exist", hint="Create it, or correct 'store' in the manifest", where=where
    )


def _s3_error(error: Exception, text: str, root: str, where: Where | None) -> StoreError:
    denied = isinstance(error, (PermissionDeniedError, UnauthenticatedError))
    if denied or _KEYS.search(text):
        return StoreError(
            f"The S3 server refuses these credentials for {root}",
            hint="Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE) and their rights to the bucket",
            where=where,
        )
    if isinstance(error, (InvalidPathError, NotSupportedError)):
        return StoreError(f"The store {root} can't do this: {_brief(text)}", hint="Use another store", where=where)
    return StoreError(
        f"The S3 server of {root} failed or can't be reached: {_brief(text)}",
        hint="Check the network, AWS_ENDPOINT_URL and the server, then run it again",
        where=where,
        transient=True,
    )


def _local_error(error: Exception, text: str, root: str, where: Where | None) -> StoreError:
    number = _number(error, text)
    if number in _FULL:
        return StoreError(f"No space left in the store {root}", hint="Free some space and run it again", where=where)
    if number in _CLOSED or isinstance(error, PermissionDeniedError):
        return StoreError(
            f"The store {root} can't be written or read: {os.strerror(number or errno.EACCES)}",
            hint="Fix the folder's permissions, or choose another with 'store' in the manifest or --store",
            where=where,
        )
    if number in _NO_FOLDER:
        return StoreError(
            f"The store {root} is not a folder",
            hint="Name a folder with 'store' in the manifest or --store",
            where=where,
        )
    return StoreError(
        f"The store {root} failed: {_brief(text)}",
        hint="Check the disk or share, then run it again",
        where=where,
        transient=number in (None, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN),
    )


def _number(error: Exception, text: str) -> int | None:
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = _OS_ERROR.search(text)
    return int(found.group(1)) if found else None


def _brief(text: str) -> str:
    """The first line: object stores print internals below it."""
    line = text.strip().splitlines()[0] if text.strip() else "no reason given"
    return line if len(line) <= 200 else line[:197] + "..."
