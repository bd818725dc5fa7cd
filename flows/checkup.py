"""What ``fsvfx doctor`` looks at. Each check says what it found and how to fix it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from fsvfx.settings import machine

LEAST_DISK = 5 << 30
"""Bytes that should be free where the caches lie."""


@dataclass(frozen=True)
class Check:
    """One line: ``bad`` means that runs will fail, ``note`` that something is not there which some need."""

    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    hint: str = ""


def checks() -> Iterator[Check]:
    """All of them, the quick ones first."""
    yield python()
    yield packages()
    yield ffmpeg()
    yield from model_files()
    yield gpu()
    yield disk(machine().cache)
    yield prefect()
    yield from s3()


def python() -> Check:
    fits = (3, 11) <= sys.version_info < (3, 13)
    hint = "" if fits else "Make the virtual environment with Python 3.11 or 3.12"
    return Check("python", "ok" if fits else "bad", platform.python_version(), hint)


def packages() -> Check:
    """Whether every package that fsvfx needs is installed in a version that it takes."""
    from packaging.requirements import Requirement

    wrong = []
    for text in requires("fsvfx") or []:
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            here = version(needed.name)
        except PackageNotFoundError:
            wrong.append(f"{needed.name} is missing")
        else:
            if not needed.specifier.contains(here, prereleases=True):
                wrong.append(f"{needed.name} {here} is not {needed.specifier}")
    hint = "pip install -c constraints.txt -e ." if wrong else ""
    return Check("packages", "bad" if wrong else "ok", "; ".join(wrong) or f"fsvfx {version('fsvfx')}", hint)


def ffmpeg() -> Check:
    """Whether the ffmpeg that comes with imageio-ffmpeg runs and has libx264."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        tool = get_ffmpeg_exe()
        said = subprocess.run(
            [tool, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=60, check=True
        )
    except (ImportError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        return Check("ffmpeg", "bad", str(error), "pip install imageio-ffmpeg")
    if "libx264" not in said.stdout:
        return Check("ffmpeg", "bad", f"{tool} has no libx264", "Unset IMAGEIO_FFMPEG_EXE to use the bundled one")
    return Check("ffmpeg", "ok", tool)


def model_files() -> Iterator[Check]:
    """Every card: the embedded set is needed, the others only by those who name them."""
    from fsvfx import models

    for name, card in models.cards().items():
        if models.present(name):
            yield Check(f"model {name}", "ok", f"{card.version}, sha256 as its card says")
        else:
            state: Literal["bad", "note"] = "bad" if card.embedded else "note"
            yield Check(f"model {name}", state, "not here, or not the one of its card", models.how_to_get(card))


def gpu() -> Check:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("gpu", "note", "none; everything runs on the CPU")
    query = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    said = subprocess.run(query, capture_output=True, text=True, timeout=60, check=False)
    if said.returncode != 0 or not said.stdout.strip():
        return Check("gpu", "note", (said.stderr or said.stdout).strip() or "nvidia-smi lists none", "Check the driver")
    return Check("gpu", "ok", "; ".join(said.stdout.strip().splitlines()))


def disk(folder: Path) -> Check:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        return Check("disk", "bad", f"{there} can't be written", "Set FSVFX_CACHE to a folder that you may write")
    free = shutil.disk_usage(there).free
    hint = "" if free >= LEAST_DISK else "Free some, or set FSVFX_CACHE to a larger disk"
    return Check("disk", "ok" if free >= LEAST_DISK else "note", f"{free / (1 << 30):.0f} GiB free at {there}", hint)


def prefect() -> Check:
    from flows import server

    named = os.environ.get("PREFECT_API_URL")
    here = server.Server(api=named.rstrip("/")) if named else server.running()
    if here is None:
        return Check("prefect server", "note", "none runs; submit starts one", "fsvfx up --detach")
    if here.healthy():
        return Check("prefect server", "ok", here.ui)
    return Check("prefect server", "bad", f"{here.api} does not answer", "Check PREFECT_API_URL, or unset it")


def s3() -> Iterator[Check]:
    """Only where an S3 server or credentials are set: who are we there?"""
    endpoint = machine().s3_endpoint or os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint and not {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & os.environ.keys():
        return
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    from fsvfx.media import remote

    quick = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 1})
    where = endpoint or "AWS"
    try:
        remote.session().client("s3", endpoint_url=endpoint, config=quick).list_buckets()
    except ClientError as error:
        hint = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE"
        yield Check("s3", "bad", f"{where} refuses: {error.response['Error'].get('Code', error)}", hint)
    except (BotoCoreError, ValueError) as error:
        yield Check("s3", "bad", f"{where} can't be reached: {error}", "Check FSVFX_S3_ENDPOINT and the network")
    else:
        yield Check("s3", "ok", f"{where} lets us in")
