"""A store that can't be used is told plainly, at once, and as what it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError

from fsvfx.errors import StoreError
from fsvfx.store import Ledger, open_store, s3
from fsvfx.store.object_errors import store_error


@pytest.mark.parametrize(
    ("error", "root", "said", "transient"),
    [
        pytest.param(GenericError("x (os error 28)"), "/s", "No space left", False, id="full"),
        pytest.param(GenericError("x (os error 30)"), "/s", "can't be written", False, id="read-only"),
        pytest.param(PermissionDeniedError("x (os error 13)"), "/s", "can't be written", False, id="rights"),
        pytest.param(GenericError("x (os error 20)"), "/s", "not a folder", False, id="not a folder"),
        pytest.param(GenericError("x (os error 5)"), "/s", "failed", True, id="I/O"),
        pytest.param(PermissionDeniedError("x"), "s3://b/p", "refuses these credentials", False, id="wrong keys"),
        pytest.param(GenericError("... SignatureDoesNotMatch"), "s3://b/p", "refuses", False, id="signature"),
        pytest.param(GenericError("connection refused"), "s3://b/p", "can't be reached", True, id="away"),
        pytest.param(GenericError("NoSuchBucket"), "s3://b/p", "bucket b does not exist", False, id="no bucket"),
    ],
)
def test_errors_are_told(error: Exception, root: str, said: str, transient: bool) -> None:
    told = store_error(error, root)
    assert said in told.what
    assert told.transient is transient
    assert told.exit_code == 5
    assert "\n" not in str(told)


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for url in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(StoreError, match="is not a folder"):
            open_store(str(url))


@pytest.mark.parametrize("variable", ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"])
def test_wrong_keys_are_refused_at_once(s3_bucket: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "wrong")
    started = time.monotonic()
    ledger = Ledger(open_store(f"{s3_bucket}/shots"))
    for ask in (ledger.index, lambda: ledger.store.read("ledger/x.json"), lambda: ledger.store.create("x", b"x")):
        with pytest.raises(StoreError, match="refuses these credentials") as caught:
            ask()
        assert not caught.value.transient
        assert "wrong" not in str(caught.value)
    assert time.monotonic() - started < 5


def test_no_credentials_at_all_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="No S3 credentials"):
        open_store("s3://bucket/x")


def test_a_server_that_is_not_there_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_RETRY_SECONDS", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with pytest.raises(StoreError, match="can't be reached") as caught:
        open_store("s3://bucket/away").read("x")
    assert caught.value.transient
