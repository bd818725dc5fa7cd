"""Keys, which identify what a result depends on, and the ledger's paths of the records for each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import NamedTuple

from pydantic import JsonValue

from fsvfx.digests import Canonical, digest_of_joined, sorted_json
from fsvfx.store.archive import SUFFIX
from schemas.receipts import Receipt

LEDGER = "ledger"
WAIVERS = f"{LEDGER}/waivers"
INTENTS = f"{LEDGER}/intents"
UNKEYED = "unkeyed"
"""Replaces the key for failures before a key could be made (an unreadable plate)."""


class Address(NamedTuple):
    """One stage of one unit for one key."""

    stage: str
    unit: str
    key: str

    @classmethod
    def of(cls, receipt: Receipt) -> Address:
        return cls(receipt.stage, receipt.unit.name, receipt.key)

    @property
    def stem(self) -> str:
        return f"{LEDGER}/{self.stage}/{self.unit}/{self.key}"

    @property
    def receipt(self) -> str:
        return f"{self.stem}.json"

    def claim(self, turn: int) -> str:
        return f"{self.stem}.claim.{turn:04}.json"

    def failure(self, attempt: str) -> str:
        return f"{self.stem}.failed.{attempt}.json"

    def revoked(self, number: int) -> str:
        return f"{self.stem}.revoked.{number}.json"

    def broken(self, number: int) -> str:
        return f"{self.stem}.broken.{number}.json"

    def group(self, attempt: str) -> str:
        """The path of the attempt's Zarr group, which is one object."""
        return f"stages/{self.stage}/{self.unit}/{self.key}.{attempt}{SUFFIX}"


class Index:
    """All paths of the ledger at one moment, from a single listing."""

    def __init__(self, paths: list[str]) -> None:
        self._paths = frozenset(paths)
        self._records: dict[str, list[str]] = {}
        self._receipts: dict[str, list[str]] = {}
        for path in sorted(paths):
            stem, _, kind = path.rpartition("/")[2].removesuffix(".json").partition(".")
            if kind:
                folder = path.rpartition("/")[0]
                self._records.setdefault(f"{folder}/{stem}.{kind.partition('.')[0]}", []).append(path)
            elif path.count("/") == 3:
                self._receipts.setdefault(path.split("/")[1], []).append(path)

    def has_receipt(self, at: Address) -> bool:
        return at.receipt in self._paths

    def receipts(self, stage: str | None = None) -> list[str]:
        """Paths of all receipts (of one stage), including those for outdated keys."""
        return sorted(chain.from_iterable(self._receipts.values())) if stage is None else self._receipts.get(stage, [])

    def past_receipts(self, stage: str) -> list[str]:
        """Paths of all receipts of a stage, including those that were moved aside."""
        return [*self.receipts(stage), *(path for path in sorted(self._paths) if _is_revoked(path, stage))]

    def last_claim(self, at: Address) -> str | None:
        return self._last(at, "claim")

    def failures(self, at: Address) -> list[str]:
        """Paths of the failed attempts, oldest first."""
        return self._records.get(f"{at.stem}.failed", [])

    def waivers(self) -> list[str]:
        return sorted(path for path in self._paths if path.startswith(f"{WAIVERS}/"))

    def _last(self, at: Address, kind: str) -> str | None:
        found = [path for path in self._records.get(f"{at.stem}.{kind}", ()) if turn_of(path) >= 0]
        return max(found, key=turn_of, default=None)


def turn_of(claim: str) -> int:
    """The number of the claim at this path; -1 if the name is not a claim's."""
    turn = claim.removesuffix(".json").rpartition(".")[2]
    return int(turn) if turn.isascii() and turn.isdigit() else -1


def unit_of(path: str) -> str:
    """The unit's name in a ledger path."""
    return path.split("/")[-2]


def _is_revoked(path: str, stage: str) -> bool:
    folders, _, name = path.rpartition("/")
    return folders.startswith(f"{LEDGER}/{stage}/") and ".revoked." in name


def stage_key(
    *,
    stage: str,
    version: int,
    parameters: Mapping[str, JsonValue] | Canonical,
    weights: Mapping[str, str] | Canonical,
    colour_config: str,
    seed: int,
    inputs: Mapping[str, str],
) -> str:
    """The key of one stage of one unit (40 hex digits).

    ``weights``: model name -> sha256; ``inputs``: ``stage/unit`` -> output digest of the receipt, and ``media/name`` ->
    fingerprint of the input files.
    """
    return digest_of_joined(
        {
            "stage": stage,
            "version": version,
            "parameters": parameters if isinstance(parameters, Canonical) else dict(parameters),
            "weights": weights if isinstance(weights, Canonical) else dict(weights),
            "colour_config": colour_config,
            "seed": seed,
            "inputs": Canonical(sorted_json(dict(inputs))),  # texts are canonical already
        }
    )[:40]
