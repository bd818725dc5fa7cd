"""The checks of ``fsvfx doctor``: each reports its result, and how to fix a problem."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Literal

from fsvfx.errors import MachineError
from fsvfx.settings import machine
from fsvfx.version import __version__

LEAST_DISK = 5 << 30
"""Bytes that should be free on the disk of the caches."""
_NOT_FOR_USERS = ("all", "dev", "docs")


@dataclass(frozen=True)
class Check:
    """One line. ``bad``: runs will fail; ``note``: something is missing that some runs need."""

    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    hint: str = ""


def checks() -> Iterator[Check]:
    """All of them, quick ones first."""
    yield python()
    yield packages()
    yield from extras()
    yield ffmpeg()
    yield from model_files()
    yield gpu()
    yield disk(machine().cache)
    yield prefect()
    yield from scheduler()
    yield from s3()


def python() -> Check:
    """Whether the Python version is supported, according to the package."""
    from packaging.specifiers import SpecifierSet

    wanted = metadata("fsvfx")["Requires-Python"]
    fits = SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    hint = "" if fits else f"Create the virtual environment with Python {wanted}"
    return Check("python", "ok" if fits else "bad", platform.python_version(), hint)


def packages() -> Check:
    """Whether every required package is installed in a supported version."""
    wrong = _wrong("")
    hint = "pip install -c constraints.txt -e ." if wrong else ""
    return Check("packages", "bad" if wrong else "ok", "; ".join(wrong) or f"fsvfx {__version__}", hint)


def extras() -> Iterator[Check]:
    """The optional extras that are not installed."""
    for extra in metadata("fsvfx").get_all("Provides-Extra") or ():
        if extra not in _NOT_FOR_USERS and (wrong := _wrong(extra)):
            yield Check(f"extra {extra}", "note", "; ".join(wrong), f"If you need it: pip install 'fsvfx[{extra}]'")


def _wrong(extra: str) -> list[str]:
    """Packages required by fsvfx (or added by ``extra``) that are missing or too old."""
    from packaging.requirements import Requirement

    wrong = []
    for needed in map(Requirement, requires("fsvfx") or []):
        own, with_extra = (needed.marker is None or needed.marker.evaluate({"extra": each}) for each in ("", extra))
        if own == bool(extra) or not with_extra:
            continue
        try:
            installed = version(needed.name)
        except PackageNotFoundError:
            wrong.append(f"{needed.name} is not installed")
        else:
            if not needed.specifier.contains(installed, prereleases=True):
                wrong.append(f"{needed.name} {installed} is not {needed.specifier}")
    return wrong


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
    """Every model: those of the standard set are needed, others only by manifests that name them."""
    from fsvfx import models

    for name, card in models.cards().items():
        if models.present(name):
            yield Check(f"model {name}", "ok", f"{card.version}, sha256 matches")
        else:
            state: Literal["bad", "note"] = "bad" if card.embedded else "note"
            yield Check(
                f"model {name}",
                state,
                "not installed, or not the file that its card describes",
                models.how_to_get(card),
            )


def gpu() -> Check:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("gpu", "note", "no GPU; everything runs on the CPU")
    query = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    said = subprocess.run(query, capture_output=True, text=True, timeout=60, check=False)
    if said.returncode != 0 or not said.stdout.strip():
        return Check(
            "gpu", "note", (said.stderr or said.stdout).strip() or "nvidia-smi lists no GPU", "Check the driver"
        )
    return Check("gpu", "ok", "; ".join(said.stdout.strip().splitlines()))


def disk(folder: Path) -> Check:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        return Check(
            "disk", "bad", f"no permission to write to {there}", "Set FSVFX_CACHE to a folder that you can write to"
        )
    free = shutil.disk_usage(there).free
    hint = "" if free >= LEAST_DISK else "Free some space, or move FSVFX_CACHE to a larger disk"
    return Check("disk", "ok" if free >= LEAST_DISK else "note", f"{free / (1 << 30):.0f} GiB free in {there}", hint)


def prefect() -> Check:
    from flows import server

    named = os.environ.get("PREFECT_API_URL")
    here = server.Server(api=named.rstrip("/")) if named else server.running()
    if here is None:
        return Check("prefect server", "note", "not running; submit starts one", "To start it now: fsvfx up --detach")
    if here.healthy():
        return Check("prefect server", "ok", here.ui)
    return Check("prefect server", "bad", f"{here.api} does not answer", "Correct PREFECT_API_URL, or unset it")


def scheduler() -> Iterator[Check]:
    """Only if a Dask scheduler is named: whether it may be used."""
    from fsvfx.executors.schedulers import check_scheduler

    settings = machine()
    if not settings.scheduler:
        return
    try:
        check_scheduler(settings)
    except MachineError as error:
        yield Check("dask scheduler", "bad", error.what, error.hint)
        return
    if settings.scheduler.startswith("tcp://"):
        hint = "Use tls:// unless only trusted people reach it"
        yield Check("dask scheduler", "note", f"{settings.scheduler} has no encryption, as configured", hint)
    else:
        yield Check("dask scheduler", "ok", settings.scheduler)


def s3() -> Iterator[Check]:
    """Only if an S3 server or credentials are set: whether they are accepted."""
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
        yield Check("s3", "ok", f"{where} accepts the credentials")
