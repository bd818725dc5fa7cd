"""Adds users' insightface packs: each file is checked, recognized, and recorded on a card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsvfx import extras, models
from fsvfx.disk import linked, place_folder, remove_folder
from fsvfx.documents import record_yaml
from fsvfx.errors import InputError, Where
from fsvfx.faces import detectors
from fsvfx.identity.registry import REGISTERED
from fsvfx.models import packs
from fsvfx.networks.files import Graph, inspect
from schemas.base import forbids_commercial_use, is_name
from schemas.pack import PackCard, PackNetwork, Task

LICENCE = "insightface model licence, non-commercial research only"
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PackWishes:
    """The user's options for a pack. name: if empty, that of its folder or manifest. in_place: leave its files
    there."""

    name: str = ""
    licence: str = LICENCE
    commercial_use: bool = False
    source: str = "github.com/deepinsight/insightface"
    trained_on: str = "not said; insightface's packs: WebFace600K, Glint360K, WIDER FACE and others"
    consent: str = "none documented"
    in_place: bool = False
    replace: bool = False


@dataclass(frozen=True)
class Added:
    """passed_over: unused files, each with the reason."""

    card: PackCard
    folder: Path
    passed_over: dict[str, str]


def is_pack(path: Path) -> bool:
    """Whether it looks like a pack: a folder with ONNX files, or with a manifest."""
    return path.is_dir() and ((path / _MANIFEST).is_file() or any(path.glob("*.onnx")) or len(_within(path)) == 1)


def of_insightface(graph: Graph) -> Task | None:
    """The task that insightface would derive from a file's shapes, if fsvfx uses it. Like its ``ModelRouter``, except
    that two inputs, or a side that fits no template, exclude identity networks."""
    first = graph.inputs[0] if graph.inputs else None
    if first is None or len(graph.inputs) != 1 or first.layout != "nchw":
        return None
    if len(graph.outputs) in (9, 15):
        return "detection"
    length = graph.outputs[0].length if len(graph.outputs) == 1 else None
    if length is None or first.side is None:
        return None
    if first.side == 192:
        return {212: "landmarks_106", 3309: "landmarks_68"}.get(length)  # type: ignore[return-value]
    return "recognition" if first.side % 112 == 0 or first.side % 128 == 0 else None


def add_pack(path: Path, wishes: PackWishes) -> Added:
    """Add the pack in a folder, or a single file. Raises InputError, with the name of the file."""
    folder = _folder(path)
    is_new = path.is_dir() and _manifest_version(folder) == 2
    said = _said(folder) if is_new else None
    name = wishes.name or (said.name if said else path.name if path.is_dir() else path.stem)
    _check_name(name, wishes.replace)
    networks, passed_over = _of_manifest(said) if said else _of_shapes(folder, path)
    if not networks:
        why = "; ".join(f"{file}: {what}" for file, what in passed_over.items()) or "there is no ONNX file"
        what = f"{path} has no network of a pack that fsvfx uses: {why}"
        raise InputError(what, hint="Name the folder of an insightface pack", where=Where(file=str(path)))
    if wishes.commercial_use:
        _check_is_for_sale(name, wishes.licence, networks)
    signed = (said.license_path if said else folder / models.SIGNED) if path.is_dir() else None
    final = packs.folder_of(name)
    files = {one.file: folder / one.file for one in networks}
    is_signed = signed is not None and signed.is_file()
    card = PackCard(
        pack=name,
        model_id=said.name if said else folder.name if path.is_dir() and is_name(folder.name) else name,
        manifest="v2" if said else "legacy",
        source=wishes.source,
        licence=wishes.licence,
        commercial_use=wishes.commercial_use,
        signed=str(signed) if wishes.in_place and signed else models.SIGNED if is_signed else None,
        trained_on=wishes.trained_on,
        consent=wishes.consent,
        networks=tuple(_placed(one, folder, wishes.in_place) for one in networks),
    )
    if final.exists():
        remove_folder(final)
    more = {models.SIGNED: signed} if is_signed and signed is not None else {}
    _place(final, card, {} if wishes.in_place else {**files, **more})
    return Added(card, final, passed_over)


def remove_pack(name: str) -> Path:
    """Remove a pack: its card, and the copies of its files. Raises InputError if there is none."""
    if not packs.is_pack(name):
        raise InputError(f"No pack named '{name}'", hint=f"Packs: {', '.join(packs.names()) or 'none'}")
    remove_folder(packs.folder_of(name))
    return packs.folder_of(name)


def _folder(path: Path) -> Path:
    """The folder with the files: archives are often unpacked into a folder of their own name."""
    if not path.is_dir():
        return path.parent
    is_it = (path / _MANIFEST).is_file() or any(path.glob("*.onnx"))
    return path if is_it else next(iter(_within(path)), path)


def _check_name(name: str, replace: bool) -> None:
    if not is_name(name):
        raise InputError(f"'{name}' can't be a pack's name", hint="Give one of letters, digits, _ . - with --name")
    if name in (*detectors.NAMES, *REGISTERED.names()):
        raise InputError(f"'{name}' is the name of one of fsvfx's own", hint="Give the pack another one with --name")
    if packs.is_pack(name) and not replace:
        raise InputError(f"There is a pack named '{name}'", hint="Give another name with --name, or add --replace")


def _check_is_for_sale(name: str, licence: str, networks: list[PackNetwork]) -> None:
    """Raises InputError if the licence's words exclude commercial use, or a file is known to be published that way."""
    hint = f"Say its licence, if it has another: --say licence=...; or put insightface's signed {models.SIGNED} into it"
    if forbids_commercial_use(licence):
        what = f"The licence of '{name}' is '{licence}': its card can't say that commercial use is allowed"
        raise InputError(what, hint=hint)
    for one in networks:
        known = models.with_weights(one.sha256)
        if known is not None and not models.card(known).commercial_use:
            what = f"{one.file} is published as '{models.card(known).licence}': the card can't allow commercial use"
            raise InputError(what, hint=f"Put insightface's signed {models.SIGNED} into the pack, or say no here")


def _of_shapes(folder: Path, path: Path) -> tuple[list[PackNetwork], dict[str, str]]:
    """For each task the first file by name is used, like in insightface."""
    found: dict[Task, PackNetwork] = {}
    passed_over: dict[str, str] = {}
    for file in sorted(folder.glob("*.onnx")) if path.is_dir() else [path]:
        graph = inspect(file)
        task = of_insightface(graph)
        if task is None:
            passed_over[file.name] = _why_not(graph)
        elif task in found:
            passed_over[file.name] = f"the pack has {found[task].file} for {task}"
        else:
            found[task] = _network(graph, task, file.name, *_numbers_of(graph, task))
    return list(found.values()), passed_over


def _why_not(graph: Graph) -> str:
    if len(graph.outputs) in (6, 10):
        return "a detector without key points"
    if graph.inputs and graph.inputs[0].layout == "nchw" and graph.inputs[0].side == 96:
        return "age and sex, which fsvfx does not use"
    return f"no network of a pack: {', '.join(map(str, graph.inputs[:3]))} to {', '.join(map(str, graph.outputs[:3]))}"


def _numbers_of(graph: Graph, task: Task) -> tuple[float, float]:
    """Mean and std of values in 0 to 255: insightface detects by the names of the first nodes whether the file includes
    them."""
    named = [any(name.startswith(starts) for name in graph.first) for starts in (("Sub", "_minus"), ("Mul", "_mul"))]
    is_inside = all(named) or (task.startswith("landmarks") and "bn_data" in graph.first[:3])
    if task == "detection":
        return 127.5, 128.0
    if is_inside:
        return 0.0, 1.0
    return 127.5, 127.5 if task == "recognition" else 128.0


def _network(graph: Graph, task: Task, file: str, mean: float, std: float) -> PackNetwork:
    port, out = graph.inputs[0], graph.outputs[0]
    batch = port.shape[0]
    if graph.data:
        what = f"{graph.file.name} keeps its weights in other files, and insightface's packs never do"
        raise InputError(what, hint="Export it with its weights inside", where=Where(file=str(graph.file)))
    return PackNetwork(
        task=task,
        file=file,
        sha256=graph.sha256,
        bytes=graph.size,
        input=port.name,
        size=port.side,
        mean=mean,
        std=std,
        numbers=(out.length if task != "detection" else None) or 5,
        at_once=batch if isinstance(batch, int) and batch > 0 and task == "recognition" else None,
    )


def _placed(network: PackNetwork, folder: Path, in_place: bool) -> PackNetwork:
    file = str((folder / network.file).absolute()) if in_place else network.file.replace("/", "_")
    return network.model_copy(update={"file": file})


def _place(final: Path, card: PackCard, files: dict[str, Path]) -> None:
    def write(draft: Path) -> None:
        for name, source in files.items():
            linked(source, draft / name.replace("/", "_"))
        (draft / packs.CARD).write_bytes(record_yaml(card))

    final.parent.mkdir(parents=True, exist_ok=True)
    place_folder(final, write)


def _within(folder: Path) -> list[Path]:
    """Subfolders that contain networks."""
    return [each for each in folder.iterdir() if each.is_dir() and any(each.glob("*.onnx"))] if folder.is_dir() else []


def _manifest_version(folder: Path) -> int | None:
    if not (folder / _MANIFEST).is_file():
        return None
    extras.require("insightface", what=f"Reading {_MANIFEST} of one of insightface's packs")
    from insightface.model_zoo.package_manifest import model_package_manifest_version

    version: int | None = model_package_manifest_version(folder)
    return version


def _said(folder: Path) -> Any:
    """The contents of the manifest, read by insightface's own code: it opens none of the files."""
    from insightface.model_zoo.package_manifest import load_model_package

    try:
        return load_model_package(folder)
    except (ValueError, TypeError, OSError) as error:
        at = Where(file=str(folder / _MANIFEST))
        raise InputError(f"The pack's manifest is wrong: {error}", hint="Get the pack again", where=at) from error


def _of_manifest(said: Any) -> tuple[list[PackNetwork], dict[str, str]]:
    passed_over, networks = {}, []
    for task, one in said.tasks.items():
        if task not in ("detection", "recognition"):
            passed_over[one.file] = f"{task}, which fsvfx does not use"
            continue
        networks.append(_declared(one, task))
    return networks, passed_over


def _declared(one: Any, task: Task) -> PackNetwork:
    """Checked against the file: its hash, its shapes."""
    graph = inspect(one.path)
    at = Where(file=str(one.path))
    if one.sha256 not in (None, graph.sha256):
        raise InputError("The file is not the one that the pack's manifest names", hint="Get the pack again", where=at)
    if of_insightface(graph) != task:
        what = f"The pack's manifest says {task}, and the file's shapes do not: {_why_not(graph)}"
        raise InputError(what, hint="Get the pack again", where=at)
    numbers = one.metadata["preprocessing"]
    mean, std = (0.0, 1.0) if isinstance(numbers, str) else (float(numbers["mean"]), float(numbers["std"]))
    network = _network(graph, task, one.file, mean, std)
    if task == "detection":
        return network
    wanted = {"size": one.metadata["input_size"][0], "numbers": one.metadata["embedding_dimension"]}
    has = {name: getattr(network, name) for name in wanted}
    differing = [f"{name} is {has[name]}, not {value}" for name, value in wanted.items() if has[name] != value]
    if differing:
        what = f"The file does not fit the pack's manifest: its {'; '.join(differing)}"
        raise InputError(what, hint="Get the pack again", where=at)
    return network
