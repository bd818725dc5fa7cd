"""What is known of a user's file by itself, and what is asked: each published kind comes out as its card should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import toy_networks
import toy_swappers
from onnx import helper

from fsvfx.errors import InputError
from fsvfx.networks import adding
from fsvfx.networks.families import ARCFACE
from fsvfx.networks.files import inspect
from fsvfx.networks.questions import Answers, Draft
from fsvfx.networks.recognise import recognise
from schemas.network import DfmCard, NetworkCard, RestorerCard, SwapperCard, UpscalerCard

TERMS = {"licence": "ours", "commercial_use": "unknown"}
NAMES = {"simswap_512": "simswap_unofficial_512", "ghost_256": "ghost_1_256", "hififace_256": "hififace_unofficial_256"}
"""Where the toys are called otherwise than the real files."""
SAID: dict[str, dict[str, str]] = {
    "unknown_64": {
        "channels": "rgb",
        "range": "0..1",
        "cut": "arcface_112_v2",
        "output_range": "0..1",
        "vector": "unit",
    },
    "inswapper_128_fp16": {"map_length": "raw"},
}


def drafted(file: Path, answers: Answers) -> Draft:
    return recognise(inspect(file), answers)


def card_of(file: Path, answers: Answers) -> NetworkCard:
    draft = drafted(file, answers)
    assert not draft.open, [question.key for question in draft.open]
    return adding.made_card(draft, "toy")


@pytest.mark.parametrize("row", toy_swappers.ROWS, ids=lambda row: row.name)
def test_every_published_swapper_gets_the_card_that_it_should_have(row: toy_swappers.Row, tmp_path: Path) -> None:
    wanted = toy_swappers.made(row, tmp_path)
    file = tmp_path / f"{NAMES.get(row.name, row.name)}.onnx"
    (tmp_path / f"{row.name}.onnx").rename(file)
    answers = {**SAID.get(row.name, {})}
    if row.name == "unknown_64":
        answers |= TERMS
    net = toy_swappers.arcface(tmp_path)
    answers |= {key: str(path) for key, path in _files(row, net, tmp_path).items()}
    for key in ("converter", "identity_net", "adapter"):
        if key in answers:
            answers |= {f"{key}_licence": "OpenRAIL-MS", f"{key}_commercial_use": "yes"}
    answers |= {key: TERMS[key] for key in TERMS.keys() & {question.key for question in drafted(file, answers).open}}
    card = card_of(file, answers)
    assert isinstance(card, SwapperCard)
    assert isinstance(wanted, SwapperCard)
    assert card.target.cut.template == ("arcface_112_v1" if row.name == "ghost_vm_256" else row.template)
    assert (card.target.model_copy(update={"cut": wanted.target.cut}), card.output) == (wanted.target, wanted.output)
    assert [mask.name for mask in card.masks] == [mask.name for mask in wanted.masks]
    if row.picture:
        assert card.identity == wanted.identity
    else:
        _check_vector(card.identity, wanted.identity, own="identity_net" in answers)


def _files(row: toy_swappers.Row, net: Path, folder: Path) -> dict[str, Path]:
    if row.converter:
        return {"converter": folder / "crossface.onnx"}
    if row.adapter:
        return {"identity_net": folder / "own.onnx", "adapter": folder / "adapter.onnx"}
    return {"identity_net": net} if "_vm_" in row.name else {}


def _check_vector(card: Any, wanted: Any, *, own: bool) -> None:
    assert (card.input, card.length, card.map) == (wanted.input, wanted.length, wanted.map)
    assert (card.converter is None) == (wanted.converter is None)
    if card.converter:
        assert card.converter.sha256 == wanted.converter.sha256
    assert (card.net.file is not None) is own
    assert own or card.net.sha256 == ARCFACE
    assert (card.added is None) == (wanted.added is None)
    for one, other in ((card.net, wanted.net), (card.added, wanted.added)) if wanted.added else ():
        assert (one.sha256, one.mean, one.std, one.cut) == (other.sha256, other.mean, other.std, other.cut)


def picture_network(
    file: Path, side: int | str = 512, out: int | str = 512, more: dict[str, Any] | None = None
) -> Path:
    nodes = [helper.make_node("Resize", ["input", "", "scales"], ["output"])]
    factor = out / side if isinstance(out, int) and isinstance(side, int) else 4
    tensors = {"scales": np.array([1, 1, factor, factor], np.float32)}
    inputs: dict[str, Any] = {"input": (1, 3, side, side), **(more or {})}
    return toy_networks.saved(file, inputs, nodes, {"output": (1, 3, out, out)}, tensors)


def dfm(file: Path, side: int = 224, morph: bool = True) -> Path:
    face = ("n", side, side, 3)
    nodes = [
        helper.make_node("Identity", ["in_face:0"], ["out_celeb_face:0"]),
        helper.make_node("ReduceMean", ["in_face:0"], ["out_face_mask:0"], axes=[3], keepdims=1),
        helper.make_node("Identity", ["out_face_mask:0"], ["out_celeb_face_mask:0"]),
    ]
    mask = ("n", side, side, 1)
    outputs = {"out_face_mask:0": mask, "out_celeb_face:0": face, "out_celeb_face_mask:0": mask}
    inputs: dict[str, Any] = {"in_face:0": face, **({"morph_value:0": (1,)} if morph else {})}
    return toy_networks.saved(file, inputs, nodes, outputs, opset=12)


def test_a_dfm_is_known_but_for_whose_face_it_makes(tmp_path: Path) -> None:
    file = dfm(tmp_path / "ada.dfm")
    draft = drafted(file, {})
    assert [question.key for question in draft.open] == ["person", "licence", "commercial_use"]
    card = card_of(file, {"person": "ada", "licence": "our own", "commercial_use": "yes"})
    assert isinstance(card, DfmCard)
    assert (card.people, card.commercial_use) == (("ada",), True)
    assert (card.target.layout, card.target.channels, card.target.size) == ("nhwc", "bgr", 224)
    assert (card.target.cut.dfl, card.output.name) == ("whole_face", "out_celeb_face:0")
    assert [(mask.name, mask.of) for mask in card.masks] == [
        ("out_face_mask:0", "plate"),
        ("out_celeb_face_mask:0", "swap"),
    ]
    assert card.constants == {"morph_value:0": 0.75}


def test_what_fsvfx_has_exported_says_whose_it_is_and_how_its_faces_lie(tmp_path: Path) -> None:
    """Everybody whom it has learned is asked; what its package left open, only a person can say."""
    file = dfm(tmp_path / "lead.dfm", morph=False)
    told = {"person": "bea", "people": "ada, bea", "licence": "for this film", "cut": "aligned"}
    tell(file, told)
    assert [question.key for question in drafted(file, {}).open] == ["commercial_use"]
    card = card_of(file, {"commercial_use": "no"})
    assert isinstance(card, DfmCard)
    assert (card.people, card.licence) == (("bea", "ada"), "for this film")
    assert (card.target.cut.aligned, card.target.channels) == (True, "bgr")


@pytest.mark.parametrize(("said", "meant"), [("yes", True), ("no", False)])
def test_an_export_is_for_what_its_package_was(said: str, meant: bool, tmp_path: Path) -> None:
    file = dfm(tmp_path / "lead.dfm", morph=False)
    tell(file, {"person": "bea", "licence": "for this film", "cut": "aligned", "commercial_use": said})
    assert card_of(file, {}).commercial_use is meant
    if not meant:
        with pytest.raises(InputError, match="can't say that commercial use is allowed"):
            drafted(file, {"commercial_use": "yes"})


def test_what_a_file_says_of_itself_counts_only_if_it_is_taken_for_an_export(tmp_path: Path) -> None:
    file = dfm(tmp_path / "lead.dfm", morph=False)
    tell(file, {"commercial_use": "yes", "licence": "free"})
    assert [question.key for question in drafted(file, {}).open] == ["person", "licence", "commercial_use"]


def tell(file: Path, said: dict[str, str]) -> None:
    """Write it into the file, as an export does."""
    model = onnx.load(file)
    for name, value in said.items():
        model.metadata_props.add(key=f"fsvfx.{name}", value=value)
    onnx.save(model, file)


@pytest.mark.parametrize("name", ["GFPGANv1.4", "gpen_bfr_512", "restoreformer_plus_plus"])
def test_restorers_are_known_by_their_names_and_shapes(name: str, tmp_path: Path) -> None:
    file = picture_network(tmp_path / f"{name}.onnx")
    card = card_of(file, TERMS)
    assert isinstance(card, RestorerCard)
    assert (card.target.mean, card.output.denorm, card.target.cut.template) == ((0.5,) * 3, True, "ffhq_512")


def test_a_file_name_allows_no_commercial_use(tmp_path: Path) -> None:
    """And a licence that nobody here has read is asked for, with where it is to be read."""
    draft = drafted(picture_network(tmp_path / "GFPGANv1.4.onnx"), {})
    assert [question.key for question in draft.open] == ["licence", "commercial_use"]
    assert "github.com/TencentARC/GFPGAN" in draft.open[0].text
    assert "commercial_use" not in draft.said or draft.said["commercial_use"] is not True


def test_codeformer_has_its_weight_as_a_constant(tmp_path: Path) -> None:
    file = picture_network(tmp_path / "codeformer.onnx", more={"w": (1,)})
    assert card_of(file, TERMS).constants == {"w": 0.7}
    assert card_of(file, {**TERMS, "w": "0.5"}).constants == {"w": 0.5}
    with pytest.raises(InputError, match="w can't be 'much'"):
        drafted(file, {"w": "much"})


def test_upscalers_are_asked_what_their_shapes_leave_open(tmp_path: Path) -> None:
    card = card_of(picture_network(tmp_path / "realesrgan_x4.onnx", 64, 256), TERMS)
    assert isinstance(card, UpscalerCard)
    assert card.times == 4
    free = picture_network(tmp_path / "esrgan_free.onnx", "h", "w")
    assert [question.key for question in drafted(free, {}).open] == ["size", "times", "licence", "commercial_use"]
    card = card_of(free, {**TERMS, "size": "128", "times": "4"})
    assert isinstance(card, UpscalerCard)
    assert (card.target.size, card.output.size) == (128, 512)


def test_a_matrix_is_found_by_its_shape_wherever_it_stands(tmp_path: Path) -> None:
    [row] = [row for row in toy_swappers.ROWS if row.name == "inswapper_128"]
    toy_swappers.made(row, tmp_path)
    file = tmp_path / "inswapper_128.onnx"
    toy_swappers.reordered(file)
    said = drafted(file, {}).said["identity"]["map"]
    assert (said["initializer"], said["shape"]) == ("buff2fs", [512, 512])


def test_what_is_published_as_not_commercial_stays_so(tmp_path: Path) -> None:
    [row] = [row for row in toy_swappers.ROWS if row.name == "inswapper_128"]
    toy_swappers.made(row, tmp_path)
    file = tmp_path / "inswapper_128.onnx"
    assert drafted(file, {}).said["commercial_use"] is False
    with pytest.raises(InputError, match="can't say that commercial use is allowed") as told:
        drafted(file, {"commercial_use": "yes"})
    assert "licences" in told.value.hint


def test_an_unknown_file_is_asked_for_all_that_it_does_not_say(tmp_path: Path) -> None:
    file = toy_networks.echo(tmp_path / "mine.onnx", 64)
    draft = drafted(file, {})
    wanted = ["channels", "range", "cut", "output_range", "vector", "licence", "commercial_use"]
    assert [question.key for question in draft.open] == [each for each in wanted if each != "output_range"]
    assert all(question.choices for question in draft.open if question.key not in ("licence",))
    told = str(adding.unanswered(file, draft).problems[0])
    assert "rgb: red first" in told
    with pytest.raises(InputError, match="channels can't be 'gbr'"):
        drafted(file, {"channels": "gbr"})
    with pytest.raises(InputError, match="range can't be '7'"):
        drafted(file, {"range": "7"})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            lambda graph: graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", 4),
            "no input that takes a picture|none for the identity",
        ),
        (lambda graph: graph.input.pop(1), "none for the identity"),
    ],
)
def test_what_fsvfx_can_not_feed_is_told(change: Any, what: str, tmp_path: Path) -> None:
    file = toy_networks.echo(tmp_path / "mine.onnx", 64)
    model = onnx.load(file)
    change(model.graph)
    onnx.save(model, file)
    with pytest.raises(InputError, match=what):
        drafted(file, {"family": "inswapper"})


ALL = {"channels": "rgb", "range": "0..1", "cut": "ffhq_512", "vector": "unit", **TERMS}


def test_pictures_of_bytes_have_one_range(tmp_path: Path) -> None:
    """A uint8 input is fed 0 to 255, whatever a network of floats would get, and bands are told of."""
    file = toy_networks.echo(tmp_path / "mine.onnx", 64)
    model = onnx.load(file)
    for port in (model.graph.input[0], model.graph.output[0]):
        port.type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.save(model, file)
    said = {name: value for name, value in ALL.items() if name != "range"}
    card = card_of(file, said)
    assert isinstance(card, SwapperCard)
    assert (card.target.mean, card.target.std[0], card.output.denorm) == ((0, 0, 0), pytest.approx(1 / 255), True)
    assert any("8 bits" in why for why in drafted(file, said).because)
    with pytest.raises(InputError, match="'target' takes pictures of 8 bits"):
        drafted(file, ALL)


def test_a_vector_of_another_length_is_told_before_a_run(tmp_path: Path) -> None:
    file = toy_networks.echo(tmp_path / "mine.onnx", 64)
    model = onnx.load(file)
    model.graph.input[1].type.tensor_type.shape.dim[1].dim_value = 256
    onnx.save(model, file)
    with pytest.raises(InputError, match="'source' takes a vector of 256 numbers, and ArcFace's w600k_r50 makes 512"):
        drafted(file, ALL)
    net = toy_swappers.arcface(tmp_path)
    own = {"identity_net": str(net), "identity_net_licence": "ours", "identity_net_commercial_use": "no"}
    assert not drafted(file, ALL | own).open


@pytest.mark.parametrize(
    ("sizes", "what"),
    [((64, 96), r"pictures that are not square: input \(1 x 3 x 64 x 96"), ((8, 8), "not 16 to 8192 px")],
)
def test_pictures_that_no_card_can_have_are_told_with_their_sizes(
    sizes: tuple[int, int], what: str, tmp_path: Path
) -> None:
    shape = (1, 3, *sizes)
    node = helper.make_node("Identity", ["input"], ["output"])
    file = toy_networks.saved(tmp_path / "odd.onnx", {"input": shape}, [node], {"output": shape})
    with pytest.raises(InputError, match=what):
        drafted(file, {"kind": "restorer"})


def test_a_size_that_no_card_can_have_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = picture_network(tmp_path / "any.onnx", "side", "side")
    with pytest.raises(InputError, match=r"No card can be made from this: target\.size") as caught:
        card_of(file, ALL | {"kind": "restorer", "size": "0"})
    assert caught.value.what.endswith("greater than or equal to 16")


def test_what_is_taken_of_the_target_is_told(tmp_path: Path) -> None:
    """A .dfm says nothing of its face type: that the usual one was taken is told."""
    told = drafted(dfm(tmp_path / "ada.dfm"), {"person": "ada", **TERMS}).because
    assert "the target goes to 'in_face:0': 224 px, nhwc, bgr, 0..1, whole_face" in told


def test_a_slip_of_the_pen_is_told(tmp_path: Path) -> None:
    """It was passed over, and the usual value taken."""
    file = toy_networks.echo(tmp_path / "mine.onnx", 64)
    with pytest.raises(InputError, match="'chanels' is not one of the questions") as caught:
        drafted(file, ALL | {"chanels": "bgr"})
    assert "'channels'" in caught.value.hint


@pytest.mark.parametrize(
    ("file", "name"), [("Müller v1.2 (final).onnx", "Muller_v1.2_final"), ("-é_.onnx", "e"), ("a.b.onnx", "a.b")]
)
def test_packages_are_called_as_their_files(file: str, name: str) -> None:
    assert adding.name_for(Path(file)) == name
