"""The pictures part of a card: inputs and their format, outputs, and which of them are mattes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fsvfx.errors import InputError
from fsvfx.networks.families import numbers
from fsvfx.networks.files import Graph, Port
from fsvfx.networks.questions import CHANNELS, CUTS, OUT, PIXELS, RANGES, Draft, Question, whole_number

_BYTES = "0..255"


def target_of(draft: Draft, port: Port, cuts: Mapping[str, str]) -> dict[str, Any]:
    family = draft.family
    said: dict[str, Any] = {"input": port.name, "layout": port.layout or "nchw"}
    if port.side is not None:
        said["size"] = port.side
    else:
        side = draft.ask(Question("size", "Height and width of its pictures, which the file does not fix", form=PIXELS))
        said |= {"size": whole_number("size", side)} if side else {}
    usual = "" if family is None else "bgr" if family.kind == "dfm" and said["layout"] == "nhwc" else "rgb"
    said["channels"] = draft.ask(Question("channels", "Its channel order", CHANNELS, usual))
    text, usual = "The value range of its pictures", family.range if family else ""
    said |= bytes_of(draft, port, "range") if port.dtype == "uint8" else range_of(draft, "range", text, usual)
    chosen = ""
    if cuts:
        usual = family.cut if family else ""
        chosen = draft.ask(Question("cut", "How the face is framed in its pictures", dict(cuts), usual))
        said["cut"] = cut_of(chosen) if chosen else {}
    taken = (f"{said.get('size', '?')} px", said["layout"], said["channels"], _told_range(said), chosen)
    draft.because.append(f"the target goes to '{port.name}': {', '.join(filter(None, taken))}")
    return said


def bytes_of(draft: Draft, port: Port, key: str) -> dict[str, Any]:
    """The range of a port of bytes: there is only one."""
    if (given := draft.answers.get(key, _BYTES)) != _BYTES:
        what = f"{key} can't be '{given}': '{port.name}' takes pictures of 8 bits"
        raise InputError(what, hint=f"Say {key}={_BYTES}, or export it with float pictures")
    draft.because.append(f"'{port.name}' takes pictures of 8 bits, so that bands may show: better export it in float")
    return dict(zip(("mean", "std"), numbers(_BYTES), strict=True))


def _told_range(said: Mapping[str, Any]) -> str:
    """Its name if it has one."""
    mean_std = said.get("mean", 0.0), said.get("std", 1.0)
    return next((name for name in RANGES if numbers(name) == mean_std), f"{mean_std[0]}/{mean_std[1]}")


def cut_of(chosen: str) -> dict[str, Any]:
    if chosen in CUTS:
        return {"template": chosen}
    own: dict[str, dict[str, Any]] = {"facemesh": {"facemesh": {}}, "aligned": {"aligned": True}}
    return own.get(chosen, {"dfl": chosen})


def range_of(draft: Draft, key: str, text: str, usual: str) -> dict[str, Any]:
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


def output_of(draft: Draft) -> dict[str, Any]:
    out = picture_out(draft.graph)
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
    usual = "0..1" if is_plain else _usual_output(draft, out)
    answer = draft.ask(Question("output_range", "The value range of its output", OUT, usual))
    if answer == "same" and not is_plain:
        said["denorm"] = True
    return said


def _usual_output(draft: Draft, out: Port | None) -> str:
    """Bytes for bytes; otherwise as usual in the family."""
    given = next(port for port in draft.graph.inputs if port.name == draft.said["target"]["input"])
    if out is not None and out.dtype == given.dtype == "uint8":
        return "same"
    return "" if draft.family is None else "same" if draft.family.denorm else "0..1"


def picture_out(graph: Graph) -> Port | None:
    """The first output with three channels; or the only one, whatever its shape."""
    found = [port for port in graph.outputs if port.layout is not None]
    celeb = [port for port in found if "celeb_face" in port.name and "mask" not in port.name]
    return next(iter(celeb or found), graph.outputs[0] if len(graph.outputs) == 1 else None)


def masks_of(draft: Draft, usual: str) -> Iterator[dict[str, Any]]:
    for port in draft.graph.outputs:
        if len(port.shape) != 4 or 1 not in (port.shape[1], port.shape[3]) or port.layout is not None:
            continue
        of = "plate" if port.name.startswith("out_face_mask") else usual
        blended = draft.family is not None and draft.family.blended
        yield {"name": port.name, "of": of, **({"already_blended": True} if blended else {})}
        draft.because.append(f"'{port.name}' is a learned matte of the {of}'s face")
