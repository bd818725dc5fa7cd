"""From footage to drafts: a manifest of its plates, a consent record per person, and a sheet of the faces per plate."""

from __future__ import annotations

import filecmp
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.drafts.consent import ConsentWishes, consent_text
from fsvfx.drafts.manifest import FIRST_FRAME, ManifestDraft, ShotDraft, manifest_text
from fsvfx.errors import InputError, Where
from fsvfx.media import remote
from fsvfx.media.files import Place
from fsvfx.media.sequence.files import find_files, is_sequence
from fsvfx.outputs import Named, copy_file, is_own_png, png, write_file
from fsvfx.packages import starter_of
from fsvfx.reach import Reach
from fsvfx.spelling import is_glob, matches
from schemas.consent import Role
from schemas.frames import FrameRange
from schemas.manifest import Use
from schemas.templates import PICTURES, VIDEOS, suffix

if TYPE_CHECKING:
    from fsvfx.drafts.plates import FoundPlate
    from fsvfx.faces.search import FaceFinder


@dataclass(frozen=True)
class Wishes:
    """The user's input for a new production.

    plates, identity: paths as given on the command line. frames: in production numbers; None: all. copy: copy the media
    into the manifest's folder.
    """

    plates: Sequence[str]
    identity: Sequence[str]
    performer: str
    identity_name: str = ""
    production: str = ""
    engine: str = "landmark_warp"
    use: Use = "face_replacement"
    color_space: str | None = None
    frame_rate: str | None = None
    frames: FrameRange | None = None
    copy: bool = False


@dataclass(frozen=True)
class Written:
    """The results. consents: each person's record, and whether it existed already and was kept."""

    manifest: Path
    shots: tuple[ShotDraft, ...]
    consents: dict[str, tuple[Path, bool]]
    sheets: tuple[Path, ...]


def new(
    wishes: Wishes, folder: Path, *, replace: bool = False, report: Callable[[str], None] = lambda line: None
) -> Written:
    """Inspect the footage and write the drafts into ``folder``. Existing consent records are never overwritten.

    Raises InputError (an existing file, footage outside the reach of a manifest in ``folder``), PlateError, ModelError,
    StoreError.
    """
    from fsvfx.drafts.faces import check_references
    from fsvfx.drafts.plates import find_plates, name_of
    from fsvfx.engines.registry import REGISTERED
    from fsvfx.faces.search import FaceFinder

    REGISTERED.check(wishes.engine)
    folder = folder.absolute()
    production = wishes.production or name_of(folder.name, "production")
    references = _references(wishes.identity)
    _check_quoted(wishes.plates, references)
    identity = wishes.identity_name or name_of(_person_in(references[0]), "identity")
    manifest = folder / f"{production}.yaml"
    Named(replace).check_free(manifest)
    plates = find_plates(wishes.plates, wishes.color_space, wishes.frame_rate)
    bring = _Bring(folder, production, wishes.copy)
    paths = [bring(plate.facts.path, "plates") for plate in plates]
    given = [bring(each, f"refs/{identity}") for each in references]

    finder = FaceFinder()
    report(f"Looking at the references of {identity}")
    found = check_references(identity, references, finder)
    report(found)
    shots = []
    for plate, path in zip(plates, paths, strict=True):
        report(f"Looking for faces in {plate.shot}")
        shots.append(_shot(plate, path, wishes, folder, finder, replace))

    roles: dict[str, tuple[Role, ...]] = {identity: ("source_identity",), wishes.performer: ("target_performer",)}
    names = tuple(shot.name for shot in shots)
    consents = {
        person: _consent(folder, ConsentWishes(person, production, role, names, wishes.use))
        for person, role in roles.items()
    }
    starter = starter_of(wishes.engine)
    draft = ManifestDraft(
        production=production,
        identity=identity,
        performer=wishes.performer,
        references=given,
        found=found,
        consents={person: str(path.relative_to(folder)) for person, (path, _) in consents.items()},
        engine=wishes.engine,
        engine_settings={"model": starter.model, "sha256": starter.sha256} if starter else {},
        engines=REGISTERED.names(),
        use=wishes.use,
        shots=shots,
    )
    write_file(manifest, manifest_text(draft, manifest.name).encode(), Named(replace))
    return Written(manifest, tuple(shots), consents, tuple(folder / shot.sheet for shot in shots))


def _shot(plate: FoundPlate, path: str, wishes: Wishes, folder: Path, finder: FaceFinder, replace: bool) -> ShotDraft:
    """Also writes the sheet of its faces. path: the plate's, as named in the manifest."""
    from fsvfx.drafts.faces import faces_in, sheet_of

    faces = faces_in(plate, finder, wishes.frame_rate)
    sheet = f"faces/{plate.shot}.png"
    write_file(folder / sheet, png(sheet_of(plate, faces)), Named(replace, is_own=is_own_png))
    return ShotDraft(plate, path, _frames(plate, wishes.frames), faces, sheet, wishes.frame_rate)


def new_consent(wishes: ConsentWishes, path: Path, *, document: Path | None = None, replace: bool = False) -> None:
    """Write the draft of one person's record to ``path``; with the hash of the signed ``document``, if given.

    Raises InputError for an existing file, or for a missing document.
    """
    if document is not None:
        try:
            with document.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            what = f"the document can't be read: {error.strerror}"
            raise InputError(what, hint="Name the signed paper's file", where=Where(file=str(document))) from error
        beside = os.path.relpath(document.absolute(), path.absolute().parent)
        wishes = ConsentWishes(**{**vars(wishes), "document": beside, "sha256": digest})
    write_file(path, consent_text(wishes).encode(), Named(replace, (document,) if document else ()))


def _consent(folder: Path, wishes: ConsentWishes) -> tuple[Path, bool]:
    """The record's path, and whether it existed already: a signed one is never overwritten."""
    path = folder / "consents" / f"{wishes.person}.yaml"
    if os.path.lexists(path):
        return path, True
    new_consent(wishes, path)
    return path, False


@dataclass(frozen=True)
class _Bring:
    """The path of footage for the manifest in ``folder``: its original place, or a copy."""

    folder: Path
    production: str
    copy: bool

    def __call__(self, path: str, into: str) -> str:
        """Raises InputError for files outside the manifest's reach."""
        if remote.is_remote(path):
            return path
        reach = Reach(self.folder / "manifest.yaml", self.production)
        if reach.holds(Path(os.path.realpath(os.path.dirname(path)))):
            below = os.path.relpath(path, self.folder)
            return path if below.startswith("..") else below
        if self.copy:
            return self._copied(path, into)
        what = f"a manifest in {self.folder} can't read this: it is outside that folder"
        hint = "Add --copy, give --out a folder above it, or have its folder added to FSVFX_ROOTS"
        raise InputError(what, hint=hint, where=Where(file=path))

    def _copied(self, path: str, into: str) -> str:
        files = _files_of(path)
        for file in files:
            copy_file(file, self.folder / into / self._free(file, into), Named())
        return f"{into}/{self._free(files[0], into) if files == [Path(path)] else os.path.basename(path)}"

    def _free(self, file: Path, into: str) -> str:
        """Its own name; with its folder's as prefix if another file has that."""
        there = self.folder / into / file.name
        is_other = there.exists() and not filecmp.cmp(there, file, shallow=False)
        return f"{file.parent.name}_{file.name}" if is_other else file.name


def _files_of(path: str) -> list[Path]:
    if is_sequence(path):
        return [Path(file.url) for file in find_files(path, Place(path)).values()]
    return [Path(path)] if Path(path).is_file() or not is_glob(path) else [Path(file) for file in matches(Path(path))]


def _references(given: Sequence[str]) -> list[str]:
    """Absolute files, globs and patterns; a folder means all pictures and videos in it. Raises InputError."""
    found: list[str] = []
    for each in given:
        path = Path(each).expanduser().absolute()
        if remote.is_remote(each):
            found.append(each)
            continue
        if not path.is_dir():
            if not (path.exists() or is_glob(path.name) or is_sequence(path.name)):
                raise InputError("there is no such file or folder", hint="Check the path", where=Where(file=str(path)))
            found.append(str(path))
            continue
        endings = sorted({file.suffix for file in path.iterdir() if suffix(file.name) in PICTURES | VIDEOS})
        if not endings:
            what, hint = "there is no picture or video in this folder", "Name a folder with pictures of the identity"
            raise InputError(what, hint=hint, where=Where(file=str(path)))
        found += [f"{path}/*{ending}" for ending in endings]
    return found


def _check_quoted(plates: Sequence[str], references: Sequence[str]) -> None:
    """A shell expands --identity refs/*.jpg to one reference and many plates. Raises InputError for that."""
    folders = {os.path.dirname(each) for each in references if os.path.isfile(each)}
    for plate in plates:
        path = os.path.abspath(plate)
        if suffix(path) in PICTURES and os.path.dirname(path) in folders:
            what = "this was passed as a plate, but is among the identity's references"
            hint = "Name the folder of the references, or put the pattern in quotes: --identity 'refs/*.jpg'"
            raise InputError(what, hint=hint, where=Where(file=plate))


def _person_in(reference: str) -> str:
    """The probable name of a reference's person: its file, unless that is a number or a pattern; otherwise its
    folder."""
    folder, _, name = reference.rpartition("/")
    stem = name.rpartition(".")[0].rstrip("0123456789._-#*% ")
    return stem or folder.rpartition("/")[2]


def _frames(plate: FoundPlate, wanted: FrameRange | None) -> FrameRange:
    """In production numbers, without a gap. Raises InputError if the plate has none of the requested frames."""
    facts = plate.facts
    every = facts.longest if facts.is_sequence else FrameRange.span(FIRST_FRAME, FIRST_FRAME + facts.longest.last)
    if wanted is None:
        return every
    if not wanted & every:
        what = f"{plate.shot} has none of the frames {wanted}"
        raise InputError(what, hint=f"It has {every}", where=Where(field="--frames"))
    return wanted & every
