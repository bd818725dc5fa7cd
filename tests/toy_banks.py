"""Banks of faces that are only numbers, for tests that look at no picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.banks.bank import Bank
from fsvfx.banks.looks import SIZE
from fsvfx.packages import bank_of, place_bank
from schemas.bank_card import About, BankCard
from schemas.collection import CollectionRecord

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def record(**said: Any) -> CollectionRecord:
    raw = {
        "schema_version": 1,
        "record_id": "toys-01",
        "collection": "toys",
        "people": ["toy_*"],
        "made_up": True,
        "generators": [{"name": "a random generator", "terms": "none"}],
        "statement": "Numbers that stand for nobody's face, made up by a random generator for tests.",
        "source": "the tests",
        "licence": "MIT",
        "commercial_use": True,
        "is_test_record": True,
    }
    return CollectionRecord.model_validate(raw | said)


def card(
    count: int = 4, name: str = "toys", sha256: str = "0" * 64, about: Sequence[About] = (), **said: Any
) -> BankCard:
    return BankCard(
        bank=name,
        sha256=sha256,
        members=tuple(f"toy_{number}" for number in range(1, count + 1)),
        networks=("dlib",),
        record=record(**said),
        about=tuple(about),
        built_at=NOW,
        fsvfx="0",
    )


def bank(looks: np.ndarray, vectors: np.ndarray) -> Bank:
    """Of members who look (n, 12) so, and are these (n, 128) by dlib's network."""
    count = len(looks)
    return Bank(
        card(count),
        np.zeros((count, 32, 32, 3), np.uint8),
        np.zeros((count, 468, 3), np.float32),
        np.ones(count, np.float32),
        looks.astype(np.float32),
        vectors.astype(np.float32),
        {"dlib": vectors.astype(np.float32)},
    )


def placed(root: Path, count: int = 4, name: str = "toys", seed: int = 0, **said: Any) -> BankCard:
    """A bank below ``root``: members look alike, and are far from each other."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 128)).astype(np.float32) / 8
    arrays: dict[str, np.ndarray] = {
        "crops": random.integers(0, 255, (count, 32, 32, 3)).astype(np.uint8),
        "landmarks": random.random((count, 468, 3)).astype(np.float32),
        "sharpness": np.ones(count, np.float32),
        "look": np.zeros((count, SIZE), np.float32),
        "code": vectors,
        "vectors_dlib": vectors,
    }
    return bank_of(place_bank(root, arrays, lambda sha256: card(count, name, sha256, **said)))
