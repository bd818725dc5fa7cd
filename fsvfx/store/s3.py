"""S3 through obstore; credentials only from the environment or a profile, by boto3's rules."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import lru_cache

import boto3
from botocore.exceptions import BotoCoreError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

from fsvfx.errors import StoreError
from fsvfx.settings import machine

_REQUEST_SECONDS = 30
_RETRY_SECONDS = 60
"""Shorter outages of a server are waited for."""


def open_s3(root: str) -> S3Store:
    """The objects below ``root`` (``s3://bucket/prefix``). StoreError if there are no credentials at all."""
    return _open(root, machine().s3_endpoint or os.environ.get("AWS_ENDPOINT_URL"), _who())


def _who() -> tuple[str | None, ...]:
    """What determines the credentials: another profile or key gets another client."""
    names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION")
    return tuple(os.environ.get(name) for name in names)


@lru_cache(maxsize=64)
def _open(root: str, endpoint: str | None, who: tuple[str | None, ...]) -> S3Store:
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    provider, region = _credentials(root)
    return S3Store(
        bucket,
        prefix=prefix,
        region=region,
        endpoint=endpoint,
        virtual_hosted_style_request=endpoint is None,
        credential_provider=provider,
        client_options={
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
            "timeout": timedelta(seconds=_REQUEST_SECONDS),
            "connect_timeout": timedelta(seconds=5),
        },
        retry_config={
            "max_retries": 1000,  # limited by the time
            "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
            "backoff": {
                "init_backoff": timedelta(milliseconds=200),
                "max_backoff": timedelta(seconds=3),
                "base": 2,
            },
        },
    )


def _credentials(root: str) -> tuple[Boto3CredentialProvider, str]:
    try:
        session = boto3.Session()
        return Boto3CredentialProvider(session), session.region_name or "us-east-1"
    except (BotoCoreError, ValueError) as error:
        raise StoreError(
            f"No S3 credentials for {root}",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        ) from error
