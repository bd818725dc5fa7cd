"""The delivery report, made from receipts with the quality figures of the shot; and its contact sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from PIL import Image
from pydantic import JsonValue, ValidationError

from fsvfx.arrays import Data
from fsvfx.delivery.kinds import wish
from fsvfx.delivery.order import Order
from fsvfx.engines.contract import FIT
from fsvfx.entries import entry_name
from fsvfx.errors import MachineError, Where
from fsvfx.media import PlateInfo
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.qc.recognition import recognition
from fsvfx.qc.sheet import shot_sheet
from fsvfx.qc.summary import summary as spreads
from fsvfx.rights.weights import Weights
from fsvfx.store import Ledger, open_data
from schemas.frames import FrameRange
from schemas.manifest import Replace
from schemas.receipts import DeliveredFile, Receipt
from schemas.report import (
    DeliveryReport,
    ReportedColour,
    ReportedRights,
    ReportedStage,
    ReportedSwap,
    ReportedWeights,
)

_TOUCH_PIXELS = (
    "fsvfx",
    "numpy",
    "opencolorio",
    "OpenEXR",
    "OpenImageIO",
    "opencv-python",
    "torch",
    "zarr",
    "imageio-ffmpeg",
    "pillow",
)


def report_of(
    order: Order, info: PlateInfo, track: TimecodeTrack | None, files: Sequence[DeliveredFile]
) -> DeliveryReport:
    """All facts about the delivery of ``order`` (a whole shot), ``files``: the delivered files."""
    job, line = order.job, lineage(order)
    engines, cast = _engine_versions(line), cast_of(line)
    return DeliveryReport(
        statement=order.statement,
        production=job.production,
        shot=job.shot.name,
        frames=order.frames,
        frame_rate=str(info.frame_rate) if info.frame_rate else None,
        timecode=track.at(order.frames.first) if track else None,
        timecode_source=track.source if track else None,
        waived=order.waived or None,
        waivers=tuple(one for one in Ledger(order.store).waivers() if one.frames & order.waived),
        without_swap=_without_swap(order) or None,
        swaps=tuple(_swap(*each, engines) for each in _swaps(job.shot.replace, cast)),
        rights=ReportedRights(
            decision=order.rights.digest,
            records=order.rights.records,
            test_records=order.rights.test_records,
            purpose=order.rights.purpose,
            weights=tuple(_weights(one) for one in order.rights.weights),
            bases=order.rights.bases,
        ),
        colour=_colour(order),
        files=tuple(files),
        head=next((job.shot.faces.head for one in line if one.stage == FIT), None),
        qc={**summary(order), **_recognition(order, cast or {})},
        stages=tuple(_stage(one) for one in line),
        weights=dict(sorted(item for one in line for item in one.weights.items())),
        versions={name: version(name) for name in _TOUCH_PIXELS},
    )


_QUICK = 1
"""zlib's level: the default takes four times as long for a tenth less."""


def write_sheet(path: Path, order: Order) -> None:
    """The contact sheet of ``order`` (a whole shot) as PNG or JPEG, by the extension. Raises OSError, StoreError."""
    sheet = Image.fromarray(shot_sheet(order.job, measured(order), order.waived))
    sheet.save(path, quality=92, compress_level=_QUICK)


def read_report(path: Path) -> DeliveryReport:
    """Raises MachineError if it is not a report."""
    try:
        return DeliveryReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise MachineError(
            f"The delivery report can't be read: {type(error).__name__}",
            hint="Deliver again: fsvfx retry MANIFEST --stage deliver",
            where=Where(file=str(path)),
        ) from error


def lineage(order: Order) -> list[Receipt]:
    """The receipts of ``order`` and everything that they were made from, by the digests that they name."""
    ledger = Ledger(order.store)
    given = {_name(one): one for one in order.inputs}
    known = {(_name(one), one.digest): one for one in _upstream(ledger) if _name(one) not in given}
    found, seen = list(given.values()), set(given)
    for receipt in found:  # grows during iteration
        for name, digest in receipt.inputs.items():
            source = known.get((name, digest)) or _by_part(known.values(), name, digest)
            if source is not None and name not in seen:
                seen.add(name)
                found.append(source)
    return sorted(found, key=lambda one: (one.stage, one.unit.name))


def measured(order: Order) -> Data | None:
    """The measurements over all chunks that have them; None if there are none."""
    receipts = order.of("measure")
    return open_data(order.store, receipts) if receipts else None


def summary(order: Order) -> dict[str, JsonValue]:
    """The spread of each figure over the shot, see ``fsvfx.qc.summary``."""
    return spreads(measured(order))


def _recognition(order: Order, cast: Mapping[str, str]) -> dict[str, JsonValue]:
    found = recognition(measured(order), order.job, cast)
    return {"recognition": found} if found else {}


def _upstream(ledger: Ledger) -> list[Receipt]:
    """From the stages whose receipts are not inputs of delivery; all of them, for any key."""
    index = ledger.index()
    stages = ("references", "detect", "track", "cast", "align", "swap")
    return [one for stage in stages for one in ledger.history(index, stage, most=1_000_000)]


def _by_part(receipts: Iterable[Receipt], name: str, digest: str) -> Receipt | None:
    """Consumers of one part of a result name the part's digest."""
    return next((one for one in receipts if _name(one) == name and digest in one.parts.values()), None)


def _name(receipt: Receipt) -> str:
    return f"{receipt.stage}/{receipt.unit.name}"


def _without_swap(order: Order) -> FrameRange:
    shown = FrameRange(())
    for receipt in order.of("deliver"):
        frames = receipt.qc.get("altered")
        shown = shown | (FrameRange.parse(frames) if isinstance(frames, str) and frames else FrameRange(()))
    return order.frames - shown


def cast_of(line: Sequence[Receipt]) -> dict[str, str] | None:
    """The member of a bank used for each entry, by the entry's name; None if there was no cast."""
    receipt = next((one for one in line if one.stage == "cast"), None)
    if receipt is None:
        return None
    return {name: str(said["member"]) for name, said in receipt.qc.items() if isinstance(said, dict)}


def _swaps(replace: Sequence[Replace], cast: Mapping[str, str] | None) -> Iterator[tuple[Replace, str]]:
    """Each entry with its member; except crowd entries without a face."""
    for index, entry in enumerate(replace):
        member = (cast or {}).get(entry_name(index), "")
        if member or cast is None or entry.from_bank is None:
            yield entry, member


def _swap(entry: Replace, member: str, versions: dict[str, int]) -> ReportedSwap:
    overrides: tuple[dict[str, JsonValue], ...] = tuple(one.model_dump(mode="json") for one in entry.overrides)
    return ReportedSwap(
        performer=entry.performer,
        identity=entry.goes_in,
        engine=entry.engine,
        member=member,
        driver=entry.driver.gives if entry.driver else "",
        engine_version=versions.get(entry.engine),
        settings=entry.settings,
        overrides=overrides,
    )


def _engine_versions(line: Sequence[Receipt]) -> dict[str, int]:
    """From the swap stage's parameters: of the engines that ran, not of those installed now."""
    found: dict[str, int] = {}
    for receipt in line:
        entries = receipt.parameters.get("entries") if receipt.stage == "swap" else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("engine_version"), int):
                found[str(entry.get("engine"))] = int(str(entry["engine_version"]))
    return found


def _colour(order: Order) -> ReportedColour:
    return ReportedColour(
        config=order.job.colour_config,
        plate=order.colour.name,
        comp=order.comp_space,
        delivered=tuple(space for one in order.job.deliver if (space := order.space_of(wish(one)))),
    )


def _weights(one: Weights) -> ReportedWeights:
    return ReportedWeights(name=one.name, licence=one.licence, commercial_use=one.commercial_use, held=one.held)


def _stage(receipt: Receipt) -> ReportedStage:
    return ReportedStage(
        stage=receipt.stage,
        version=receipt.stage_version,
        unit=receipt.unit.name,
        key=receipt.key,
        digest=receipt.digest,
    )
