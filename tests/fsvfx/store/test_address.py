"""Keys: the order of things does not matter, everything else does."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fsvfx.digests import Canonical, canonical_json, digest_of
from fsvfx.store import stage_key

SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
PARTS = {
    "stage": "swap",
    "version": 1,
    "parameters": {"feather": 12.0},
    "weights": {"mesh": "ab"},
    "colour_config": "studio",
    "seed": 0,
    "inputs": {"align/1001-1024": "cd"},
}


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(list(value))}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


def told_apart(value: Any) -> tuple[str, Any]:
    """A tuple that is equal for equal values only: bools are no numbers, 4.0 is 4."""
    if isinstance(value, dict):
        return ("dict", tuple(sorted((name, told_apart(item)) for name, item in value.items())))
    if isinstance(value, list):
        return ("list", tuple(told_apart(item) for item in value))
    kind = "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    whole = isinstance(value, float) and value.is_integer()
    return kind, repr(int(value) if whole else value)


@given(VALUES)
def test_the_order_of_keys_does_not_matter(value: Any) -> None:
    assert digest_of(value) == digest_of(shuffled(copy.deepcopy(value)))


@given(VALUES)
def test_canonical_json_is_json_of_an_equal_value(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@given(VALUES, VALUES)
def test_unlike_values_have_unlike_digests(one: Any, other: Any) -> None:
    assume(told_apart(one) != told_apart(other))
    assert digest_of(one) != digest_of(other)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="can't be part of a key"):
        digest_of({"a": [number]})


def test_whole_floats_are_integers_and_bools_are_not() -> None:
    assert digest_of(4) == digest_of(4.0)
    assert digest_of(0.0) == digest_of(-0.0)
    assert digest_of(1) != digest_of(True)
    assert digest_of("1") != digest_of(1)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("stage", "align"),
        ("version", 2),
        ("parameters", {"feather": 12.5}),
        ("parameters", {}),
        ("weights", {"mesh": "ac"}),
        ("weights", {"nets": "ab"}),
        ("colour_config", "other"),
        ("seed", 1),
        ("inputs", {"align/1001-1024": "ce"}),
        ("inputs", {"align/1025-1048": "cd"}),
    ],
)
def test_every_part_counts(part: str, value: Any) -> None:
    assert stage_key(**PARTS) != stage_key(**(PARTS | {part: value}))


def test_keys_stay_what_they_are() -> None:
    """A key that changed by itself would redo everybody's finished shots."""
    assert stage_key(**PARTS) == "65b260e3056a3adc64d681bf10dd71b4e179e870"


def test_keys_are_the_same_whether_their_parts_are_said_or_worked_out_before() -> None:
    parameters: dict[str, Any] = {"b": [1.0, "ä"], "a": {"x": None}}
    said: dict[str, Any] = {
        "stage": "s", "version": 1, "weights": {"m": "0"}, "colour_config": "c", "seed": 3, "inputs": {"i/1": "d"},
    }  # fmt: skip
    plain = digest_of({**said, "parameters": parameters})[:40]
    assert stage_key(**said, parameters=parameters) == plain
    assert stage_key(**said, parameters=Canonical.of(parameters)) == plain
