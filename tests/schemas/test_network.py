"""The card of a user's own network: what it refuses, and what its digest covers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.network import CARDS, DfmCard, NetworkCard, RestorerCard, SwapperCard
from schemas.network_identity import VectorSource

SHA = "a" * 64
FILE = {"path": "net.onnx", "sha256": SHA, "size": 100}
COMMON = {
    "model": "mine",
    "file": FILE,
    "licence": "MIT",
    "commercial_use": None,
    "source": "somebody",
    "trained_on": "faces",
    "consent": "unknown",
    "output": {"name": "output"},
}
FACE = {"input": "target", "size": 128, "cut": {"template": "arcface_128"}}
VECTOR = {
    "kind": "vector",
    "input": "source",
    "net": {"sha256": SHA},
    "length": "unit",
    "map": {"initializer": "buff2fs", "shape": [512, 512], "unit_after": True},
}


def made(kind: str = "swapper", **more: Any) -> NetworkCard:
    identity = {"identity": VECTOR} if kind == "swapper" else {}
    said = {"kind": kind, **COMMON, "target": FACE, **identity, **more}
    return CARDS[kind].model_validate_json(json.dumps(said), strict=True)


def test_a_card_says_all_that_running_a_network_needs() -> None:
    card = made(target={**FACE, "mean": 0.5, "std": [0.229, 0.224, 0.225], "layout": "nhwc", "channels": "bgr"})
    assert isinstance(card, SwapperCard)
    assert card.target.mean == (0.5, 0.5, 0.5)
    assert card.target.std == (0.229, 0.224, 0.225)
    assert isinstance(card.identity, VectorSource)
    assert card.identity.net.cut.template == "arcface_112_v2"
    assert card.machine_nets == (card.identity.net,)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"targt": FACE}, "Extra inputs"),
        ({"target": {**FACE, "cut": {}}}, "exactly one of template"),
        ({"target": {**FACE, "cut": {"template": "arcface_128", "dfl": "head"}}}, "exactly one of template"),
        ({"target": {**FACE, "cut": {"points": [[0.3, 0.4]] * 4}}}, "at least 5"),
        ({"target": {**FACE, "mean": 127.5}}, "less than or equal to 4"),
        ({"target": {**FACE, "std": 0}}, "greater than 0"),
        (
            {
                "identity": {
                    **VECTOR,
                    "converter": {**FILE, "licence": "MIT", "commercial_use": True, "unit_after": True},
                }
            },
            "not both",
        ),
        ({"identity": {"kind": "none"}}, "does not match any of the expected tags"),
        ({"file": {**FILE, "sha256": "abc"}}, "String should match"),
        ({"file": {**FILE, "size": 0}}, "greater than 0"),
    ],
)
def test_what_can_not_be_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        made(**change)


def test_the_face_in_a_dfm_has_a_name() -> None:
    with pytest.raises(ValidationError, match="people"):
        made("dfm")
    card = made("dfm", people=["ada"], target={**FACE, "cut": {"dfl": "whole_face"}})
    assert isinstance(card, DfmCard)
    assert not card.machine_nets


def test_an_upscaler_says_how_many_times_as_large() -> None:
    with pytest.raises(ValidationError, match=r"multiple of target\.size"):
        made("upscaler", target={"input": "in", "size": 128})
    card = made("upscaler", target={"input": "in", "size": 128}, output={"name": "out", "size": 512})
    assert getattr(card, "times") == 4  # noqa: B009


def test_a_restorer_may_have_further_inputs() -> None:
    card = made("restorer", constants={"weight": 0.7, "more": [1, 2]})
    assert isinstance(card, RestorerCard)
    assert card.constants == {"weight": 0.7, "more": (1.0, 2.0)}


def test_the_digest_covers_every_statement_but_not_where_files_lie() -> None:
    one = made().digest
    assert made(file={**FILE, "path": "/elsewhere/other.onnx"}).digest == one
    assert made(target={**FACE, "mean": 0}).digest == one, "a default that is said is the same"
    others = {
        made(file={**FILE, "sha256": "b" * 64}).digest,
        made(target={**FACE, "mean": 0.5}).digest,
        made(target={**FACE, "cut": {"template": "ffhq_512"}}).digest,
        made(commercial_use=True).digest,
        made("restorer").digest,
    }
    assert len(others | {one}) == 6
