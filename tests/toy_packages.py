"""Model packages with random weights, as small as their engines allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from fsvfx import packages
from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from schemas.augmentation import Augmentation
from schemas.collection import Generator
from schemas.faceset import FacesetSettings
from schemas.package import PackageCard, TrainedPerson
from schemas.roster import MemberCollection, Roster
from schemas.trainer import TrainerSettings

SMALL: Mapping[str, dict[str, Any]] = {
    "original": {},
    "df": {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8},
    "liae": {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8},
    "comb": {"resolution": 32, "first": 8, "level_steps": 100, "width": 0.05},
    "cihn": {"resolution": 64, "width": 4, "halvings": 2, "gan": 0},
    "faceshifter": {"resolution": 64, "encoder_width": 4, "generator_width": 64, "gan": 0},
    "fsgan": {"resolution": 64, "width": 4, "halvings": 3, "gan": 0},
    "fsnet": {"resolution": 64, "width": 4, "halvings": 3, "latent": 8, "gan": 0},
    "ipgan": {"resolution": 64, "width": 4, "halvings": 3, "latent": 8, "gan": 0},
    "megafs": {"resolution": 64, "width": 4, "code": 8, "structure": 4, "gan": 0},
    "refine": {"resolution": 64, "sight": 32, "widths": [4, 8], "blocks": 1, "directions": 4},
    "rsgan": {"resolution": 64, "width": 4, "halvings": 3, "latent": 8, "gan": 0},
    "simswap": {"resolution": 64, "width": 4, "halvings": 2, "blocks": 1, "critic_width": 4, "critic_depth": 2},
    "style_transfer": {"resolution": 64, "width": 2, "sight": 48, "photos": 8, "nearest": 2},
    "unifacegan": {"resolution": 64, "width": 4, "halvings": 2, "gan": 0},
}
PAIR = ("ada", "bea")


def card(sha256: str, engine: str = "df", people: tuple[str, ...] = PAIR, **more: Any) -> PackageCard:
    """As of a training of ``engine`` at its smallest."""
    architecture = learned(engine).Architecture.model_validate(SMALL[engine]).model_dump(mode="json")
    said: dict[str, Any] = {
        "model": "toy",
        "sha256": sha256,
        "engine": engine,
        "architecture": architecture,
        "people": tuple(person(name) for name in people),
        "production": "test",
        "licence": "all rights reserved",
        "rights": "0123456789abcdef",
        "trained_at": datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC),
        "iterations": 1000,
        "seconds": 12.5,
        "ended": "iterations",
        "device": "cpu",
        "fsvfx": "0.1.0",
        "trainer": TrainerSettings(iterations=1000),
        "augmentation": Augmentation(),
        "faceset": FacesetSettings(),
        "losses": {"identity": 0.25, "performer": 1e-05},
    }
    return PackageCard.model_validate(said | more)


def person(name: str) -> TrainedPerson:
    return TrainedPerson(
        name=name, consent=f"{name}-2031", faceset=f"{name}-digest", faces=40, held_out=4, footage=(f"{name}_talk",)
    )


def toy_package(
    root: Path,
    engine: str = "df",
    people: tuple[str, ...] = PAIR,
    seed: int = 0,
    roster: Roster | None = None,
    **more: Any,
) -> tuple[Path, PackageCard]:
    """A package below ``root``, and its card; ``more`` goes into the card. roster: of a general model."""
    files = {packages.ROSTER: packages.roster_bytes(roster)} if roster else {}
    if roster:
        people, more["roster"] = (), packages.seal_of(roster)
    torch.manual_seed(seed)
    architecture = more.setdefault("architecture", SMALL[engine])
    model = built(learned(engine), architecture, people)
    more["architecture"] = learned(engine).Architecture.model_validate(architecture).model_dump(mode="json")
    placed = packages.place(root, model.state_dict(), lambda sha256: card(sha256, engine, people, **more), files)
    return placed, packages.card_of(placed)


def made_up(*people: str, licence: str = "CC0-1.0") -> Roster:
    """Of people who do not exist."""
    generators = (Generator(name="Flux.1", terms="those of its outputs"),)
    one = MemberCollection(
        collection="made_up", record="made-up-1", digest="0" * 64, people=people, made_up=True, generators=generators,
        licence=licence,
    )  # fmt: skip
    return Roster(collections=(one,))
