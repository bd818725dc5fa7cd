"""fsvfx's own kinds of deliverables. Writers are imported only to write: checking a manifest must be fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fsvfx.delivery.contract import FrameKind, Kind, Problem, ShotKind, Surroundings
from schemas.deliver import (
    DeliverExr,
    DeliverFrames,
    DeliverMattes,
    DeliverMesh,
    DeliverMhl,
    DeliverMovie,
    DeliverPointCache,
    DeliverReport,
    DeliverReview,
    DeliverSheet,
)
from schemas.receipts import DeliveredFile
from schemas.templates import fill, suffix

if TYPE_CHECKING:
    from fsvfx.delivery.meshes import FaceMesh
    from fsvfx.delivery.subjects import Frame, Shot
    from fsvfx.media import PlateInfo

DEPTHS: dict[str, tuple[int | str, ...]] = {
    ".dpx": (10, 12, 16, 8),
    ".png": (16, 8),
    ".tif": (16, 8, "float"),
    ".tiff": (16, 8, "float"),
}
"""Depths of each frame format; the first is the default."""
_CONTAINERS = {"prores": (".mov",), "dnxhr": (".mov", ".mxf"), "h264": (".mp4", ".mov"), "hevc": (".mp4", ".mov")}
_NAME_ONE = "Name one, such as Rec.709, sRGB or ACEScct"
_BYTES = {".dpx": 4.0, ".tif": 6.0, ".tiff": 6.0, ".png": 1.5, ".exr": 2.0}
"""Per pixel: DPX and TIFF are uncompressed, the others have about a third."""
M = TypeVar("M", DeliverMesh, DeliverPointCache)
V = TypeVar("V", DeliverMovie, DeliverReview)


class Exr(FrameKind[DeliverExr]):
    name, Settings, states, endings = "exr", DeliverExr, "file", (".exr",)

    def space(self, settings: DeliverExr) -> str:
        return settings.color_space or "comp"

    def reads(self, settings: DeliverExr) -> tuple[str, ...]:
        return ("align",) if "stmap" in settings.layers else ()

    def bytes_per_pixel(self, settings: DeliverExr) -> float:
        return 6.0 if settings.compression == "none" else _BYTES[".exr"]

    def write(self, path: Path, settings: DeliverExr, scene: Frame) -> None:
        from fsvfx.delivery.frames import write_exr_frame

        write_exr_frame(path, settings, scene, scene.space_of(self, settings))


class Frames(FrameKind[DeliverFrames]):
    name, Settings, states, endings = "frames", DeliverFrames, "file", (".dpx", ".png", ".tif", ".tiff")

    def problems(self, settings: DeliverFrames, around: Surroundings) -> Iterator[Problem]:
        ending = suffix(settings.path)
        depths = DEPTHS.get(ending)
        if depths is None:
            return  # the extension is reported
        depth = settings.depth or depths[0]
        if depth not in depths:
            yield Problem("depth", f"{ending} frames have no depth {depth}", f"Use {_either(map(str, depths))}")
        elif isinstance(depth, int):
            yield from _coded(settings.color_space, around, f"{depth}-bit frames")
        if ending == ".dpx" and settings.color_space is None:
            yield Problem("color_space", "DPX files do not record their color space", _NAME_ONE)

    def bytes_per_pixel(self, settings: DeliverFrames) -> float:
        return 12.0 if settings.depth == "float" else _BYTES.get(suffix(settings.path), 0.0)

    def write(self, path: Path, settings: DeliverFrames, scene: Frame) -> None:
        from fsvfx.delivery.frames import write_frame

        depth = settings.depth or DEPTHS[suffix(settings.path)][0]
        write_frame(path, settings, scene, scene.space_of(self, settings), depth)


class Mattes(FrameKind[DeliverMattes]):
    name, Settings, states, endings = "mattes", DeliverMattes, "file", (".png", ".exr")
    path_fields = ("performer",)

    def bytes_per_pixel(self, settings: DeliverMattes) -> float:
        return _BYTES.get(suffix(settings.path), 0.0)

    def deliver(self, settings: DeliverMattes, scene: Frame) -> Iterator[DeliveredFile]:
        """One matte for each performer, or a joint one."""
        if "{performer}" not in settings.path:
            yield from super().deliver(settings, scene)
            return
        for index, entry in enumerate(scene.job.shot.replace):
            write = partial(self.write, settings=settings, scene=scene, entry=index)
            yield from self.placed(fill(settings.path, performer=entry.performer), scene, write)

    def write(self, path: Path, settings: DeliverMattes, scene: Frame, entry: int | None = None) -> None:
        from fsvfx.delivery.frames import write_matte

        write_matte(path, scene, scene.matte if entry is None else scene.matte_of(entry))


class Solid(Kind[M]):
    """What meshes and point caches have in common: a file for each performer."""

    version = 2
    path_fields = ("performer",)

    def reads(self, settings: M) -> tuple[str, ...]:
        return ("align", "fit", *(["references", "cast"] if settings.of == "swap" else []))

    def problems(self, settings: M, around: Surroundings) -> Iterator[Problem]:
        if around.several and "{performer}" not in settings.path:
            yield Problem(
                "path", "a shot that replaces several faces needs a path for each one's mesh", "Add {performer}"
            )
        if settings.of == "swap" and around.bare:
            what = f"the face shape of {', '.join(around.bare)} is unknown: there are no references"
            yield Problem("of", what, "Add footage or stills of the face, or deliver the mesh of the plate")

    def plate_problems(self, settings: M, plate: PlateInfo) -> Iterator[Problem]:
        if plate.pixel_aspect != 1:
            what = f"the plate's pixels are {plate.pixel_aspect:g} times as wide as high, so its meshes are squeezed"
            yield Problem("", what, "Unsqueeze the plate first", stops=False)

    def _of_entries(self, settings: M, scene: Frame | Shot) -> Iterator[tuple[int, str]]:
        """Each entry's index in ``replace``, and its path."""
        return enumerate(self._paths(settings, [entry.performer for entry in scene.job.shot.replace]))


class Mesh(Solid[DeliverMesh], FrameKind[DeliverMesh]):
    name, Settings, states, endings = "mesh", DeliverMesh, "sidecar", (".obj",)
    version = 2

    def bytes_per_pixel(self, settings: DeliverMesh) -> float:
        return 0.5

    def deliver(self, settings: DeliverMesh, scene: Frame) -> Iterator[DeliveredFile]:
        """One mesh for each performer."""
        from fsvfx.delivery.meshes import face_mesh, write_camera

        for index, path in self._of_entries(settings, scene):
            mesh = face_mesh(scene, index, settings.of)
            yield scene.place(self.name, path, partial(self.write, settings=settings, scene=scene, mesh=mesh))
            for sidecar in self._sidecars(path):
                yield scene.place(self.name, sidecar, partial(write_camera, frame=scene, mesh=mesh))

    def write(self, path: Path, settings: DeliverMesh, scene: Frame, mesh: FaceMesh | None = None) -> None:
        from fsvfx.delivery.meshes import write_obj

        write_obj(path, scene, mesh)


class PointCache(Solid[DeliverPointCache], ShotKind[DeliverPointCache]):
    name, Settings, states, endings = "point_cache", DeliverPointCache, "file", (".usdc", ".usd")
    needs_rate, needs = True, ("pxr",)

    def bytes_per_pixel(self, settings: DeliverPointCache) -> float:
        return 0.15

    def deliver(self, settings: DeliverPointCache, scene: Shot) -> Iterator[DeliveredFile]:
        """One cache for each performer."""
        for index, path in self._of_entries(settings, scene):
            yield from self.placed(path, scene, partial(self.write, settings=settings, scene=scene, entry=index))

    def write(self, path: Path, settings: DeliverPointCache, scene: Shot, entry: int = 0) -> None:
        from fsvfx.delivery.point_caches import write_point_cache

        write_point_cache(path, scene, entry, settings.of)


class Video(ShotKind[V]):
    """What movies and reviews have in common."""

    states, needs_rate = "file", True

    def rate_problems(self, settings: V, rate: Fraction) -> Iterator[Problem]:
        from fsvfx.delivery.videos import MXF_RATES

        if suffix(settings.path) == ".mxf" and rate not in MXF_RATES:
            hint = "Deliver it as .mov, or correct plate.frame_rate"
            yield Problem("", f"MXF has no rate of {rate} frames a second", hint)

    def plate_problems(self, settings: V, plate: PlateInfo) -> Iterator[Problem]:
        from fsvfx.delivery.videos import size_problem

        yield from size_problem(settings, plate)


class Movie(Video[DeliverMovie]):
    name, Settings, endings = "movie", DeliverMovie, (".mov", ".mp4", ".mxf")

    def problems(self, settings: DeliverMovie, around: Surroundings) -> Iterator[Problem]:
        yield from _container(settings.path, settings.codec.partition("_")[0])
        yield from _coded(settings.color_space, around, "a movie")

    def write(self, path: Path, settings: DeliverMovie, scene: Shot) -> None:
        from fsvfx.delivery.videos import write_movie

        write_movie(path, settings, scene, scene.space_of(self, settings))


class Review(Video[DeliverReview]):
    name, Settings, endings = "review", DeliverReview, (".mp4", ".mov")

    def problems(self, settings: DeliverReview, around: Surroundings) -> Iterator[Problem]:
        if settings.codec == "prores":
            yield from _container(settings.path, "prores")

    def write(self, path: Path, settings: DeliverReview, scene: Shot) -> None:
        from fsvfx.delivery.videos import write_review

        write_review(path, settings, scene)


class ContactSheet(ShotKind[DeliverSheet]):
    name, Settings, states, endings = "contact_sheet", DeliverSheet, "file", (".png", ".jpg", ".jpeg")
    rank, implied_ending = 1, "contact.png"

    def write(self, path: Path, settings: DeliverSheet, scene: Shot) -> None:
        from fsvfx.delivery.report import write_sheet

        write_sheet(path, scene.order)


class Report(ShotKind[DeliverReport]):
    name, Settings, states, endings = "report", DeliverReport, "file", (".json",)
    rank, implied_ending = 2, "report.json"

    def listed(self, path: Path) -> Iterable[DeliveredFile]:
        from fsvfx.delivery.report import read_report

        return read_report(path).files

    def write(self, path: Path, settings: DeliverReport, scene: Shot) -> None:
        from fsvfx.delivery.report import report_of

        report = report_of(scene.order, scene.info, scene.track, scene.delivered)
        path.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")


class Mhl(ShotKind[DeliverMhl]):
    name, Settings, states, rank = "mhl", DeliverMhl, "file", 3

    def problems(self, settings: DeliverMhl, around: Surroundings) -> Iterator[Problem]:
        if settings.path.startswith("s3://"):
            yield Problem("path", "an ASC MHL lists files on disk", "Deliver to a folder, then upload it")
            return
        folder = f"{settings.path.rstrip('/')}/"
        if not any(folder == "./" or path.startswith(folder) for path in around.others):
            what = f"no other deliverable is below '{folder}', so there is nothing to list"
            yield Problem("path", what, "Name the folder that holds the deliverables")

    def folder(self, settings: DeliverMhl) -> str:
        return f"{settings.path}/ascmhl"

    def damage(self, path: Path) -> str | None:
        from fsvfx.delivery.mhl import check_generation

        return check_generation(path)

    def deliver(self, settings: DeliverMhl, scene: Shot) -> Iterator[DeliveredFile]:
        from fsvfx.delivery.mhl import deliver_mhl

        yield deliver_mhl(scene.order, settings, scene.delivered)

    def write(self, path: Path, settings: DeliverMhl, scene: Shot) -> None:
        raise NotImplementedError("a history grows by generations: see `deliver`")


def _container(path: str, codec: str) -> Iterator[Problem]:
    endings = _CONTAINERS[codec]
    if suffix(path) not in endings:
        yield Problem("path", f"{codec} can't be stored in '{suffix(path)}'", f"End it in {' or '.join(endings)}")


def _coded(space: str | None, around: Surroundings, what: str) -> Iterator[Problem]:
    """Integer codes end at white and are too coarse for scene-linear light."""
    if space is not None and around.is_linear(space):
        yield Problem("color_space", f"{what} can't hold scene-linear light", _NAME_ONE)
    elif space is None and around.has_linear_plate:
        yield Problem("color_space", f"{what} of a scene-linear plate must name a color space", _NAME_ONE)


def _either(choices: Iterable[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last
