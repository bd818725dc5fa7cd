"""The production's own OCIO config: found, checked, and known by its content."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest

from fsvfx import colour
from fsvfx.colour import ColourConfig, config_of
from fsvfx.errors import InputError, ManifestError
from fsvfx.manifests import jobs, load

CDL = "show.cube"
CUBE = "LUT_1D_SIZE 2\n0 0 0\n{top} {top} {top}\n"


def own_config(folder: Path, change: Callable[[ocio.Config], None] = lambda config: None, top: float = 1.0) -> Path:
    """``show.ocio``: a scene-linear P3 working space, and a plate space that a table of its own leads to it."""
    config = ocio.Config()
    config.setVersion(2, 1)
    config.setSearchPath("luts")
    config.addColorSpace(ocio.ColorSpace(name="ap0", encoding="scene-linear", family="aces"))
    working = ocio.ColorSpace(name="show_linear", encoding="scene-linear")
    matrix = ocio.MatrixTransform([0.5, 0.3, 0.2, 0, 0.1, 0.8, 0.1, 0, 0.0, 0.1, 0.9, 0, 0, 0, 0, 1])
    working.setTransform(matrix, ocio.COLORSPACE_DIR_TO_REFERENCE)
    config.addColorSpace(working)
    coded = ocio.ColorSpace(name="show_log", encoding="log")
    parts = ocio.GroupTransform([ocio.FileTransform(CDL), ocio.ExponentTransform([2.2, 2.2, 2.2, 1])])
    coded.setTransform(parts, ocio.COLORSPACE_DIR_TO_REFERENCE)
    config.addColorSpace(coded)
    for role, space in {"scene_linear": "show_linear", "aces_interchange": "ap0", "default": "show_log"}.items():
        config.setRole(role, space)
    change(config)
    (folder / "luts").mkdir(parents=True, exist_ok=True)
    (folder / "luts" / CDL).write_text(CUBE.format(top=top))
    file = folder / "show.ocio"
    file.write_text(config.serialize())
    return file


def manifest(folder: Path, config: str, space: str = "show_log") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "shots.yaml"
    file.write_text(
        f"schema_version: 1\nproduction: p\npeople: {{}}\ncolor: {{config: {config!r}}}\n"
        f"shots:\n  - name: s1\n    plate: {{path: a.mp4, frames: 1001-1002, color_space: {space}}}\n"
    )
    return file


def test_a_shot_is_run_in_the_productions_own_config(tmp_path: Path) -> None:
    file = own_config(tmp_path)
    (job,) = jobs(manifest(tmp_path, "show.ocio"))
    assert job.colour_config.startswith("blake3:")
    assert job.colour_file == str(file)
    assert colour.comp_space(ColourConfig.of(job), job.shot.plate.color_space) == "show_linear"
    codes = np.full((2, 2, 3), 128, np.uint8)
    comp = colour.plate_to_comp(codes, "show_log", ColourConfig.of(job))
    light = (128 / 255) ** 2.2  # grey in AP0; the working space's rows add up to one
    assert comp.astype(float) == pytest.approx(np.full((2, 2, 3), light), rel=1e-3)
    shown = colour.encode(comp.astype(np.float32), ColourConfig.of(job), "show_linear")
    assert np.ptp(shown, axis=-1).max() < 2e-3
    assert colour.decode(shown, ColourConfig.of(job), "show_linear") == pytest.approx(comp.astype(float), rel=1e-4)


def test_keys_know_the_config_by_its_content_not_by_its_place(tmp_path: Path) -> None:
    names = {}
    for place, change, top in (
        ("a", lambda config: None, 1.0),
        ("b", lambda config: None, 1.0),
        ("table", lambda config: None, 0.5),
        ("text", lambda config: config.setDescription("graded"), 1.0),
    ):
        folder = tmp_path / place
        folder.mkdir()
        own_config(folder, change, top)
        names[place] = jobs(manifest(folder, "show.ocio"))[0].colour_config
    assert names["a"] == names["b"]
    assert len({names["a"], names["table"], names["text"]}) == 3


def test_one_archive_is_as_good(tmp_path: Path) -> None:
    file = own_config(tmp_path)
    ocio.Config.CreateFromFile(str(file)).archive(str(tmp_path / "show.ocioz"))
    shutil.rmtree(tmp_path / "luts")
    (job,) = jobs(manifest(tmp_path, "show.ocioz"))
    assert colour.comp_space(ColourConfig.of(job), "show_log") == "show_linear"


def test_a_built_in_config_by_its_full_name(tmp_path: Path) -> None:
    name = "cg-config-v2.2.0_aces-v1.3_ocio-v2.4"
    for given in (name, f"ocio://{name}"):
        (job,) = jobs(manifest(tmp_path, given, "ACEScg"))
        assert (job.colour_config, job.colour_file) == (name, "")


def test_a_config_that_changes_under_a_run_is_refused(tmp_path: Path) -> None:
    file = own_config(tmp_path, lambda config: config.setDescription("of no other test"))
    config = config_of(file)
    file.write_text(file.read_text().replace("show_log", "other_log"))
    with pytest.raises(InputError, match="has changed"):
        colour.check_space(config, "show_linear")


def _without(role: str) -> Callable[[ocio.Config], None]:
    return lambda config: config.setRole(role, None)


def _roleless(config: ocio.Config) -> None:
    config.setRole("aces_interchange", None)


@pytest.mark.parametrize(
    ("config", "change", "field", "told"),
    [
        ("default", None, "color.config", "no built-in color config"),
        ("ocio://default", None, "color.config", "Give its full name"),
        ("none.ocio", None, "color.config", "can't be read"),
        ("../show.ocio", None, "color.config", "is outside"),
        ("/etc/show.ocio", None, "color.config", "is outside"),
        ("shots.yaml.ocio", None, "color.config", "can't be read as an OCIO config"),
        ("show.ocio", _without("scene_linear"), "color.config", "no role scene_linear"),
        ("show.ocio", lambda c: c.setRole("scene_linear", "show_log"), "color.config", "which is not scene-linear"),
        ("show.ocio", _roleless, "color.config", "aces_interchange"),
        (
            "show.ocio",
            lambda c: c.setSearchPath("elsewhere"),
            "color.config",
            "names 'show.cube'",
        ),
        ("show.ocio", lambda c: c.setSearchPath("../luts"), "color.config", "is outside"),
        ("show.ocio", lambda c: c.removeColorSpace("show_log"), "shots[0].plate.color_space", "of show.ocio"),
    ],
)
def test_a_config_of_no_use_is_refused_at_its_place(
    tmp_path: Path, config: str, change: Callable[[ocio.Config], None] | None, field: str, told: str
) -> None:
    folder = tmp_path / "show"
    folder.mkdir()
    own_config(folder, change or (lambda config: config.setRole("default", None)))
    (tmp_path / "luts").mkdir()
    (tmp_path / "luts" / CDL).write_text(CUBE.format(top=1.0))
    (folder / "shots.yaml.ocio").write_text("not: [a config")
    with pytest.raises(ManifestError) as refused:
        load(manifest(folder, config))
    (problem,) = refused.value.problems
    assert problem.field == field
    assert told in f"{problem.what}. {problem.hint}"
