"""Facts that a network's card needs but its file lacks: the questions, the possible answers, and the draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fsvfx.errors import InputError
from fsvfx.networks.families import Family
from fsvfx.networks.files import Graph

Answers = Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """A question that only a person can answer. key: its name; choices: values, each with its meaning; usual: the
    default, empty if an answer is required; form: the format, if there are no choices."""

    key: str
    text: str
    choices: dict[str, str] = field(default_factory=dict)
    usual: str = ""
    form: str = "The licence in its makers' words"


@dataclass
class Draft:
    """A card in preparation. said: the card's data; because: reasons, a sentence each; open: unanswered questions."""

    graph: Graph
    answers: Answers
    said: dict[str, Any] = field(default_factory=dict)
    because: list[str] = field(default_factory=list)
    open: list[Question] = field(default_factory=list)
    family: Family | None = None
    files: dict[str, str] = field(default_factory=dict)
    """Additional files that the user names: converter, identity_net, adapter."""
    terms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Their permitted use."""

    def ask(self, question: Question) -> str:
        """The answer; if there is none, empty, and the question is recorded. Raises InputError for an invalid one."""
        given = self.answers.get(question.key, "")
        if given and question.choices and given not in question.choices:
            hint = f"Give one of: {', '.join(question.choices)}"
            raise InputError(f"{question.key} can't be '{given}'", hint=hint)
        if not given and not question.usual:
            self.open.append(question)
        return given or question.usual


_FILES: Final = ("identity_net", "converter", "adapter")
ANSWERS: Final = (
    *("family", "kind", "target", "size", "channels", "range", "cut", "output", "output_range", "times", "person"),
    *("source_size", "source_cut", "source_range", "vector", "map", "map_length", "net"),
    *(name for file in _FILES for name in (file, f"{file}_licence", f"{file}_commercial_use")),
    *("licence", "commercial_use", "made_by", "trained_on", "consent"),
)
"""Names of all answers about a network, besides those about its additional inputs."""
KINDS: Final = {
    "swapper": "puts anybody's face on the target's: inswapper, hyperswap, SimSwap and others",
    "dfm": "makes one person's face, as DeepFaceLab exports it (.dfm)",
    "restorer": "makes a face clearer: GFPGAN, CodeFormer, GPEN",
    "upscaler": "makes any picture larger: Real-ESRGAN",
}
CHANNELS: Final = {"rgb": "red first, as in nearly all networks", "bgr": "blue first, as in OpenCV and DeepFaceLab"}
RANGES: Final = {
    "0..1": "black is 0, white 1",
    "-1..1": "black is -1, white 1",
    "imagenet": "ImageNet's mean and deviation, as SimSwap 256",
    "0..255": "as bytes",
}
CUTS: Final = {
    "arcface_128": "inswapper, hyperswap and similar",
    "arcface_112_v1": "SimSwap, GHOST",
    "arcface_112_v2": "ArcFace's own chips",
    "mtcnn_512": "HifiFace",
    "ffhq_512": "FFHQ: BlendSwap, UniFace, and all restorers",
    "dfl_whole_face": "FaceFusion's stand-in for DeepFaceLab's whole face",
}
ALIGNED: Final = {"aligned": "the whole of fsvfx's own crops: networks that fsvfx has exported"}
DFL: Final = {
    "half": "mouth to brows",
    "mid": "up to mid-forehead",
    "full": "to the brows, with cheeks",
    "whole_face": "with the forehead: the most common cut",
    "head": "hair included",
    "facemesh": "as DeepFaceLive cuts for live use",
    **ALIGNED,
}
OUT: Final = {"same": "as the input's pictures", "0..1": "0 to 1, whatever the input's range"}
LENGTHS: Final = {"unit": "normalized to length 1", "raw": "as ArcFace returns it"}
PIXELS: Final = "A number of pixels"
AFTER: Final = {"unit": "length 1, as insightface has it", "raw": "as it is, as FaceFusion has it"}
YES: Final = {"yes": "it may", "no": "it may not", "unknown": "not stated: treated as no until its makers are asked"}


def whole_number(key: str, given: str) -> int:
    try:
        return int(given)
    except ValueError:
        raise InputError(f"{key} can't be '{given}'", hint="Give a whole number") from None


def number_of(key: str, given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise InputError(f"{key} can't be '{given}'", hint="Give a number") from None
