"""The terms part of a card: licence, commercial use, training data, and consent."""

from __future__ import annotations

from fsvfx.errors import InputError
from fsvfx.networks.questions import YES, Draft, Question


def terms_of(draft: Draft) -> None:
    """Licence and use. Known facts about a family, and those that fsvfx has written into its own exports, are used;
    what a family forbids stays forbidden. A file's name permits nothing: only the user can."""
    family, told = draft.family, exported(draft)
    usual = told.get("licence") or (family.licence if family else "")
    where = f" (see {family.source})" if family and not told and family.kind != "dfm" else ""
    licence = draft.ask(Question("licence", f"What it may be used for{where}", usual=usual))
    known = "no" if family is not None and family.non_commercial else told.get("commercial_use", "")
    allowed = draft.ask(Question("commercial_use", "Whether it may be used commercially", YES, known))
    if allowed == "yes" and family is not None and known == "no":
        what = f"{family.name} is published as '{usual}': its card can't say that commercial use is allowed"
        hint = (
            "If you hold a licence of your own, add it with --say commercial_use=no, and give your licence in the "
            "manifest: licences: {NAME: ...}"
        )
        raise InputError(what, hint=hint)
    consent = (
        "not documented" if family is None or family.kind != "dfm" else "the person's record, required in each run"
    )
    draft.said |= {
        "licence": licence,
        "commercial_use": allowed_of(allowed),
        "source": draft.answers.get("made_by") or (family.source if family else f"the file {draft.graph.file.name}"),
        "trained_on": draft.answers.get("trained_on") or told.get("trained_on", "not said"),
        "consent": draft.answers.get("consent") or told.get("consent", consent),
    }


def exported(draft: Draft) -> dict[str, str]:
    """What ``fsvfx models export`` has written into the file; empty for files that were recognized as something
    else."""
    if draft.family is None or draft.family.source != "fsvfx":
        return {}
    said = draft.graph.metadata.items()
    told = {name.removeprefix("fsvfx."): value for name, value in said if name.startswith("fsvfx.")}
    return told if told.get("commercial_use") in ("yes", "no") else told | {"commercial_use": ""}


def allowed_of(answer: str) -> bool | None:
    return {"yes": True, "no": False}.get(answer)
