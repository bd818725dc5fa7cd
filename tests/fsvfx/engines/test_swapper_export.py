"""General models as plain ONNX swappers: what their packages give, known again without a question, terms and all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import toy_networks
from swaps import swapped
from toy_packages import SMALL, made_up, toy_package

from fsvfx import models
from fsvfx.context import Context
from fsvfx.engines import swapper_export
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.exporting import LIMIT, Exported
from fsvfx.engines.faceshifter import FaceShifter
from fsvfx.engines.onnx_swapper import OnnxSwapper, OnnxSwapperSettings
from fsvfx.engines.packaged import MatteSettings
from fsvfx.engines.simswap import SimSwap
from fsvfx.engines.swapper_export import export
from fsvfx.errors import InputError, MachineError
from fsvfx.networks import adding
from fsvfx.networks.files import inspect
from fsvfx.networks.recognise import recognise
from fsvfx.packages import Packages, machine_weights
from schemas.network import NetworkCard, SwapperCard
from schemas.network_identity import VectorSource
from schemas.package import PackageCard
from schemas.roster import Roster

Toy = tuple[Path, PackageCard]
Made = Callable[..., Any]
CROWD = made_up("t2i_0001", "t2i_0002")
SIZE = 160


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return toy_package(tmp_path_factory.mktemp("packages"), "simswap", roster=CROWD, commercial_use=True)


@pytest.fixture(scope="module")
def written(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Tracing takes seconds, so it is done once."""
    return export(toy[0], tmp_path_factory.mktemp("out") / "anybody.onnx")


@pytest.fixture
def faces(mesh: Made, picture: Made) -> FaceBatch:
    meshes = np.stack([mesh(SIZE), mesh(SIZE, yaw=25), mesh(SIZE, pitch=10)])
    return FaceBatch(np.stack([picture(SIZE, seed) for seed in range(3)]), meshes, (1001, 1002, 1003))


@pytest.fixture
def lead(mesh: Made, picture: Made, identity: Made) -> Identity:
    """With vectors as the references stage takes them: one picture has none, one is of somebody else."""
    made: Identity = identity([picture(SIZE, seed) for seed in range(4)], [mesh(SIZE)] * 4)
    taken = network_centre() + vectors(4) * np.array([[0.2], [0.21], [0.2], [0.9]], np.float32)
    taken[1] = np.nan
    return replace(made, embedding=taken.astype(np.float32))


def network_centre() -> np.ndarray:
    from fsvfx.identity.registry import network

    return network("dlib").centre


def vectors(count: int) -> np.ndarray:
    """(count, 128), of length 1; but for the last the same one, nearly."""
    numbers = np.random.default_rng(5)
    shared, other = (each / np.linalg.norm(each) for each in numbers.standard_normal((2, 128)))
    near = [shared + 0.05 * numbers.standard_normal(128) / 11 for _ in range(count - 1)]
    return np.stack([*near, other]).astype(np.float32)


def card_of(written: Exported, **answers: str) -> NetworkCard:
    draft = recognise(inspect(written.file), answers)
    assert not draft.open, [question.key for question in draft.open]
    return adding.made_card(draft, "anybody")


def engine(card: NetworkCard, written: Exported, folder: Path, **settings: Any) -> OnnxSwapper:
    toy_networks.placed(folder, card, written.file)
    said = OnnxSwapperSettings(model=card.model, sha256=card.digest, **settings)
    return OnnxSwapper(said, Context(Packages(folder)))


def test_the_interface_is_a_swappers(written: Exported) -> None:
    graph = onnx.load(written.file).graph
    assert [each.name for each in graph.input] == ["target", "source"]
    assert [each.name for each in graph.output] == ["output"] == list(written.outputs)
    shapes = [[d.dim_value or d.dim_param for d in each.type.tensor_type.shape.dim] for each in graph.input]
    assert [shape[1:] for shape in shapes] == [[3, 64, 64], [128]]
    assert all(isinstance(shape[0], str) for shape in shapes), "any number of faces"
    assert written.difference <= LIMIT
    onnx.checker.check_model(str(written.file), full_check=True)


def test_it_is_known_again_without_a_question(toy: Toy, written: Exported) -> None:
    card = card_of(written)
    assert isinstance(card, SwapperCard)
    assert isinstance(card.identity, VectorSource)
    assert card.target.cut.aligned
    assert (card.target.size, card.target.channels, card.output.denorm) == (64, "rgb", False)
    assert (card.identity.input, card.identity.length, card.identity.net.network) == ("source", "raw", "dlib")
    assert card.identity.net.sha256 == models.card("dlib_embedding").sha256
    assert (card.licence, card.commercial_use, card.people) == (toy[1].licence, True, ())
    assert card.trained_on == "pictures of 2 made-up people (Flux.1)"
    assert machine_weights(card) == ("dlib_embedding",)


@pytest.mark.parametrize("matte", ["learned*mesh", "mesh"])
def test_it_swaps_as_the_package_does(
    toy: Toy, written: Exported, matte: str, tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    """Crops of another size than the network's, through both engines, from references to mattes."""
    said: dict[str, Any] = {"matte": matte}
    trained = SimSwap(MatteSettings(model="toy", sha256=toy[1].sha256, **said), Context(Packages(toy[0].parents[1])))
    own = engine(card_of(written), written, tmp_path, **said)
    want, got = (swapped(each, faces, lead) for each in (trained, own))
    assert np.abs(got.crops - want.crops).max() < 1e-4
    assert np.abs(got.matte - want.matte).max() < 1e-4
    assert np.ptp(want.crops) > 0.01
    told = own.figures(own.prepare(lead, SIZE))
    assert told == {"provider": "cpu", "identity_pictures": 2, "identity_left_out": 1}
    assert told.items() >= trained.figures(trained.prepare(lead, SIZE)).items()


def test_somebody_else_comes_out_as_somebody_else(
    written: Exported, tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    own = engine(card_of(written), written, tmp_path)
    other = replace(lead, embedding=np.repeat(network_centre()[None] + vectors(2)[1:] * 0.3, 4, axis=0))
    assert np.abs(swapped(own, faces, lead).crops - swapped(own, faces, other).crops).max() > 1e-3


def test_nobody_goes_in_without_a_vector(written: Exported, tmp_path: Path, lead: Identity) -> None:
    own = engine(card_of(written), written, tmp_path)
    with pytest.raises(InputError, match="no usable reference pictures"):
        own.prepare(replace(lead, embedding=np.full((4, 128), np.nan, np.float32)), SIZE)


def test_another_identity_network_is_refused(written: Exported, tmp_path: Path, lead: Identity) -> None:
    card = card_of(written)
    for change, told in (
        ({"sha256": "b" * 64}, "needs vectors of the 'dlib' whose weights have sha256 bbbb"),
        ({"network": "dlab"}, "dlab"),
    ):
        said = card.model_dump(mode="json", exclude_none=True)
        said["identity"]["net"] |= change
        own = engine(type(card).model_validate(said), written, tmp_path)
        with pytest.raises(InputError, match=told):
            own.prepare(lead, SIZE)
    said["identity"]["net"] = {"network": "dlib", "sha256": "b" * 64, "size": 150}
    with pytest.raises(ValueError, match="size can't be set for fsvfx's own network 'dlib'"):
        type(card).model_validate(said)


def test_a_graph_that_does_not_agree_is_not_written(
    toy: Toy, written: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = toy_package(tmp_path / "packages", "simswap", seed=1, roster=CROWD)
    monkeypatch.setattr(swapper_export, "graph_of", lambda swap, size: onnx.load(written.file))
    with pytest.raises(MachineError, match="would differ"):
        export(other, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()
    assert export(toy[0], tmp_path / "out.onnx").difference <= LIMIT


def who_exist() -> Roster:
    [one] = CROWD.collections
    return Roster(collections=(one.model_copy(update={"made_up": False, "generators": ()}),))


HEAR = {**SMALL["faceshifter"], "hear": {"width": 4, "halvings": 2}}
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "people who exist": ("simswap", {"roster": who_exist()}, "has learned 2 people who exist"),
    "a prior": ("simswap", {"architecture": {**SMALL["simswap"], "prior": "warp"}}, "prior: warp"),
    "a second stage": (FaceShifter.name, {"architecture": HEAR}, "its second stage"),
    "reference pictures": ("refine", {}, "needs reference pictures"),
    "reference pictures, for a latent": ("rsgan", {}, "needs reference pictures"),
    "reference pictures, to turn": ("fsgan", {}, "needs reference pictures"),
    "reference pictures, to fit": ("unifacegan", {}, "needs reference pictures"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_swapper_can_not_be_given_is_told(what: str, tmp_path: Path) -> None:
    name, more, told = REFUSED[what]
    package, _ = toy_package(tmp_path / "packages", name, **{"roster": CROWD, **more})
    with pytest.raises(InputError, match=told) as caught:
        export(package, tmp_path / "out.onnx")
    assert caught.value.hint
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "outputs"), [("cihn", ("output", "mask")), ("ipgan", ("output",))])
def test_a_learned_map_is_written_as_well(name: str, outputs: tuple[str, ...], tmp_path: Path) -> None:
    package, _ = toy_package(tmp_path / "packages", name, roster=CROWD)
    done = export(package, tmp_path / "out.onnx")
    assert done.outputs == outputs
    assert done.difference <= LIMIT
