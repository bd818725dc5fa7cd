"""``fsvfx models add``, ``measure``, ``show`` and ``remove``: networks and packs that users bring."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import added, output
from flows.verbs.completion import pack_names
from flows.verbs.options import AsJson, Packages, Research

if TYPE_CHECKING:
    from pydantic import BaseModel

    from fsvfx.networks.files import Graph
    from fsvfx.networks.packs import PackWishes
    from fsvfx.networks.questions import Draft
    from fsvfx.networks.trial import TrialFace

EXAMPLES = {
    "add": (
        "fsvfx models add inswapper_128.onnx --packages packages/",
        "fsvfx models add ada.dfm --say person=ada \\\n    --say licence=ours --say commercial_use=yes",
        "fsvfx models add ~/.insightface/models/buffalo_l",
        "fsvfx models add ICT-FaceKit/",
    ),
    "show": ("fsvfx models show inswapper_128",),
    "remove": ("fsvfx models remove buffalo_l",),
    "measure": ("fsvfx models measure buffalo_l faces/ --research",),
}


def add(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An ONNX or .dfm file, or the folder of an insightface pack or of the ICT-FaceKit."
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What to call it. Default: the file's name.")
    ] = "",
    say: Annotated[
        list[str] | None,
        typer.Option(
            "--say",
            metavar="NAME=VALUE",
            help="A fact that the file does not state; repeatable. You are asked for what is missing.",
        ),
    ] = None,
    packages: Packages = "",
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Try it on the face in this picture.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--source", metavar="FILE", help="Put in the face from this picture.")
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Leave the files where they are. Default: link or copy them.")
    ] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Add it even if the trial finds something wrong.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a pack of the same name, or a FaceKit.")] = False,
    json: AsJson = False,
) -> None:
    """Make a network of your own usable: check the file, recognize it, ask for the rest, try it, and write its card."""
    from fsvfx.networks import packs
    from fsvfx.networks.files import inspect

    if not file.is_file() and (shapes := _facekit_in(file)):
        _check_is_bare(name, say, picture, source, in_place)
        _add_facekit(shapes, replace=replace, json=json)
        return
    told = _told(say or ())
    graph = None if packs.is_pack(file) else inspect(file)
    if graph is None or ("kind" not in told and packs.of_insightface(graph) is not None):
        pack = packs.add_pack(file, _pack_wishes(file, told, name, in_place, replace))
        output.as_json({"pack": pack.card, "folder": pack.folder}) if json else added.tell_pack(pack)
        return
    from fsvfx.networks import adding
    from fsvfx.networks.trial import tried
    from fsvfx.outputs import png
    from fsvfx.packages import root_of

    draft = _answered(graph, told, may_ask=not json)
    card = adding.made_card(draft, adding.name_for(file, name))
    trial = tried(card, *(_face(each) for each in (picture, source or picture)))
    if trial.findings and not anyway:
        raise adding.doubted(file, trial.findings)
    folder = adding.placed(card, root_of(packages), png(trial.sheet), in_place=in_place)
    if json:
        output.as_json({"network": card, "digest": card.digest, "folder": folder, "because": draft.because})
    else:
        added.tell(draft, trial, folder)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A network or pack of yours, or a model.")],
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Show all that a card says."""
    from fsvfx import models
    from fsvfx.documents import record_yaml
    from fsvfx.models import packs
    from fsvfx.packages import NETWORK, network_of
    from fsvfx.packages import Packages as Found

    folder = packs.folder_of(name) if packs.is_pack(name) else None
    if folder is not None:
        card: BaseModel = packs.pack(name)
    elif name in models.cards():
        card = models.card(name)
    else:
        folder = Found.given(packages).network_named(name)
        card = network_of(folder)
    if json:
        output.as_json({"card": card, "folder": folder})
        return
    text = (folder / NETWORK).read_text() if folder and (folder / NETWORK).is_file() else record_yaml(card).decode()
    for each in text.splitlines():
        output.command(each)
    if folder is not None:
        output.command(f"# {folder}")


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A network or pack of yours.", autocompletion=pack_names)],
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Remove the card of a network or pack of yours, and fsvfx's copies of its files."""
    from fsvfx import models
    from fsvfx.disk import remove_folder
    from fsvfx.errors import InputError
    from fsvfx.models import HEAD, heads
    from fsvfx.models import packs as known
    from fsvfx.packages import Packages as Found
    from fsvfx.settings import machine

    if name == HEAD and (head := heads.remove()):
        folder = head
    elif known.is_pack(name):
        from fsvfx.networks.packs import remove_pack

        folder = remove_pack(name)
    elif name in (cards := models.cards()) and not Found.given(packages).networks(name):
        what = f"{name} is a model that fsvfx knows, not a network or pack of yours"
        hint = f"To free the space that it takes, delete {machine().models / cards[name].file}"
        raise InputError(what, hint=hint)
    else:
        folder = Found.given(packages).network_named(name)
        remove_folder(folder)
        with suppress(OSError):  # other cards have its name
            folder.parent.rmdir()
    if json:
        output.as_json({"removed": folder})
    else:
        output.command(f"Removed {folder}")


def measure(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="An identity network, or a pack that has one.", autocompletion=pack_names),
    ],
    faces: Annotated[
        Path,
        typer.Argument(metavar="FACES", help="A folder with one folder per person, each with two or more pictures."),
    ],
    research: Research = False,
    json: AsJson = False,
) -> None:
    """Measure how well a network tells people apart, and from which distance on; a pack keeps what was found."""
    from fsvfx.evaluation.told_apart import measure as measured
    from fsvfx.identity.registry import network
    from fsvfx.models import packs
    from fsvfx.rights.weights import card_weights, check_use

    check_use(map(card_weights, network(name).weights), "research" if research else "commercial")
    found = measured(name, faces, (lambda line: None) if json else output.line)
    file = packs.keep_measured(found) if packs.is_pack(name) else None
    if json:
        output.as_json({"measured": found, "file": file})
    else:
        added.tell_measured(found, file)


def _facekit_in(path: Path) -> Path | None:
    from fsvfx.morphable.packing import folder_of

    return folder_of(path)


def _check_is_bare(*said: object) -> None:
    from fsvfx.errors import InputError

    if any(said):
        hint = "Leave out --name, --say, --picture, --source and --in-place"
        raise InputError("The FaceKit has a name and a card of its own", hint=hint)


def _add_facekit(folder: Path, *, replace: bool, json: bool) -> None:
    from fsvfx import models
    from fsvfx.morphable.packing import add as pack

    card = pack(folder, replace=replace)
    file, is_known = models.path(card.name), card == models.known_head()
    if json:
        output.as_json({"card": card, "file": file, "is_known": is_known})
        return
    output.command(f"Head: {file}")
    output.line(f"Licence: {card.licence}. Commercial use: {'yes' if card.commercial_use else 'no'}")
    output.line(
        "It is exactly the file that fsvfx was made with"
        if is_known
        else f"It is not the file that fsvfx was made with: it gets its own card, and its sha256, {card.sha256}, "
        "goes into the keys of everything made with it"
    )


def _told(say: Sequence[str]) -> dict[str, str]:
    from fsvfx.errors import InputError

    told = {}
    for each in say:
        name, equals, value = each.rpartition("=") if ":" in each.partition("=")[0] else each.partition("=")
        if not equals or not name:
            raise InputError(
                f"'{each}' is not a NAME=VALUE pair", hint="Write it as NAME=VALUE, such as --say channels=bgr"
            )
        told[name if ":" in name else name.replace("-", "_")] = value
    return told


def _answered(graph: Graph, told: dict[str, str], *, may_ask: bool) -> Draft:
    """With answers asked at a terminal. Raises NetworkError if there is none."""
    from fsvfx.networks.adding import unanswered
    from fsvfx.networks.recognise import recognise

    draft = recognise(graph, told)
    if draft.open and not (may_ask and sys.stdin.isatty()):
        raise unanswered(graph.file, draft)
    while draft.open:
        question = draft.open[0]
        for told_of in [f"{choice}: {meaning}" for choice, meaning in question.choices.items()] or [question.form]:
            output.line(told_of, "  ")
        told = {**told, question.key: typer.prompt(f"{question.text} ({question.key})")}
        draft = recognise(graph, told)
    return draft


def _pack_wishes(file: Path, told: dict[str, str], name: str, in_place: bool, replace: bool) -> PackWishes:
    """Raises InputError for options that packs don't have."""
    from fsvfx.errors import InputError
    from fsvfx.networks.packs import PackWishes

    said = {"licence", "commercial_use", "made_by", "trained_on", "consent"}
    if odd := sorted(told.keys() - said):
        hint = f"A pack takes {', '.join(sorted(said))}; to add one network, name its file"
        raise InputError(f"'{file}' is added as an insightface pack, which has no '{odd[0]}'", hint=hint)
    if "made_by" in told:
        told["source"] = told.pop("made_by")
    allowed = {"commercial_use": told.pop("commercial_use", "no") == "yes"}
    return PackWishes(name, in_place=in_place, replace=replace, **allowed, **told)  # type: ignore[arg-type]


def _face(picture: Path | None) -> TrialFace:
    """From a picture; by default the demo's portrait. Raises InputError if it shows no face."""
    import numpy as np

    from fsvfx.errors import InputError, Where
    from fsvfx.faces.search import FaceFinder
    from fsvfx.networks.trial import TrialFace

    if picture is None:
        from fsvfx.demo import portrait

        rgb = portrait()
    else:
        from fsvfx.faces.looks import colour_of
        from fsvfx.media.pictures import read_picture
        from fsvfx.reach import Reach

        array = read_picture(picture.absolute(), Reach(picture.absolute()))
        rgb = colour_of(array).look(array)
    found = FaceFinder().find(rgb)
    if not len(found):
        raise InputError("No face was found in the picture", hint="Give another one", where=Where(file=str(picture)))
    return TrialFace.of(rgb, found.landmarks[int(np.argmax(found.boxes[:, 3] - found.boxes[:, 1]))])


COMMANDS = {"add": add, "show": show, "remove": remove, "measure": measure}
