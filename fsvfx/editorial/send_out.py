"""From a manifest's deliverables to an edit's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.hand_back import HandBack
from fsvfx.editorial.read import read_edit
from fsvfx.editorial.relink import assembled, relinked
from fsvfx.editorial.write import check_suffix, write_edit
from fsvfx.errors import InputError, Where
from fsvfx.outputs import Named
from schemas.job import ShotJob


@dataclass(frozen=True)
class Sent:
    """What the edit now plays, and what a person should know."""

    shots: tuple[HandBack, ...]
    notes: tuple[str, ...]


def send_out(
    jobs: Sequence[ShotJob],
    out: Path,
    edit: Path | None = None,
    *,
    names: str = "{clip}",
    rate: Fraction | None = None,
    external: bool = False,
    replace: bool = False,
) -> Sent:
    """Write ``out``, an .otio or .edl that plays what ``jobs`` deliver: ``edit`` relinked, or all shots in a row.

    ``replace``: over a file that is there. ``external``: clips play sequences as ExternalReference, for Resolve.

    Raises EditError, InputError, PlateError, RightsError, StoreError, MachineError; then nothing is written.
    """
    check_suffix(out)
    owner = Named(replace, tuple(filter(None, [edit, *(Path(job.manifest) for job in jobs)])))
    owner.check_read(out)
    folder = out.absolute().parent
    if edit is None:
        timeline, backs = assembled(out.stem, jobs, folder, external=external)
        write_edit(timeline, out, backs[0].rate, owner=owner)
        return Sent(backs, _undelivered(backs))
    read = read_edit(edit, rate)
    shots = {job.shot.name for job in jobs}
    cuts = cuts_of(read, names, wanted=shots)
    if not cuts.cuts:
        hint = "Give the same --names as when it was imported"
        raise InputError("The edit has none of the manifest's shots", hint=hint, where=Where(file=str(edit)))
    backs = relinked(read, cuts, jobs, folder, external=external)
    absent = sorted(shots - {cut.shot for cut in cuts.cuts})
    write_edit(read.timeline, out, read.rate, (False, read.record_drop) if read.is_edl else None, owner=owner)
    notes = [f"{name}: it is not in the edit" for name in absent]
    return Sent(backs, (*cuts.notes, *notes, *_undelivered(backs)))


def _undelivered(backs: Sequence[HandBack]) -> tuple[str, ...]:
    return tuple(f"{back.job.shot.name}: not delivered yet" for back in backs if not back.facts["delivered"])
