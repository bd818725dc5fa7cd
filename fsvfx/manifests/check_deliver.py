"""Whether each deliverable can be made as it is asked for: ending, codec, depth and colour space go together. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from fsvfx.colour import ColourConfig, is_scene_linear
from fsvfx.documents import Finding, Loc
from fsvfx.errors import InputError
from fsvfx.manifests.draft import Draft
from schemas.deliver import Deliver, DeliverFrames, DeliverMhl, DeliverMovie, DeliverReview
from schemas.templates import suffix

DEPTHS: dict[str, tuple[object, ...]] = {
    ".dpx": (10, 12, 16, 8),
    ".png": (16, 8),
    ".tif": (16, 8, "float"),
    ".tiff": (16, 8, "float"),
}
"""What each kind of frame can hold; the first is the default."""
_MOVIES = {"prores": (".mov",), "dnxhr": (".mov", ".mxf"), "h264": (".mp4", ".mov"), "hevc": (".mp4", ".mov")}
_NAME_ONE = "Name one, such as Rec.709, sRGB or ACEScct"


def check_deliver(draft: Draft, config: ColourConfig) -> Iterator[Finding]:
    """What the path's place and form do not tell; colour spaces are those of ``config``."""
    linear = any(_is_linear(shot.plate.color_space, config) for shot in draft.shots if shot.plate)
    for index, wish in draft.deliver.items():
        at: Loc = ("deliver", index)
        if isinstance(wish, DeliverFrames):
            yield from _check_frames(at, wish, linear, config)
        elif isinstance(wish, DeliverMovie):
            yield from _check_movie(at, wish, linear, config)
        elif isinstance(wish, DeliverReview) and wish.codec == "prores":
            yield from _check_ending(at, wish, "prores")
        elif isinstance(wish, DeliverMhl):
            yield from _check_mhl(at, wish, draft)


def _check_frames(at: Loc, wish: DeliverFrames, linear: bool, config: ColourConfig) -> Iterator[Finding]:
    depths = DEPTHS.get(suffix(wish.path))
    if depths is None:
        return  # its ending has been told of
    depth = wish.depth or depths[0]
    if depth not in depths:
        kinds = ", ".join(str(one) for one in depths)
        yield Finding((*at, "depth"), f"{suffix(wish.path)} frames have no depth {depth}", f"Possible are: {kinds}")
    elif isinstance(depth, int):
        yield from _check_coded(at, wish.color_space, linear, config, f"{depth}-bit frames")
    if suffix(wish.path) == ".dpx" and wish.color_space is None:
        yield Finding((*at, "color_space"), "DPX frames do not tell their colour space by themselves", _NAME_ONE)


def _check_movie(at: Loc, wish: DeliverMovie, linear: bool, config: ColourConfig) -> Iterator[Finding]:
    yield from _check_ending(at, wish, wish.codec.partition("_")[0])
    yield from _check_coded(at, wish.color_space, linear, config, "a movie")


def _check_ending(at: Loc, wish: Deliver, codec: str) -> Iterator[Finding]:
    endings = _MOVIES[codec]
    if suffix(wish.path) not in endings:
        what = f"{codec} does not go into '{suffix(wish.path)}'"
        yield Finding((*at, "path"), what, f"End it in {' or '.join(endings)}")


def _check_coded(at: Loc, space: str | None, linear: bool, config: ColourConfig, what: str) -> Iterator[Finding]:
    """Integer codes end at white and are too few for scene-linear light."""
    if space is not None and _is_linear(space, config):
        yield Finding((*at, "color_space"), f"{what} can't hold scene-linear light", _NAME_ONE)
    elif space is None and linear:
        yield Finding((*at, "color_space"), f"{what} of a scene-linear plate must name a colour space", _NAME_ONE)


def _check_mhl(at: Loc, wish: DeliverMhl, draft: Draft) -> Iterator[Finding]:
    if wish.path.startswith("s3://"):
        yield Finding((*at, "path"), "an ASC MHL is made of folders on disk", "Deliver to a folder, then upload it")
        return
    folder = f"{wish.path.rstrip('/')}/"
    others = [one for one in draft.deliver.values() if not isinstance(one, DeliverMhl)]
    if not any(one.path.startswith(folder) or folder == "./" for one in others):
        what = f"no other deliverable lies below '{folder}', so there is nothing to list"
        yield Finding((*at, "path"), what, "Name the folder that the deliverables go to")


def _is_linear(space: str, config: ColourConfig) -> bool:
    try:
        return is_scene_linear(config, space)
    except InputError:
        return False  # told of where it is named
