"""ONNX files of packages: they agree with torch, tell whose face they hold, and are not written otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from toy_packages import SMALL, toy_package

from fsvfx.engines import onnx_export
from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.onnx_export import difference, export, graph_of
from fsvfx.engines.packaged import built, restored
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import Batch, ClosedModel, Prediction
from fsvfx.errors import InputError, MachineError
from schemas.package import PackageCard

PEOPLE = ("ada", "bea")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PackageCard]:
    return toy_package(tmp_path_factory.mktemp("packages"), "df")


@pytest.fixture(scope="module")
def graph(toy: tuple[Path, PackageCard]) -> onnx.ModelProto:
    """Ada's."""
    return graph_of(restored(learned("df"), toy[0]), "ada")


@pytest.fixture
def quick(graph: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing takes seconds, and has been done; whoever is asked for, Ada comes out."""

    def copied(model: ClosedModel, person: str) -> onnx.ModelProto:
        proto = onnx.ModelProto()
        proto.CopyFrom(graph)
        return proto

    monkeypatch.setattr(onnx_export, "graph_of", copied)


@pytest.mark.usefixtures("quick")
def test_what_is_written_gives_what_the_package_gives(toy: tuple[Path, PackageCard], tmp_path: Path) -> None:
    done = export(toy[0], tmp_path / "out.onnx")
    assert done.outputs == ("rgb", "mask")
    assert done.difference <= LIMIT
    pictures = torch.rand(7, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    session = onnxruntime.InferenceSession(done.file, providers=["CPUExecutionProvider"])
    rgb, mask = session.run(None, {"faces": pictures.numpy()})
    with torch.no_grad():
        wanted = restored(learned("df"), toy[0]).predict(pictures, "ada")
    assert wanted.mask is not None
    assert np.abs(rgb - wanted.rgb.numpy()).max() < LIMIT
    assert np.abs(mask - wanted.mask.numpy()).max() < LIMIT


@pytest.mark.usefixtures("quick")
def test_the_file_tells_whose_face_it_is_and_what_it_may_be_used_for(
    toy: tuple[Path, PackageCard], tmp_path: Path
) -> None:
    done = export(toy[0], tmp_path / "out.onnx")
    said = {each.key: each.value for each in onnx.load(done.file).metadata_props}
    assert said == done.metadata
    wanted = {
        "model": "toy", "engine": "df", "person": "ada", "people": "ada, bea", "consents": "ada-2031, bea-2031",
        "licence": "all rights reserved", "resolution": "64", "weights_sha256": toy[1].sha256,
    }  # fmt: skip
    assert {name: said[f"fsvfx.{name}"] for name in wanted} == wanted
    onnx.checker.check_model(str(done.file), full_check=True)


@pytest.mark.usefixtures("quick")
def test_a_graph_that_does_not_agree_is_not_written(toy: tuple[Path, PackageCard], tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="would differ"):
        export(toy[0], tmp_path / "out.onnx", person="bea")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("quick")
def test_a_file_that_is_there_stays_unless_it_is_forced(toy: tuple[Path, PackageCard], tmp_path: Path) -> None:
    out = tmp_path / "out.onnx"
    out.write_text("mine")
    with pytest.raises(InputError, match="already exists"):
        export(toy[0], out)
    assert out.read_text() == "mine"
    export(toy[0], out, force=True)
    onnx.load(out)


def a_file_in_the_way(folder: Path) -> Path:
    (folder / "file").write_text("no folder")
    return folder / "file" / "out.onnx"


REFUSED: dict[str, tuple[Callable[[Path], Path], str | None, type[Exception], str]] = {
    "nobody of that name": (lambda folder: folder / "out.onnx", "zoe", InputError, "has learned ada, bea, not 'zoe'"),
    "nowhere to write": (a_file_in_the_way, None, MachineError, "can't be written"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("why", REFUSED)
def test_what_can_not_be_exported_is_told(toy: tuple[Path, PackageCard], tmp_path: Path, why: str) -> None:
    out, person, error, said = REFUSED[why]
    with pytest.raises(error, match=said) as caught:
        export(toy[0], out(tmp_path), person=person)
    assert caught.value.hint  # type: ignore[attr-defined]


class Many(ClosedModel):
    """Models side by side, so that tracing them costs its seconds once."""

    def __init__(self, models: list[ClosedModel]) -> None:
        super().__init__()
        self.models = torch.nn.ModuleList(models)
        self.people, self.resolution = models[0].people, models[0].resolution

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, torch.Tensor]:
        raise NotImplementedError

    def predict(self, pictures: torch.Tensor, person: str) -> Prediction:
        made = [model.predict(pictures, person) for model in self.models]  # type: ignore[operator]
        masks = [each.mask for each in made if each.mask is not None]
        return Prediction(torch.cat([each.rgb for each in made], 1), torch.cat(masks, 1) if masks else None)


def small(name: str, **more: object) -> ClosedModel:
    torch.manual_seed(2)
    return built(learned(name), {**SMALL[name], **more}, PEOPLE)  # type: ignore[dict-item]


def growing() -> ClosedModel:
    """A comb at 16 px on its way to 32."""
    model = small("comb", resolution=64)
    model.advance(125)
    return model


@pytest.mark.slow
def test_every_engine_and_variant_agrees_with_torch() -> None:
    models = [small("df", variant=""), small("df", variant="udtc"), small("liae", variant="ud")]
    model = Many([*models, growing(), small("original")]).eval()
    content = graph_of(model, "bea").SerializeToString()
    assert difference(content, model, "bea") <= LIMIT
    assert difference(content, model, "ada") > LIMIT, "the other person's face is another"
