"""ASC MHL of a delivery: a history of xxh128 hashes in the delivered folder, written by the ASC's own library.

Each delivery is a new generation, which lists only the shot's delivered files. A history's first hashes are permanent;
so if files were remade, or are no longer delivered, the old history is moved to ``ascmhl_superseded_<n>/`` and a new
one begins.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.delivery.order import Order
from fsvfx.digests import blake3_of
from fsvfx.disk import sync, told_plainly
from fsvfx.errors import MachineError, Where
from fsvfx.place import Owner
from fsvfx.version import __version__
from schemas.deliver import DeliverMhl
from schemas.receipts import DeliveredFile

if TYPE_CHECKING:
    from ascmhl.generator import MHLGenerationCreationSession
    from ascmhl.history import MHLHistory

FOLDER = "ascmhl"
_CHAIN = "ascmhl_chain.xml"
_ASIDE = "ascmhl_superseded_"
_FORMAT = "xxh128"


def deliver_mhl(order: Order, wish: DeliverMhl, files: Sequence[DeliveredFile]) -> DeliveredFile:
    """A generation that lists those of ``files`` that are below ``wish.path``. Raises MachineError."""
    root = Path(wish.path)
    order.ownership.enter(os.path.realpath(root))
    chain = root / FOLDER / _CHAIN
    listed = sorted(path for path in (Path(file.path) for file in files) if path.is_relative_to(root))
    if not listed:
        raise MachineError(
            "No delivered file is below the folder of the MHL",
            hint="Name the folder that the deliverables go to",
            where=Where(shot=order.job.shot.name, file=wish.path),
        )
    with told_plainly(root / FOLDER):
        if os.path.lexists(chain.parent) and not order.ownership.has_below(str(chain.parent)):
            order.ownership.check(str(chain), "")
        made = write_generation(root, listed, order.ownership)
    return DeliveredFile(kind="mhl", path=str(made), bytes=made.stat().st_size, digest=blake3_of(made))


def write_generation(root: Path, files: Sequence[Path], owner: Owner | None = None) -> Path:
    """Hash ``files`` (below ``root``) and add a generation of them to the history in ``root``; returns its file. The
    ``owner`` records the chain before it is written.

    Atomic: a generation counts once the chain names it. Raises OSError, MachineError.
    """
    from ascmhl.generator import MHLGenerationCreationSession
    from ascmhl.hasher import hash_file
    from ascmhl.ignore import MHLIgnoreSpec

    with _locked(root):
        hashes = {str(file): hash_file(str(file), _FORMAT) for file in files}
        _drop_unfinished(root)
        history = _history(root)
        if _contradicts(history, root, hashes):
            _put_aside(root)
            history = _history(root)
        session = MHLGenerationCreationSession(history, MHLIgnoreSpec(history.latest_ignore_patterns(), [f"{_ASIDE}*"]))
        for file, found in hashes.items():
            facts = os.stat(file)
            session.append_file_hash(file, facts.st_size, datetime.fromtimestamp(facts.st_mtime), _FORMAT, found)
        return _commit(session, root, owner)


def check_generation(file: Path) -> str | None:
    """What is wrong with the history that contains the generation ``file``, or with the files that it lists."""
    from ascmhl.hasher import hash_file
    from ascmhl.history import MHLHistory
    from click import ClickException

    root = file.parent.parent
    try:
        generation = MHLHistory.load_from_path(str(root)).hash_list_with_file_name(file.name)
    except (ClickException, OSError, ValueError) as error:
        return f"the history can't be read: {error or type(error).__name__}"
    if generation is None:
        return "its history has no such generation"
    for media in generation.media_hashes:
        path = root / media.path
        if not path.is_file():
            return f"{media.path} is missing"
        if any(hash_file(str(path), entry.hash_format) != entry.hash_string for entry in media.hash_entries):
            return f"{media.path} does not match its hash"
    return None


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Serializes deliveries into one folder. The lock is on the folder itself, so that no file is left in it."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _history(root: Path) -> MHLHistory:
    from ascmhl.history import MHLHistory
    from click import ClickException

    try:
        return MHLHistory.load_from_path(str(root))
    except (ClickException, ValueError) as error:
        raise MachineError(
            f"The MHL history of the folder is damaged: {error or type(error).__name__}",
            hint=f"Check what happened to {root / FOLDER}; move it away to begin a new history",
            where=Where(file=str(root / FOLDER)),
        ) from error


def _drop_unfinished(root: Path) -> None:
    """Generations that are missing from the chain after a crash, and drafts."""
    from ascmhl.chain_xml_parser import parse

    for draft in root.glob(f".{FOLDER}.*.part"):
        shutil.rmtree(draft)
    chain = root / FOLDER / _CHAIN
    if chain.exists():
        known = {generation.ascmhl_filename for generation in parse(str(chain)).generations}
        for file in (root / FOLDER).glob("*.mhl"):
            if file.name not in known:
                file.unlink()


def _contradicts(history: MHLHistory, root: Path, hashes: dict[str, str]) -> bool:
    """Whether the history lists other hashes, or files that no longer exist."""
    for generation in history.hash_lists:
        for media in generation.media_hashes:
            path = str(root / media.path)
            if not media.is_directory and not os.path.exists(path):
                return True
            listed = [entry.hash_string for entry in media.hash_entries if entry.hash_format == _FORMAT]
            if path in hashes and any(one != hashes[path] for one in listed):
                return True
    return False


def _put_aside(root: Path) -> None:
    number = 1
    while (root / f"{_ASIDE}{number:04d}").exists():
        number += 1
    (root / FOLDER).rename(root / f"{_ASIDE}{number:04d}")


def _commit(session: MHLGenerationCreationSession, root: Path, owner: Owner | None) -> Path:
    """The library writes in place: so it writes a draft, and the finished files are moved."""
    from ascmhl.hashlist import MHLCreatorInfo, MHLProcess, MHLProcessInfo, MHLTool
    from ascmhl.utils import datetime_now_isostring

    creator, process = MHLCreatorInfo(), MHLProcessInfo()
    creator.tool, creator.creation_date = MHLTool("fsvfx", __version__), datetime_now_isostring()
    creator.host_name, process.process = platform.node(), MHLProcess("in-place")
    draft = root / f".{FOLDER}.{uuid.uuid4().hex[:12]}.part"
    written, final = draft / root.name / FOLDER, root / FOLDER
    written.mkdir(parents=True)
    try:
        history = session.root_history
        history.asc_mhl_path, history.chain.file_path = str(written), str(written / _CHAIN)
        session.commit(creator, process)
        (made,) = written.glob("*.mhl")
        for file in (made, written / _CHAIN):
            sync(file)
        if owner is not None:
            owner.intend(str(final / _CHAIN), blake3_of(written / _CHAIN))
        if final.exists():
            made.replace(final / made.name)
            (written / _CHAIN).replace(final / _CHAIN)
        else:
            written.rename(final)
        sync(final)
        return final / made.name
    finally:
        shutil.rmtree(draft, ignore_errors=True)
