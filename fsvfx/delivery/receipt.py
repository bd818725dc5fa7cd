"""The receipt of a delivery: one per key, valid only while its files exist."""

from __future__ import annotations

import os
import resource
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from pydantic import JsonValue

from fsvfx.delivery.order import STAGE, VERSION, Order
from fsvfx.digests import digest_of
from fsvfx.media import remote
from fsvfx.store import Address, Index, Ledger, this_worker
from fsvfx.store.address import LEDGER
from schemas.receipts import DeliveredFile, Receipt

_KEY = "delivery"

Written = tuple[Iterable[DeliveredFile], dict[str, JsonValue]]
"""Files, and figures for the receipt."""


def receipt_of(order: Order, write: Callable[[Order], Written]) -> Receipt:
    """The receipt of an equal delivery if its files still exist, otherwise of what ``write`` writes; not committed.

    Before anything is written, older receipts of the unit are revoked: they cover files that are about to be replaced,
    which their size alone would not show.
    """
    order.check_complete()
    ledger = order.ownership.ledger
    past = _past(ledger, order)
    for receipt in past:
        if receipt.qc.get(_KEY) == order.key and is_intact(receipt):
            return receipt
    for receipt in past:
        ledger.revoke(Address.of(receipt))
    started = datetime.now(UTC)
    files, figures = write(order)
    return _receipt(order, tuple(files), {**figures, _KEY: order.key}, started)


def is_intact(receipt: Receipt) -> bool:
    """Whether every delivered file exists; local ones also by their recorded size."""
    return all(_is_there(file) for file in receipt.files)


def _past(ledger: Ledger, order: Order) -> list[Receipt]:
    """The ledger's receipts of the unit, for any key."""
    paths = Index(order.store.names(f"{LEDGER}/{STAGE}/{order.unit.name}")).receipts(STAGE)
    keys = [path.rpartition("/")[2].removesuffix(".json") for path in paths]
    return list(ledger.receipts(Address(STAGE, order.unit.name, key) for key in keys).values())


def _is_there(file: DeliveredFile) -> bool:
    if remote.is_remote(file.path):
        return remote.exists(file.path)
    try:
        return os.stat(file.path).st_size == file.bytes
    except FileNotFoundError:
        return False


def _receipt(
    order: Order, files: tuple[DeliveredFile, ...], figures: dict[str, JsonValue], started: datetime
) -> Receipt:
    contents: list[JsonValue] = [file.model_dump(mode="json", exclude={"path"}) for file in files]
    return Receipt(
        shot=order.job.shot.name,
        stage=STAGE,
        stage_version=VERSION,
        unit=order.unit,
        key=order.content_key,
        attempt=uuid.uuid4().hex,
        path="",
        digest=digest_of(contents),
        inputs={f"{one.stage}/{one.unit.name}": one.digest for one in order.inputs},
        parameters={"waived": str(order.waived)},
        colour_config=order.job.colour_config,
        seed=order.job.shot.seed,
        rights=order.rights.digest,
        started=started,
        ended=datetime.now(UTC),
        peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        bytes=sum(file.bytes for file in files),
        worker=this_worker(),
        device="cpu",
        qc=figures,
        files=files,
    )
