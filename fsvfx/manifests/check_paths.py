"""Whether a manifest's paths are of the right kind and within reach. No I/O except for symbolic links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from fsvfx.delivery import kinds
from fsvfx.documents import Finding, Loc
from fsvfx.manifests.draft import Draft
from fsvfx.reach import Reach, ReachError
from fsvfx.suggestions import nearest
from schemas.deliver import Deliver, template
from schemas.manifest import Plate, Replace
from schemas.templates import PICTURES, VIDEOS, fields, filled, frame_place, frame_tokens, suffix, with_hashes

_FIELDS = ["shot", "production"]
_ROTO = (".exr", ".png", ".tif", ".tiff")


def check_paths(draft: Draft, manifest: Path) -> Iterator[Finding]:
    """All of them."""
    reach = Reach(manifest, draft.production)
    for name, person in draft.people.items():
        at: Loc = ("people", name)
        yield from _within((*at, "consent"), person.consent, reach.file)
        for index, given in enumerate(person.references):
            yield from _within((*at, "references", index), given, reach.place, glob=True)
    for shot in draft.shots:
        if shot.plate:
            yield from _check_plate((*shot.loc, "plate"), shot.plate, reach)
        for index, entry in shot.replace.items():
            yield from _check_roto((*shot.loc, "replace", index), entry, reach)
            if entry.driver:
                yield from _check_plate((*shot.loc, "replace", index, "driver", "plate"), entry.driver.plate, reach)
    for index, deliver in draft.deliver.items():
        yield from _check_deliver(("deliver", index, "path"), deliver, reach)
    if draft.store:
        yield from _check_store(draft.store, reach)
    for field, folder in draft.folders.items():
        yield from _within((field,), folder, reach.file)
        yield from _check_plain((field,), folder, reach)


def _within(at: Loc, given: str, check: Callable[..., object], **how: bool) -> Iterator[Finding]:
    try:
        check(given, **how)
    except ReachError as error:
        yield Finding(at, error.what, error.hint)


def _check_plate(at: Loc, plate: Plate, reach: Reach) -> Iterator[Finding]:
    path = (*at, "path")
    yield from _within(path, plate.path, reach.place)
    ending, tokens, meant = suffix(plate.path), frame_tokens(plate.path), with_hashes(plate.path)
    if ending not in VIDEOS | PICTURES:
        yield _unknown_type(path, ending, meant)
    elif _is_itself(plate.path, reach):
        pass
    elif fields(plate.path) or "{frame" in plate.path:
        yield Finding(path, "a plate's path can't have {fields}", "Write it out; #### is the frame number")
    elif ending in VIDEOS and tokens:
        yield Finding(path, f"a video ({ending}) can't have a frame number", "Give one file")
    elif ending in PICTURES and tokens != 1:
        hint = "Write #### once, where the file names have the number, as in plates/sh0040.####.exr"
        hint = _WRITE.format(meant) if meant else hint
        yield Finding(path, f"an image sequence needs #### once, but this has {tokens or 'none'}", hint)
    if ending in VIDEOS and plate.frames.first < plate.first_frame:
        what = f"frame {plate.frames.first} is before the plate's first frame ({plate.first_frame})"
        yield Finding((*at, "frames"), what, "Correct frames, or first_frame: the number of the video's first frame")


_WRITE = "Write {}, and which frames in plate.frames"


def _unknown_type(path: Loc, ending: str, meant: str | None) -> Finding:
    if meant and suffix(meant) in PICTURES:
        return Finding(path, "the path has frame numbers behind it", _WRITE.format(meant))
    if not ending:
        hint = "Give a video file, or a sequence such as plates/sh0040.####.exr"
        return Finding(path, "the name has no ending", hint)
    known = " ".join(sorted(VIDEOS | PICTURES))
    return Finding(path, f"plates of type '{ending}' are not supported", f"Convert it to one of: {known}")


def _is_itself(given: str, reach: Reach) -> bool:
    """Whether a video or sequence exists under its literal name, whatever letters are in it. Keys of S3 may have any,
    and are looked up when they are opened; but fields used elsewhere are hardly meant literally."""
    if suffix(given) in PICTURES and frame_place(given) is None:
        return False
    if given.startswith("s3://"):
        return not {*_FIELDS, "performer"} & set(fields(given)) and "{frame" not in given
    return reach.is_there(given)


def _check_roto(at: Loc, entry: Replace, reach: Reach) -> Iterator[Finding]:
    if entry.roto is None:
        if entry.roto_layer is not None:
            yield Finding((*at, "roto_layer"), "roto_layer needs a roto", "Add roto, or remove roto_layer")
        return
    path = (*at, "roto")
    yield from _within(path, entry.roto, reach.place)
    if suffix(entry.roto) not in _ROTO:
        what = f"mattes of type '{suffix(entry.roto) or entry.roto}' are not supported"
        yield Finding(path, what, f"Write them as one of: {' '.join(_ROTO)}")
    elif (fields(entry.roto) or frame_tokens(entry.roto) != 1) and not _is_itself(entry.roto, reach):
        meant = with_hashes(entry.roto)
        hint = "Write #### once, where the file names have the number, as in roto/sh0040.####.exr"
        hint = f"Write {meant}" if meant else hint
        yield Finding(path, "a roto needs #### once, and no {fields}", hint)


def _check_deliver(at: Loc, deliver: Deliver, reach: Reach) -> Iterator[Finding]:
    given, kind = template(deliver), kinds.kind(deliver.kind)
    tokens = frame_tokens(given)
    known = [*_FIELDS, *kind.path_fields]
    for name in sorted(set(fields(given)) - set(known)):
        if _is_folder(name, given, reach):
            continue
        yield Finding(at, f"{{{name}}} is not a field that can be used here", _field_hint(name))
    if kind.endings and suffix(given) not in kind.endings:
        hint = f"End it in {' or '.join(kind.endings)}"
        yield Finding(at, f"{deliver.kind} files can't end in '{suffix(given)}'", hint)
    if kind.per == "frame" and tokens != 1:
        hint = f"Write {{frame}} or #### once, in the file's name, as in {{shot}}.{{frame}}{suffix(given)}"
        yield Finding(at, f"each frame needs its own file, but the name has {tokens or 'no'} {{frame}}", hint)
    if kind.per == "shot" and tokens:
        yield Finding(at, f"a {deliver.kind} is one file for all frames", "Leave the frame number out of its path")
    yield from _within(at, filled(given, "shot", "production"), reach.place)


def _is_folder(name: str, given: str, reach: Reach) -> bool:
    """Whether a folder named ``{name}``, or with that in its name, exists."""
    folder, _, rest = given.rpartition("/")[0].partition(f"{{{name}}}")
    return f"{{{name}}}" in given.rpartition("/")[0] and reach.is_there(f"{folder}{{{name}}}{rest.partition('/')[0]}")


def _field_hint(name: str) -> str:
    if name == "performer":
        return "It is only for deliverables of kind mattes"
    near = nearest(name, [*_FIELDS, "frame"])
    if near == "frame":
        return "Use {frame} or #### once, in the file name"
    return f"Did you mean {{{near}}}?" if near else "Available: {shot}, {production} and, in the file name, {frame}"


def _check_store(store: str, reach: Reach) -> Iterator[Finding]:
    if store.startswith("memory:"):
        hint = "Give a folder or s3://bucket/prefix"
        yield Finding(("store",), "memory:// is for tests only: its content is lost when the process ends", hint)
        return
    yield from _within(("store",), store, reach.place)
    yield from _check_plain(("store",), store, reach)


def _check_plain(at: Loc, folder: str, reach: Reach) -> Iterator[Finding]:
    if (fields(folder) or frame_tokens(folder)) and not reach.is_there(folder):
        yield Finding(at, f"the path of {at[-1]} can't have fields", "Remove them: subfolders are created as needed")
