"""boto3's client as used by ``media.remote``, and its errors converted to ours. Separate, as importing boto3 is
slow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, ProfileNotFound
from botocore.exceptions import ConnectionError as BotoConnectionError

from fsvfx.errors import FsvfxError, PlateError, StoreError, Where
from fsvfx.settings import machine

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 2},
    connect_timeout=5,
    read_timeout=60,
)
PARTS = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=4)
FAILED = (ClientError, S3UploadFailedError)
TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
NO_CONDITIONS = {"501", "NotImplemented"}
"""How servers report that they don't support put-if-absent."""
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_REFUSED = {"403", "401", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


def session() -> boto3.Session:
    """Credentials by boto3's own chain: environment, profile, instance role."""
    try:
        return boto3.Session()
    except ProfileNotFound as error:
        raise StoreError(str(error), hint="Set AWS_PROFILE to a profile that exists") from None


def code_of(error: ClientError | S3UploadFailedError) -> str:
    cause = error if isinstance(error, ClientError) else error.__context__
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""


def client(*, creates: bool = False) -> Any:
    """One per process and settings: connections do not survive a fork, and credentials may change with the environment.

    ``creates``: its puts fail if the object exists, atomically on the server.
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


@contextmanager
def told(url: str, *, writes: bool = False) -> Iterator[None]:
    """Converts boto3's errors to ours."""
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
