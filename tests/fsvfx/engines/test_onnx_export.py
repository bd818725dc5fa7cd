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
from fsvfx.engines.learned import built, restored
from fsvfx.engines.onnx_export import LIMIT, difference, export, graph_of
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import Batch, Model, Prediction
from fsvfx.errors import InputError, MachineError
from schemas.package import PackageCard

PEOPLE = ("ada", "bea")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PackageCard]:
    return toy_package(tmp_path_factory.mktemp("packages"), "df")


@pytest.fixture(scope="module")
def graphs(toy: tuple[Path, PackageCard]) -> dict[str, onnx.ModelProto]:
    """Of both people."""
    model = restored(learned("df"), toy[0])
    return {person: graph_of(model, person) for person in PEOPLE}


@pytest.fixture
def quick(graphs: dict[str, onnx.ModelProto], monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing takes seconds, and has been done."""

    def graph(model: Model, person: str) -> onnx.ModelProto:
        copied = onnx.ModelProto()
        copied.CopyFrom(graphs[person])
        return copied

    monkeypatch.setattr(onnx_export, "graph_of", graph)


@pytest.mark.usefixtures("quick")
def test_what_is_written_is_the_person_that_was_named(toy: tuple[Path, PackageCard], tmp_path: Path) -> None:
    package, _ = toy
    model = restored(learned("df"), package)
    pictures = torch.rand(7, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    for person in (None, *PEOPLE):
        done = export(package, tmp_path / f"{person}.onnx", person=person)
        assert done.outputs == ("rgb", "mask")
        assert done.difference <= LIMIT
        session = onnxruntime.InferenceSession(done.file, providers=["CPUExecutionProvider"])
        rgb, mask = session.run(None, {"faces": pictures.numpy()})
        with torch.no_grad():
            wanted = model.predict(pictures, person or "ada")
        assert wanted.mask is not None
        assert np.abs(rgb - wanted.rgb.numpy()).max() < LIMIT
        assert np.abs(mask - wanted.mask.numpy()).max() < LIMIT


@pytest.mark.usefixtures("quick")
def test_the_file_tells_whose_face_it_is_and_what_it_may_be_used_for(
    toy: tuple[Path, PackageCard], tmp_path: Path
) -> None:
    package, card = toy
    done = export(package, tmp_path / "out.onnx", person="bea")
    said = {each.key: each.value for each in onnx.load(done.file).metadata_props}
    assert said == done.metadata
    wanted = {
        "model": "toy", "engine": "df", "person": "bea", "people": "ada, bea", "consents": "ada-2031, bea-2031",
        "licence": "all rights reserved", "resolution": "64", "weights_sha256": card.sha256,
    }  # fmt: skip
    assert {name: said[f"fsvfx.{name}"] for name in wanted} == wanted
    onnx.checker.check_model(str(done.file), full_check=True)


def test_a_graph_that_does_not_agree_is_not_written(
    toy: tuple[Path, PackageCard], graphs: dict[str, onnx.ModelProto], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "graph_of", lambda model, person: graphs["ada"])
    with pytest.raises(MachineError, match="would differ"):
        export(toy[0], tmp_path / "out.onnx", person="bea")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("quick")
def test_a_file_that_is_there_stays_unless_it_is_forced(toy: tuple[Path, PackageCard], tmp_path: Path) -> None:
    out = tmp_path / "out.onnx"
    out.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        export(toy[0], out)
    assert out.read_text() == "mine"
    export(toy[0], out, force=True)
    onnx.load(out)


def a_file_in_the_way(folder: Path) -> Path:
    (folder / "file").write_text("no folder")
    return folder / "file" / "out.onnx"


REFUSED: dict[str, tuple[Callable[[Path], Path], str | None, type[Exception], str]] = {
    "nobody of that name": (lambda folder: folder / "out.onnx", "zoe", InputError, "knows ada, bea, not 'zoe'"),
    "nowhere to write": (a_file_in_the_way, None, MachineError, "can't be written"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("why", REFUSED)
def test_what_can_not_be_exported_is_told(toy: tuple[Path, PackageCard], tmp_path: Path, why: str) -> None:
    out, person, error, said = REFUSED[why]
    with pytest.raises(error, match=said) as caught:
        export(toy[0], out(tmp_path), person=person)
    assert caught.value.mend  # type: ignore[attr-defined]


class Many(Model):
    """Models side by side, so that tracing them costs its seconds once."""

    def __init__(self, models: list[Model]) -> None:
        super().__init__()
        self.models = torch.nn.ModuleList(models)
        self.people, self.resolution = models[0].people, models[0].resolution

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, torch.Tensor]:
        raise NotImplementedError

    def predict(self, pictures: torch.Tensor, person: str) -> Prediction:
        made = [model.predict(pictures, person) for model in self.models]  # type: ignore[operator]
        masks = [each.mask for each in made if each.mask is not None]
        return Prediction(torch.cat([each.rgb for each in made], 1), torch.cat(masks, 1) if masks else None)


def small(name: str, **more: object) -> Model:
    torch.manual_seed(2)
    return built(learned(name), {**SMALL[name], **more}, PEOPLE)  # type: ignore[dict-item]


def grown(iterations: int) -> Model:
    model = small("comb")
    model.advance(iterations)
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    "models",
    [
        lambda: [small("df", variant=variant) for variant in ("", "u", "d", "t", "c", "udtc")],
        lambda: [small("liae", variant=variant) for variant in ("", "ud", "t", "c", "udtc")],
        lambda: [grown(iterations) for iterations in (50, 125, 1000)],
        lambda: [small("original")],
    ],
    ids=["df", "liae", "comb", "original"],
)
def test_every_engine_and_variant_agrees_with_torch(models: Callable[[], list[Model]]) -> None:
    model = Many(models()).eval()
    content = graph_of(model, "bea").SerializeToString()
    assert difference(content, model, "bea") <= LIMIT
    assert difference(content, model, "ada") > LIMIT, "the other person's face is another"
