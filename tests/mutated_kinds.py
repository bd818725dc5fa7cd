"""The kinds of files that are mutated: how a good one is written, and how the product reads it.

As a program: reads the files that its standard input names, and prints what came of each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from footage import picture, shot_job, write_exr, write_video
from mutations import mutated
from oiio_files import write_oiio
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Read = Callable[[Path], object]


@dataclass(frozen=True)
class Kind:
    """``write`` puts a good file into a folder; ``read`` does with it all that the product does first."""

    name: str
    write: Callable[[Path], Path]
    read: Read
    count: int
    text: bool = False

    def mutated(self, content: bytes, seed: int) -> bytes:
        return mutated(content, seed, text=self.text)


def _frame(path: Path, **plate: Any) -> object:
    """As the only frame of a sequence."""
    from fsvfx.media import open_plate

    pattern = str(path.with_name(path.name.replace("1001", "####")))
    reader = open_plate(shot_job(pattern, "1001-1001", frame_rate="24", **plate))
    return reader.info, reader.exr_header(1001), reader.dpx_header(1001), list(reader.pictures([1001]))


def _film(path: Path) -> object:
    from fsvfx.media import open_plate

    plate = open_plate(shot_job(path, "1001-1004"))
    plate.fingerprint([1001, 1004])
    return list(plate.pictures([1001, 1002, 1003, 1004]))


def _matte(path: Path) -> object:
    from fsvfx.media.files import Place
    from fsvfx.media.mattes import read_matte
    from fsvfx.media.plate import Canvas

    window = (0, 0, 95, 47)
    return read_matte(path, Canvas(window, window), None, Place(str(path), "sh010"))


def _edit(path: Path) -> object:
    from fsvfx.editorial.cuts import cuts_of
    from fsvfx.editorial.edit import read_edit

    return cuts_of(read_edit(path, Fraction(24)))


def _manifest(path: Path) -> object:
    from fsvfx.manifests import jobs

    return jobs(path)


def _consent(path: Path) -> object:
    from fsvfx.reach import Reach
    from fsvfx.rights.records import evidence
    from schemas.manifest import Person

    return evidence(Reach(path.parent / "shots.yaml"), {"lead": Person(references=(), consent=str(path))}, "lead")


def _package(path: Path) -> object:
    from fsvfx.packages import card_of

    return card_of(path.parent)


def _exr(folder: Path) -> Path:
    path = folder / "a.1001.exr"
    more = {
        "framesPerSecond": 24.0,
        "owner": "nobody",
        "comments": "made for a test",
        "worldToCamera": np.eye(4, dtype="f4"),
    }
    write_exr(path, picture(5, dtype=np.float16), **more)
    return path


def _exr_of_parts(folder: Path) -> Path:
    import OpenEXR

    path, rgb = folder / "a.1001.exr", picture(5, dtype=np.float16)
    header = {"compression": OpenEXR.PIZ_COMPRESSION, "type": OpenEXR.scanlineimage}
    parts = [OpenEXR.Part(header | {"name": name}, {"RGB": rgb}) for name in ("beauty", "mask")]
    OpenEXR.File(parts).write(str(path))
    return path


def _matte_exr(folder: Path) -> Path:
    path = folder / "m.1001.exr"
    write_oiio(path, picture(5, dtype=np.float16)[..., :1].copy(), ("A",))
    return path


def _dpx(bits: int) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "a.1001.dpx"
        if bits == 8:
            return write_oiio(path, picture(5))
        return write_oiio(path, picture(5, dtype=np.uint16), oiio__BitsPerSample=bits, dpx__Transfer="Printing density")

    return write


def _tiff(folder: Path) -> Path:
    return write_oiio(folder / "a.1001.tif", picture(5, dtype=np.uint16), Artist="nobody", compression="lzw")


def _png(folder: Path) -> Path:
    path, said = folder / "a.1001.png", PngInfo()
    said.add_text("Title", "made for a test")
    said.add_itxt("Comment", "made for a test", zip=True)
    Image.fromarray(picture(5)).save(path, pnginfo=said)
    return path


def _jpeg(folder: Path) -> Path:
    path, exif = folder / "a.1001.jpg", Image.Exif()
    exif[274], exif[315] = 6, "nobody"
    Image.fromarray(picture(5)).save(path, exif=exif)
    return path


def _video(name: str, count: int = 4, **more: Any) -> Callable[[Path], Path]:
    return lambda folder: write_video(folder / name, count, metadata={"title": "made for a test"}, **more)


def _otio(folder: Path) -> Path:
    from edits import clip, dissolve, save, timeline

    shots = (
        clip("sq010_sh0010", 86400, 48, media="a001.mov"),
        dissolve(4, 4),
        clip("sq010_sh0020", 90000, 24, media="a002.mov"),
    )
    return save(timeline(*shots), folder / "cut.otio")


def _edl(folder: Path) -> Path:
    path = folder / "cut.edl"
    path.write_text(
        "TITLE: CUT\nFCM: NON-DROP FRAME\n\n"
        "001  A001     V     C        01:00:00:00 01:00:02:00 00:00:00:00 00:00:02:00\n"
        "* FROM CLIP NAME: sq010_sh0010\n* SOURCE FILE: a001.mov\n"
        "002  A002     V     C        01:00:10:00 01:00:12:00 00:00:02:00 00:00:04:00\n"
        "* FROM CLIP NAME: sq010_sh0020\n* LOC: 00:00:03:00 RED VFX\n"
        "003  A003     V     D    012 01:00:20:00 01:00:22:00 00:00:04:00 00:00:06:00\n"
    )
    return path


def _yaml_manifest(folder: Path) -> Path:
    from edits import TEMPLATE

    path = folder / "shots.yaml"
    path.write_text(TEMPLATE)
    return path


def _consent_record(folder: Path) -> Path:
    from edits import template

    template(folder)
    return folder / "lead.yaml"


def _of_package(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        from toy_packages import toy_package

        return toy_package(folder)[0] / name

    return write


KINDS = {
    kind.name: kind
    for kind in (
        Kind("exr", _exr, _frame, 600),
        Kind("exr-parts", _exr_of_parts, partial(_frame, layer="beauty"), 300),
        Kind("matte", _matte_exr, _matte, 200),
        Kind("dpx-8", _dpx(8), _frame, 300),
        Kind("dpx-10", _dpx(10), _frame, 500),
        Kind("tiff", _tiff, _frame, 400),
        Kind("png", _png, _frame, 400),
        Kind("jpeg", _jpeg, _frame, 400),
        Kind("mp4", _video("a.mp4"), _film, 300),
        Kind("mov", _video("a.mov", codec="prores_ks", pix_fmt="yuv422p10le"), _film, 300),
        Kind("mkv", _video("a.mkv"), _film, 200),
        Kind("gif", _video("a.gif", codec="gif", pix_fmt="rgb8"), _film, 200),
        Kind("otio", _otio, _edit, 600, text=True),
        Kind("edl", _edl, _edit, 500, text=True),
        Kind("manifest", _yaml_manifest, _manifest, 400, text=True),
        Kind("consent", _consent_record, _consent, 200, text=True),
        Kind("card", _of_package("card.yaml"), _package, 200, text=True),
        Kind("weights", _of_package("weights.safetensors"), _package, 200),
    )
}


def _outcome(kind: Kind, path: Path) -> str:
    """Whatever is not one of our errors is told by its type, wherever it came from."""
    from fsvfx.errors import FsvfxError

    try:
        kind.read(path)
    except FsvfxError as error:
        return f"refused: {error}" if error.what and error.hint else "refused without a word"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "read"


def _main() -> None:
    out = sys.stdout
    sys.stdout = sys.stderr  # what a decoder prints is no answer
    for line in sys.stdin:
        kind, path = json.loads(line)
        out.write(json.dumps(_outcome(KINDS[kind], Path(path))) + "\n")
        out.flush()


if __name__ == "__main__":
    _main()
