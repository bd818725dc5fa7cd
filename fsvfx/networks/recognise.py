"""From what a file says to what its card must say: what can be known is taken, and the rest is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from fsvfx.errors import InputError
from fsvfx.models import packs
from fsvfx.networks.families import (
    ARCFACE,
    ARCFACE_AGAIN,
    FAMILIES,
    Family,
    family_of,
    map_of,
    numbers,
    pictures,
    vectors,
)
from fsvfx.networks.files import Graph, Port
from fsvfx.networks.questions import (
    AFTER,
    CHANNELS,
    CUTS,
    DFL,
    KINDS,
    LENGTHS,
    OUT,
    PIXELS,
    RANGES,
    YES,
    Answers,
    Draft,
    Question,
)
from schemas.network import CARDS, NetworkCard


def recognise(graph: Graph, answers: Answers) -> Draft:
    """What the file and the answers say together. Raises InputError for answers that do not fit."""
    _check_pictures(graph)
    draft = Draft(graph, answers)
    draft.family = _family(draft)
    kind = draft.family.kind if draft.family else _kind(draft)
    if kind:
        draft.said["kind"] = kind
        _MAKERS[kind](draft)
    _constants(draft)
    _terms(draft)
    return draft


def card_of(draft: Draft, name: str, files: Mapping[str, Mapping[str, Any]]) -> NetworkCard:
    """The card of a draft with no questions open. files: ``file`` and what the draft's ``files`` name, as cards have
    files. Raises InputError if it contradicts itself."""
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
        what = " ".join(str(error).split())
        raise InputError(f"No card can be made of this: {what}", hint="Check the options that you gave") from error


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
    if not pictures(graph):
        ports = ", ".join(map(str, graph.inputs)) or "none"
        hint = "Faces go in as (n, 3, side, side) or (n, side, side, 3); export the network without the steps before"
        raise InputError(f"{graph.file.name} has no input that takes a picture: its inputs are {ports}", hint=hint)


def _kind(draft: Draft) -> str:
    """By what goes in and comes out."""
    graph = draft.graph
    seen, codes = pictures(graph), vectors(graph)
    if len(seen) > 2 or len(codes) > 1:
        ports = ", ".join(map(str, graph.inputs))
        hint = "A swapper takes the target, and who goes in as a picture or a vector"
        raise InputError(f"{graph.file.name} wants more than fsvfx can give: {ports}", hint=hint)
    if len(seen) == 2 or codes:
        return "swapper"
    side, out = seen[0].side, _picture_out(graph)
    if side is not None and out is not None and out.side is not None and out.side > side and out.side % side == 0:
        return draft.ask(_which("restorer", "upscaler"))
    return draft.ask(_which("dfm", "restorer", "upscaler"))


def _which(*kinds: str) -> Question:
    return Question("kind", "What the network does", {kind: KINDS[kind] for kind in kinds})


def _swapper(draft: Draft) -> None:
    target, source = _target_and_source(draft)
    if target is None:
        return
    draft.said["target"] = _target(draft, target, CUTS)
    draft.said["output"] = _output(draft)
    masks = list(_masks(draft, "swap"))
    if masks:
        draft.said["masks"] = masks
    if source is not None:
        draft.said["identity"] = _as_vector(draft, source) if source.layout is None else _as_picture(draft, source)


def _target_and_source(draft: Draft) -> tuple[Port | None, Port | None]:
    """By their names where both are pictures; there is no other way."""
    seen, codes = pictures(draft.graph), vectors(draft.graph)
    if codes:
        return seen[0], codes[0]
    if len(seen) < 2:
        what = f"{draft.graph.file.name} has one input of pictures and none that says who goes in"
        raise InputError(what, hint="A network of one person is added with --say kind=dfm")
    by_name = {port.name.lower(): port for port in seen}
    if {"source", "target"} <= by_name.keys():
        return by_name["target"], by_name["source"]
    told = {port.name: f"{port.side} px" for port in seen}
    chosen = draft.ask(Question("target", "The input that takes the face which is replaced", told))
    if not chosen:
        return None, None
    return next(port for port in seen if port.name == chosen), next(port for port in seen if port.name != chosen)


def _dfm(draft: Draft) -> None:
    seen = pictures(draft.graph)
    draft.said["target"] = _target(draft, seen[0], DFL)
    draft.said["output"] = _output(draft)
    masks = list(_masks(draft, "swap"))
    if masks:
        draft.said["masks"] = masks
    told = draft.graph.metadata
    everybody = dict.fromkeys(filter(None, (told.get("fsvfx.person"), *told.get("fsvfx.people", "").split(", "))))
    form = "The name by which manifests call this person; then others whom it has learned"
    person = draft.ask(Question("person", "Whose face it makes", usual=", ".join(everybody), form=form))
    if person:
        draft.said["people"] = [one.strip() for one in person.split(",")]


def _restorer(draft: Draft) -> None:
    draft.said["target"] = _target(draft, pictures(draft.graph)[0], CUTS)
    draft.said["output"] = _output(draft)


def _upscaler(draft: Draft) -> None:
    port = pictures(draft.graph)[0]
    target = _target(draft, port, {})
    target.pop("cut", None)
    draft.said["target"] = target
    output, out = _output(draft), _picture_out(draft.graph)
    if "size" not in output and (out is None or out.side is None):
        choices = dict.fromkeys(("2", "3", "4", "8"), "times")
        times = draft.ask(Question("times", "How many times as large what it makes is", choices))
        output |= {"size": int(times) * target["size"]} if times and "size" in target else {}
    draft.said["output"] = output


_MAKERS: Final[dict[str, Callable[[Draft], None]]] = {
    "swapper": _swapper,
    "dfm": _dfm,
    "restorer": _restorer,
    "upscaler": _upscaler,
}


def _target(draft: Draft, port: Port, cuts: Mapping[str, str]) -> dict[str, Any]:
    family = draft.family
    said: dict[str, Any] = {"input": port.name, "layout": port.layout or "nchw"}
    if port.side is not None:
        said["size"] = port.side
    else:
        side = draft.ask(Question("size", "The side of its pictures, which the file leaves open", form=PIXELS))
        said |= {"size": _whole("size", side)} if side else {}
    usual = "" if family is None else "bgr" if family.kind == "dfm" and said["layout"] == "nhwc" else "rgb"
    said["channels"] = draft.ask(Question("channels", "The order of its colors", CHANNELS, usual))
    said |= _range(draft, "range", "The numbers that its pictures have", family.range if family else "")
    if cuts:
        usual = family.cut if family else ""
        chosen = draft.ask(Question("cut", "How the face lies in its pictures", dict(cuts), usual))
        said["cut"] = _cut(chosen) if chosen else {}
    size = f"{said.get('size', '?')} px"
    draft.because.append(f"the target goes to '{port.name}': {size}, {said['layout']}")
    return said


def _cut(chosen: str) -> dict[str, Any]:
    if chosen in CUTS:
        return {"template": chosen}
    own: dict[str, dict[str, Any]] = {"facemesh": {"facemesh": {}}, "aligned": {"aligned": True}}
    return own.get(chosen, {"dfl": chosen})


def _range(draft: Draft, key: str, text: str, usual: str) -> dict[str, Any]:
    given = draft.answers.get(key, "")
    if given and given not in RANGES:
        try:
            mean, std = numbers(given)
        except ValueError:
            hint = f"Give one of {', '.join(RANGES)}, or MEAN/STD of values in 0 to 1, such as 0.5/0.5"
            raise InputError(f"{key} can't be '{given}'", hint=hint) from None
    else:
        chosen = draft.ask(Question(key, text, RANGES, usual))
        if not chosen:
            return {}
        mean, std = numbers(chosen)
    return {name: value for name, value, plain in (("mean", mean, 0.0), ("std", std, 1.0)) if value != plain}


def _output(draft: Draft) -> dict[str, Any]:
    out = _picture_out(draft.graph)
    if out is None:
        names = {port.name: str(port) for port in draft.graph.outputs}
        chosen = draft.ask(Question("output", "The output that is the picture", names))
        out = next((port for port in draft.graph.outputs if port.name == chosen), None)
    said: dict[str, Any] = {"name": out.name if out else ""}
    target = draft.said["target"]
    if out is not None and out.layout is not None and out.layout != target["layout"]:
        what = f"'{out.name}' gives pictures as {out.layout}, and the target goes in as {target['layout']}"
        raise InputError(what, hint="Export it with one order of axes for both")
    if out is not None and out.layout is not None and out.side not in (None, target.get("size")):
        said["size"] = out.side
    is_plain = "mean" not in target and "std" not in target
    usual = "0..1" if is_plain else ("same" if draft.family.denorm else "0..1") if draft.family else ""
    answer = draft.ask(Question("output_range", "The numbers of what it makes", OUT, usual))
    if answer == "same" and not is_plain:
        said["denorm"] = True
    return said


def _picture_out(graph: Graph) -> Port | None:
    """The first output that has three channels; or the only one, whatever its shape says."""
    found = [port for port in graph.outputs if port.layout is not None]
    celeb = [port for port in found if "celeb_face" in port.name and "mask" not in port.name]
    return next(iter(celeb or found), graph.outputs[0] if len(graph.outputs) == 1 else None)


def _masks(draft: Draft, usual: str) -> Iterator[dict[str, Any]]:
    for port in draft.graph.outputs:
        if len(port.shape) != 4 or 1 not in (port.shape[1], port.shape[3]) or port.layout is not None:
            continue
        of = "plate" if port.name.startswith("out_face_mask") else usual
        blended = draft.family is not None and draft.family.blended
        yield {"name": port.name, "of": of, **({"already_blended": True} if blended else {})}
        draft.because.append(f"'{port.name}' is a learned matte of the {of}'s face")


def _as_picture(draft: Draft, port: Port) -> dict[str, Any]:
    family = draft.family
    said: dict[str, Any] = {"kind": "picture", "input": port.name, "layout": port.layout or "nchw"}
    given = str(port.side or draft.ask(Question("source_size", "The side of the picture of who goes in", form=PIXELS)))
    said |= {"size": _whole("source_size", given)} if given else {}
    usual = family.source_cut if family else ""
    chosen = draft.ask(Question("source_cut", "How the face of who goes in lies in its picture", CUTS, usual))
    said["cut"] = _cut(chosen) if chosen else {}
    usual = family.source_range if family else ""
    return said | _range(draft, "source_range", "The numbers of the picture of who goes in", usual)


def _as_vector(draft: Draft, port: Port) -> dict[str, Any]:
    family = draft.family
    said: dict[str, Any] = {"kind": "vector", "input": port.name}
    needs = family.needs if family else ()
    usual = family.length if family else ""
    said["length"] = draft.ask(Question("vector", "The length of the vector of who goes in", LENGTHS, usual))
    said["net"] = _net(draft, needs)
    found = map_of(draft.graph)
    if found is not None and draft.answers.get("map", "") != "none":
        name, shape = found
        after = draft.ask(Question("map_length", "The length of the vector after the matrix", AFTER, "unit"))
        said["map"] = {"initializer": name, "shape": list(shape), "unit_after": after == "unit"}
        draft.because.append(f"who goes in is multiplied by '{name}', {shape[0]} x {shape[1]}")
    if "adapter" in needs:
        _file(draft, "adapter", "The second network (id adapter), whose vector is added")
        said["added"] = {}
    is_wanted = "converter" in needs or bool(draft.answers.get("converter"))
    if is_wanted and _file(draft, "converter", "The converter (crossface) of this family"):
        said["converter"] = {"unit_after": family.unit_after if family else True}
    return said


def _net(draft: Draft, needs: tuple[str, ...]) -> dict[str, Any]:
    if "identity_net" in needs or draft.answers.get("identity_net"):
        _file(draft, "identity_net", "The ArcFace that this network was trained with")
        mean, std = numbers(draft.family.source_range) if draft.family and draft.family.needs else (0.5, 0.5)
        return {"mean": mean, "std": std}
    if pack := draft.answers.get("net"):
        return _of_pack(draft, pack)
    net: dict[str, Any] = {"sha256": ARCFACE, "same_as": [ARCFACE_AGAIN]}
    if draft.family is not None and draft.family.name == "cscs":
        net["cut"] = {"template": "ffhq_512"}
    return net


def _of_pack(draft: Draft, name: str) -> dict[str, Any]:
    """The identity network of a pack that was added, with the threshold that was measured of it."""
    found = packs.network_of(name, "recognition") if packs.is_pack(name) else None
    if found is None:
        known = ", ".join(packs.with_task("recognition")) or "none"
        raise InputError(f"No pack named '{name}' has an identity network", hint=f"Packs that have one: {known}")
    measured = packs.measured(name)
    draft.because.append(f"the pack {name} says who goes in")
    return {
        "sha256": found.sha256,
        "size": found.size,
        "mean": found.mean / 255,
        "std": found.std / 255,
        "cut": {"template": "arcface_112_v2" if (found.size or 0) % 112 == 0 else "arcface_128"},
        **({"same_person": measured.same_person} if measured else {}),
    }


def _file(draft: Draft, key: str, text: str) -> bool:
    """A further file, and its terms: they bind as the network's own do."""
    given = draft.ask(Question(key, text, form="Its ONNX file"))
    if not given:
        return False
    draft.files[key] = given
    licence = draft.ask(Question(f"{key}_licence", f"What {given} may be used for"))
    allowed = draft.ask(Question(f"{key}_commercial_use", f"Whether {given} may be used commercially", YES))
    draft.terms[key] = {"licence": licence, "commercial_use": _allowed(allowed)}
    return True


def _constants(draft: Draft) -> None:
    """Further inputs: a number each."""
    used = {draft.said.get(part, {}).get("input") for part in ("target", "identity")}
    found: dict[str, float] = {}
    for port in draft.graph.inputs:
        if port.name in used or port.layout is not None or "kind" not in draft.said:
            continue
        family = draft.family.constants if draft.family else {}
        usual = "0.75" if port.name.startswith("morph_value") else str(family.get(port.name, "")) if family else ""
        value = draft.ask(Question(port.name, f"What the input {port} is always given", {}, usual, "A number"))
        if value:
            found[port.name] = _number(port.name, value)
    if found:
        draft.said["constants"] = found


def _terms(draft: Draft) -> None:
    """Licence and use. What a known family forbids stays forbidden; what it allows, only the user can say."""
    family = draft.family
    usual = family.licence if family and family.kind != "dfm" else draft.graph.metadata.get("fsvfx.licence", "")
    licence = draft.ask(Question("licence", "What it may be used for", usual=usual))
    forbidden = family is not None and family.commercial_use is False
    known = "no" if forbidden else ""  # a file's name is no licence: yes is never assumed
    allowed = draft.ask(Question("commercial_use", "Whether it may be used commercially", YES, known))
    if allowed == "yes" and family is not None and forbidden:
        what = f"{family.name} is published as '{family.licence}': its card can't say that commercial use is allowed"
        hint = "If you hold a licence of your own, say no here and name it in the manifest: licences: {NAME: ...}"
        raise InputError(what, hint=hint)
    consent = (
        "not documented" if family is None or family.kind != "dfm" else "the person's record, asked for in each run"
    )
    draft.said |= {
        "licence": licence,
        "commercial_use": _allowed(allowed),
        "source": draft.answers.get("made_by") or (family.source if family else f"the file {draft.graph.file.name}"),
        "trained_on": draft.answers.get("trained_on") or "not said",
        "consent": draft.answers.get("consent") or consent,
    }


def _allowed(answer: str) -> bool | None:
    return {"yes": True, "no": False}.get(answer)


def _whole(key: str, given: str) -> int:
    try:
        return int(given)
    except ValueError:
        raise InputError(f"{key} can't be '{given}'", hint="Give a whole number") from None


def _number(key: str, given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise InputError(f"{key} can't be '{given}'", hint="Give a number") from None
