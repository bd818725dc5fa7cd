"""Whether entries that replace crowds, or take their identities from banks, are consistent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsvfx.documents import Finding, Loc
from fsvfx.manifests.check_shots import whom
from fsvfx.manifests.draft import Draft, ShotDraft
from schemas.bank import AllBut
from schemas.manifest import CROWD, MOST_ENTRIES, Replace

_ALONE = ("at_most", "shown", "basis")
"""Settings for crowds only."""
_ONE_FACE = ("track", "position", "roto", "roto_layer", "driver")
"""Settings for single faces only."""


def check_crowds(draft: Draft) -> Iterator[Finding]:
    """Each entry names the faces that it replaces, once; a crowd's comes last, gets a bank, and has a basis or
    records."""
    for shot in draft.shots:
        for index, entry in shot.replace.items():
            at = (*shot.loc, "replace", index)
            if entry.is_crowd:
                yield from _check_crowd(at, entry, shot, draft)
            else:
                yield from _check_single(at, entry)
        yield from _check_room(shot)


def _check_single(at: Loc, entry: Replace) -> Iterator[Finding]:
    if not entry.performer:
        hint = "Write performer: NAME; or performers: all, with an identity from a bank"
        yield Finding(at, "nothing says whose face is replaced", hint)
    for field in _ALONE:
        if field in entry.model_fields_set:
            what = f"{field} is only for crowds; this entry replaces one face"
            yield Finding((*at, field), what, "Remove it, or write performers instead of performer")


def _check_crowd(at: Loc, entry: Replace, shot: ShotDraft, draft: Draft) -> Iterator[Finding]:
    if entry.performer:
        what = "performer and performers are both given"
        yield Finding((*at, "performer"), what, "Leave one of them out")
    for field in _ONE_FACE:
        if getattr(entry, field) is not None:
            yield Finding((*at, field), f"{field} is only for a single face; this entry replaces many", "Remove it")
    if entry.from_bank is None:
        what = "many faces can't all get one person's face"
        yield Finding((*at, "identity"), what, "Write identity: {bank: NAME}; `fsvfx bank list` shows the banks")
    if entry.basis is None and not entry.shown:
        hint = "Name them in shown, each with a consent record; or give a basis: who decided what, when and why"
        yield Finding(at, "nothing says on what legal basis the faces of a crowd are replaced", hint)
    if entry.basis is not None and entry.shown:
        yield Finding((*at, "shown"), "shown and basis are both given", "Leave one of them out")
    if at[-1] != max(shot.replace):
        yield Finding(
            at, "a crowd is everybody who is left, so its entry comes last", "Move it to the end, and have only one"
        )
    yield from _check_named(at, entry, shot, draft)


def _check_named(at: Loc, entry: Replace, shot: ShotDraft, draft: Draft) -> Iterator[Finding]:
    """The people that a crowd excludes, and those in it: known, distinguishable, and not in conflict with other
    entries."""
    alone = entry.performers.all_but if isinstance(entry.performers, AllBut) else ()
    replaced = {one.performer: index for index, one in shot.replace.items() if one.performer and not one.is_crowd}
    for place, who in enumerate(alone):
        if isinstance(who, str):
            yield from _check_alone((*at, "performers", "all_but", place), who, replaced, draft)
    for name, index in replaced.items():
        if name not in alone:
            said = ", ".join(map(str, (*alone, name)))
            what = f"'{name}' is already replaced by entry {index}"
            yield Finding((*at, "performers"), what, f"Write performers: {{all_but: [{said}]}}")
    for place, name in enumerate(entry.shown):
        if name not in draft.named:
            yield Finding((*at, "shown", place), f"'{name}' is not among the people", whom(name, draft.named))


def _check_alone(at: Loc, who: str, replaced: Mapping[str, int], draft: Draft) -> Iterator[Finding]:
    person = draft.people.get(who)
    if who not in draft.named:
        yield Finding(at, f"'{who}' is not among the people", whom(who, draft.named))
    elif person is not None and not person.references and who not in replaced:
        what = f"nothing says which face is '{who}'"
        yield Finding(
            at, what, "Give references for them, or the number of their track; `fsvfx faces` shows the tracks"
        )


def _check_room(shot: ShotDraft) -> Iterator[Finding]:
    entries = [each for entry in shot.replace.values() for each in entry.each]
    if len(entries) > MOST_ENTRIES:
        what = f"{len(entries)} faces are to be replaced, but a shot has room for {MOST_ENTRIES}"
        yield Finding((*shot.loc, "replace"), what, "Lower at_most")
    for index, entry in shot.replace.items():
        if not entry.is_crowd and entry.performer.startswith(CROWD) and len(entries) > len(shot.replace):
            what = f"names that begin with {CROWD} are reserved for a crowd's faces"
            yield Finding((*shot.loc, "replace", index, "performer"), what, "Give the person another name")
