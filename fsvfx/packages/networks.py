"""Users' own networks as packages: a card, ``network.yaml``, and the files that it names."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from fsvfx.disk import linked, place_folder
from fsvfx.errors import InputError, ModelError, Where
from fsvfx.models import with_weights
from fsvfx.suggestions import suggestion
from schemas.network import CARDS, NetworkCard
from schemas.network_files import FileOnDisk, OnnxFile

NETWORK = "network.yaml"
_SHORT = 12


def network_of(package: Path) -> NetworkCard:
    """What the package's card says. Raises ModelError, with all that is wrong in it."""
    from fsvfx.documents import read_yaml, validated

    path = package / NETWORK
    document = read_yaml(path)
    data = document.data if isinstance(document.data, dict) else {}
    model = CARDS.get(str(data.get("kind")))
    if model is None and not document.problems:
        hint = suggestion(str(data.get("kind", "")), sorted(CARDS))
        document.tell(("kind",), f"kind is not one of {', '.join(CARDS)}", hint)
    card = validated(data, model, document) if model is not None and not document.problems else None
    if card is None:
        said = "; ".join(str(problem) for problem in document.problems)
        raise ModelError(f"The network's card can't be used: {said}", hint="Correct it", where=Where(file=str(path)))
    return card


def place_network(root: Path, card: NetworkCard, files: Mapping[str, Path | bytes]) -> Path:
    """Write the package of a card below ``root``, with files by their names in it, and return its folder.

    One that is there already stays. Raises MachineError if the disk refuses.
    """
    final = root / card.model / card.digest[:_SHORT]

    def write(draft: Path) -> None:
        for name, held in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(held, bytes):
                (draft / name).write_bytes(held)
            else:
                linked(held, draft / name)
        (draft / NETWORK).write_bytes(network_yaml(card))

    if not final.exists():
        place_folder(final, write)
    return final


def network_yaml(card: NetworkCard) -> bytes:
    """A card as its file has it."""
    from ruamel.yaml import YAML  # here, as reading needs none of it

    said = {"kind": card.kind, **card.model_dump(mode="json", exclude_none=True, exclude={"kind"})}
    if card.commercial_use is None:
        said["commercial_use"] = None
    out = io.BytesIO()
    YAML().dump(said, out)
    return out.getvalue()


def file_in(package: Path, file: FileOnDisk) -> Path:
    """Where a file of the package lies, found to have the card's size; its hash is checked where it is used.

    Raises ModelError if it is not there, or not as long.
    """
    path = package / file.path
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _other(path, f"can't be read: {error.strerror}") from error
    if size != file.size:
        raise _other(path, f"has {size} bytes, and the card says {file.size}")
    return path


def paths_in(package: Path, file: OnnxFile) -> tuple[Path, ...]:
    """An ONNX file of the package, and those that hold its weights. Raises as ``file_in``."""
    own = file_in(package, file)
    return (own, *(file_in(own.parent, each) for each in file.data))


def _other(path: Path, why: str) -> ModelError:
    hint = "Put the file back, or add the network again"
    return ModelError(f"The network's file {path.name} {why}", hint=hint, where=Where(file=str(path)))


def machine_weights(card: NetworkCard) -> tuple[str, ...]:
    """Names of the model cards of this machine's networks by which it is told who goes in; of one of fsvfx's own none
    where this version has others than the card's."""
    found = {with_weights(net.sha256, *net.same_as) or ("" if net.network else "arcface") for net in card.machine_nets}
    return tuple(sorted(found - {""}))


def _one(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def check_kind(card: NetworkCard, user: str, kind: str) -> None:
    """Raises InputError if the network is not of the kind that its user (``engine 'dfm'``) runs."""
    if card.kind != kind:
        raise InputError(
            f"The network '{card.model}' is {_one(card.kind)}, and {user} runs {_one(kind)}",
            hint="Name a network of that kind; `fsvfx models list` shows them",
            where=Where(field="settings.model"),
        )
