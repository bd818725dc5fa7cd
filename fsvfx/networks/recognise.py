"""From a network's file to its card: known facts are filled in, the rest is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from fsvfx.errors import InputError
from fsvfx.networks.drafting_identity import as_picture, as_vector
from fsvfx.networks.drafting_pictures import masks_of, output_of, picture_out, target_of
from fsvfx.networks.drafting_terms import terms_of
from fsvfx.networks.families import FAMILIES, Family, family_of, pictures, vectors
from fsvfx.networks.files import Graph, Port
from fsvfx.networks.questions import (
    ALIGNED,
    ANSWERS,
    CUTS,
    DFL,
    KINDS,
    Answers,
    Draft,
    Question,
    number_of,
)
from fsvfx.suggestions import suggestion
from schemas.network import CARDS, NetworkCard

_LEAST, _MOST = 16, 8192
"""Sides of pictures that cards can have, px."""


def recognise(graph: Graph, answers: Answers) -> Draft:
    """Combines the file and the answers. Raises InputError for answers that do not fit."""
    _check_pictures(graph)
    draft = Draft(graph, answers)
    draft.family = _family(draft)
    kind = draft.family.kind if draft.family else _kind(draft)
    if kind:
        draft.said["kind"] = kind
        _MAKERS[kind](draft)
    _constants(draft)
    terms_of(draft)
    _check_answers(draft)
    return draft


def _check_answers(draft: Draft) -> None:
    """Raises InputError for an answer without a question: probably a typo."""
    known = {*ANSWERS, *(port.name for port in draft.graph.inputs)}
    for key in draft.answers:
        if key not in known:
            raise InputError(f"'{key}' is not one of the questions", hint=suggestion(key, sorted(known)))


def card_of(draft: Draft, name: str, files: Mapping[str, Mapping[str, Any]]) -> NetworkCard:
    """The card of a draft without open questions. files: ``file`` and those named in the draft's ``files``, as
    described in cards. Raises InputError if it contradicts itself."""
    said = {**draft.said, "model": name, "file": files["file"]}
    kind = CARDS[said.pop("kind")]
    licensed = {key: {**files[key], **draft.terms[key]} for key in draft.files}
    if draft.files:
        said["identity"] = identity = dict(said["identity"])
        for key, place in (("identity_net", "net"), ("adapter", "added")):
            if key in licensed:
                identity[place] = {**identity[place], "sha256": licensed[key]["sha256"], "file": licensed[key]}
        if "converter" in licensed:
            identity["converter"] |= licensed["converter"]
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InputError(f"No card can be made from this: {what}", hint="Check the options that you gave") from error


def _family(draft: Draft) -> Family | None:
    said = draft.answers.get("family", "")
    if said and said != "other":
        if said not in FAMILIES:
            raise InputError(f"No family named '{said}'", hint=f"Give one of: {', '.join(FAMILIES)}, other")
        draft.because.append(f"taken for {said}, as you say")
        return FAMILIES[said]
    family, why = (None, "") if said == "other" else family_of(draft.graph)
    if family is not None:
        draft.because.append(f"taken for {family.name} {why}")
    return family


def _check_pictures(graph: Graph) -> None:
    """Each picture input, and the output, must accept square pictures of a size that cards allow."""
    seen, out = pictures(graph), picture_out(graph)
    if not seen:
        ports = ", ".join(map(str, graph.inputs)) or "none"
        hint = "Faces go in as (n, 3, side, side) or (n, side, side, 3); export the network without the steps before"
        raise InputError(f"{graph.file.name} has no input that takes a picture: its inputs are {ports}", hint=hint)
    for port in (*seen, *([out] if out is not None and out.layout is not None else ())):
        sizes = [size for size in port.sides if isinstance(size, int)]
        if len({*sizes}) > 1:
            hint = "Export it for square pictures, or with free height and width"
            raise InputError(f"{graph.file.name} has pictures that are not square: {port}", hint=hint)
        if sizes and not _LEAST <= sizes[0] <= _MOST:
            what = f"{graph.file.name} has pictures that are not {_LEAST} to {_MOST} px wide: {port}"
            raise InputError(what, hint="Check that it is a network that makes faces from faces")


def _kind(draft: Draft) -> str:
    """By its inputs and outputs."""
    graph = draft.graph
    seen, codes = pictures(graph), vectors(graph)
    if len(seen) > 2 or len(codes) > 1:
        ports = ", ".join(map(str, graph.inputs))
        hint = "A swapper takes the target, and the identity as a picture or a vector"
        raise InputError(f"{graph.file.name} has inputs that fsvfx can't fill: {ports}", hint=hint)
    if len(seen) == 2 or codes:
        return "swapper"
    side, out = seen[0].side, picture_out(graph)
    if side is not None and out is not None and out.side is not None and out.side > side and out.side % side == 0:
        return draft.ask(_which("restorer", "upscaler"))
    return draft.ask(_which("dfm", "restorer", "upscaler"))


def _which(*kinds: str) -> Question:
    return Question("kind", "What the network does", {kind: KINDS[kind] for kind in kinds})


def _swapper(draft: Draft) -> None:
    target, source = _target_and_source(draft)
    if target is None:
        return
    draft.said["target"] = target_of(draft, target, {**CUTS, **ALIGNED})
    draft.said["output"] = output_of(draft)
    masks = list(masks_of(draft, "swap"))
    if masks:
        draft.said["masks"] = masks
    if source is not None:
        draft.said["identity"] = as_vector(draft, source) if source.layout is None else as_picture(draft, source)


def _target_and_source(draft: Draft) -> tuple[Port | None, Port | None]:
    """By their names if both are pictures; there is no other way."""
    seen, codes = pictures(draft.graph), vectors(draft.graph)
    if codes:
        return seen[0], codes[0]
    if len(seen) < 2:
        what = f"{draft.graph.file.name} has one input of pictures and none for the identity"
        raise InputError(what, hint="A network of one person is added with --say kind=dfm")
    by_name = {port.name.lower(): port for port in seen}
    if {"source", "target"} <= by_name.keys():
        return by_name["target"], by_name["source"]
    told = {port.name: f"{port.side} px" for port in seen}
    chosen = draft.ask(Question("target", "The input that takes the face to be replaced", told))
    if not chosen:
        return None, None
    return next(port for port in seen if port.name == chosen), next(port for port in seen if port.name != chosen)


def _dfm(draft: Draft) -> None:
    seen = pictures(draft.graph)
    draft.said["target"] = target_of(draft, seen[0], DFL)
    draft.said["output"] = output_of(draft)
    masks = list(masks_of(draft, "swap"))
    if masks:
        draft.said["masks"] = masks
    told = draft.graph.metadata
    everybody = dict.fromkeys(filter(None, (told.get("fsvfx.person"), *told.get("fsvfx.people", "").split(", "))))
    form = "The person's name in manifests; then the names of others it has learned"
    person = draft.ask(Question("person", "Whose face it makes", usual=", ".join(everybody), form=form))
    if person:
        draft.said["people"] = [one.strip() for one in person.split(",")]


def _restorer(draft: Draft) -> None:
    draft.said["target"] = target_of(draft, pictures(draft.graph)[0], CUTS)
    draft.said["output"] = output_of(draft)


def _upscaler(draft: Draft) -> None:
    port = pictures(draft.graph)[0]
    target = target_of(draft, port, {})
    target.pop("cut", None)
    draft.said["target"] = target
    output, out = output_of(draft), picture_out(draft.graph)
    if "size" not in output and (out is None or out.side is None):
        choices = {"2": "twice", "3": "three times", "4": "four times", "8": "eight times"}
        times = draft.ask(Question("times", "Its scale factor", choices))
        output |= {"size": int(times) * target["size"]} if times and "size" in target else {}
    draft.said["output"] = output


_MAKERS: Final[dict[str, Callable[[Draft], None]]] = {
    "swapper": _swapper,
    "dfm": _dfm,
    "restorer": _restorer,
    "upscaler": _upscaler,
}


def _constants(draft: Draft) -> None:
    """Additional inputs: a number each."""
    used = {draft.said.get(part, {}).get("input") for part in ("target", "identity")}
    found: dict[str, float] = {}
    for port in draft.graph.inputs:
        if port.name in used or port.layout is not None or "kind" not in draft.said:
            continue
        family = draft.family.constants if draft.family else {}
        usual = "0.75" if port.name.startswith("morph_value") else str(family.get(port.name, "")) if family else ""
        value = draft.ask(Question(port.name, f"The constant value of the input {port}", {}, usual, "A number"))
        if value:
            found[port.name] = number_of(port.name, value)
    if found:
        draft.said["constants"] = found
