"""The identity part of a card: a picture, or a vector, by which network, and how it is processed."""

from __future__ import annotations

from typing import Any

from fsvfx.errors import InputError
from fsvfx.models import packs
from fsvfx.networks.drafting_pictures import cut_of, range_of
from fsvfx.networks.drafting_terms import allowed_of, exported
from fsvfx.networks.families import ARCFACE, ARCFACE_AGAIN, Family, map_of, numbers
from fsvfx.networks.files import Port
from fsvfx.networks.questions import AFTER, CUTS, LENGTHS, PIXELS, YES, Draft, Question, whole_number

_UNMEASURED = (
    "the distance at which two pictures count as one person was not measured for its identity network, so no reference "
    "is left out: run `fsvfx models measure PACK FACES`, then add the file again"
)

_NUMBERS = 512
"""Length of ArcFace's vector."""


def as_picture(draft: Draft, port: Port) -> dict[str, Any]:
    family = draft.family
    said: dict[str, Any] = {"kind": "picture", "input": port.name, "layout": port.layout or "nchw"}
    given = str(
        port.side or draft.ask(Question("source_size", "Height and width of the identity's picture", form=PIXELS))
    )
    said |= {"size": whole_number("source_size", given)} if given else {}
    usual = family.source_cut if family else ""
    chosen = draft.ask(Question("source_cut", "How the face is framed in the identity's picture", CUTS, usual))
    said["cut"] = cut_of(chosen) if chosen else {}
    usual = family.source_range if family else ""
    return said | range_of(draft, "source_range", "The value range of the identity's picture", usual)


def as_vector(draft: Draft, port: Port) -> dict[str, Any]:
    family = draft.family
    said: dict[str, Any] = {"kind": "vector", "input": port.name}
    needs = family.needs if family else ()
    usual = family.length if family else ""
    said["length"] = draft.ask(Question("vector", "The length of the identity vector", LENGTHS, usual))
    said["net"] = net = _net(draft, needs)
    if port.length not in (None, _NUMBERS) and net.get("sha256") == ARCFACE and not draft.answers.get("converter"):
        what = f"'{port.name}' takes a vector of {port.length} numbers, and ArcFace's w600k_r50 makes {_NUMBERS}"
        hint = "Name the network that it was trained with: --say identity_net=FILE.onnx, or --say net=PACK"
        raise InputError(what, hint=hint)
    if not {"same_person", "network"} & net.keys():
        draft.because.append(_UNMEASURED)
    found = map_of(draft.graph)
    if found is not None and draft.answers.get("map", "") != "none":
        name, shape = found
        after = draft.ask(Question("map_length", "The length of the vector after the matrix", AFTER, "unit"))
        said["map"] = {"initializer": name, "shape": list(shape), "unit_after": after == "unit"}
        draft.because.append(f"the identity vector is multiplied by '{name}', {shape[0]} x {shape[1]}")
    if "adapter" in needs:
        _file(draft, "adapter", "The second network (id adapter), whose vector is added")
        said["added"] = _looks(draft.family)
    is_wanted = "converter" in needs or bool(draft.answers.get("converter"))
    if is_wanted and _file(draft, "converter", "The converter (crossface) of this family"):
        said["converter"] = {"unit_after": family.unit_after if family else True}
    return said


def _net(draft: Draft, needs: tuple[str, ...]) -> dict[str, Any]:
    if "identity_net" in needs or draft.answers.get("identity_net"):
        _file(draft, "identity_net", "The ArcFace that this network was trained with")
        return _looks(draft.family)
    if pack := draft.answers.get("net"):
        return _of_pack(draft, pack)
    told = exported(draft)
    if own := told.get("identity_network"):
        draft.because.append(f"identity vectors come from fsvfx's network '{own}'")
        return {"network": own, "sha256": told.get("identity_sha256", "")}
    net: dict[str, Any] = {"sha256": ARCFACE, "same_as": [ARCFACE_AGAIN]}
    if measured := packs.measured_of(ARCFACE, ARCFACE_AGAIN):
        net["same_person"] = measured.same_person
    return net


def _looks(family: Family | None) -> dict[str, Any]:
    """How a family's own identity networks see faces; by default, like ArcFace."""
    if family is None or not family.needs:
        return {}
    mean, std = numbers(family.source_range)
    return {"mean": mean, "std": std, **({"cut": {"template": family.source_cut}} if family.source_cut else {})}


def _of_pack(draft: Draft, name: str) -> dict[str, Any]:
    """The identity network of an added pack, with its measured threshold."""
    found = packs.network_of(name, "recognition") if packs.is_pack(name) else None
    if found is None:
        known = ", ".join(packs.with_task("recognition")) or "none"
        raise InputError(f"No pack named '{name}' has an identity network", hint=f"Packs that have one: {known}")
    measured = packs.measured(name)
    draft.because.append(f"identity vectors come from the pack {name}")
    return {
        "sha256": found.sha256,
        "size": found.size,
        "mean": found.mean / 255,
        "std": found.std / 255,
        "cut": {"template": "arcface_112_v2" if (found.size or 0) % 112 == 0 else "arcface_128"},
        **({"same_person": measured.same_person} if measured else {}),
    }


def _file(draft: Draft, key: str, text: str) -> bool:
    """An additional file, and its terms: they apply like the network's own."""
    given = draft.ask(Question(key, text, form="Its ONNX file"))
    if not given:
        return False
    draft.files[key] = given
    licence = draft.ask(Question(f"{key}_licence", f"What {given} may be used for"))
    allowed = draft.ask(Question(f"{key}_commercial_use", f"Whether {given} may be used commercially", YES))
    draft.terms[key] = {"licence": licence, "commercial_use": allowed_of(allowed)}
    return True
