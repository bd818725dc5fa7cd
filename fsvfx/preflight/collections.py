"""What preflight finds of a training beside its footage: picture collections, occluders, weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fsvfx import models
from fsvfx.media.collections import CUTOUTS, RENAME, chosen, cutouts_in, everybody_in, pictures_of, unnamed_in
from fsvfx.preflight.contract import Trouble
from fsvfx.printable import listed
from schemas.job import CollectionJob
from schemas.train import Occluders

_TOLD = 5


def collection_troubles(collection: CollectionJob) -> Iterator[Trouble]:
    """Whether its folder, people and pictures are there."""
    folder, at = Path(collection.folder), f"collections.{collection.name}"
    if not folder.is_dir():
        yield Trouble(f"{at}.path", f"there is no folder {folder}", "Correct the path, or copy the pictures there")
        return
    people = chosen(everybody_in(folder), collection.only, collection.leave_out)
    if not people:
        hint = "Give a folder with one folder per person, and globs that match their names"
        yield Trouble(f"{at}.only", f"nobody in {folder} was chosen", hint)
    empty = [name for name in people if not any(pictures_of(folder / name))]
    if empty:
        what = f"{len(empty)} of {len(people)} people have no pictures: {listed(empty, _TOLD)}"
        yield Trouble(f"{at}.path", what, "Add pictures, or leave them out", stops=len(empty) == len(people))
    if others := chosen(unnamed_in(folder), collection.only, collection.leave_out):
        yield Trouble(
            f"{at}.path",
            f"skipped {listed(others, _TOLD)}: these folders' names can't be used as people's names",
            RENAME,
            stops=False,
        )


def occluder_troubles(occluders: Occluders) -> Iterator[Trouble]:
    """Whether there are cut-outs where they should be."""
    if occluders.path and not cutouts_in(Path(occluders.path)):
        hint = f"Put pictures with alpha there ({', '.join(CUTOUTS)}), or leave path out: drawn shapes need none"
        yield Trouble("occluders.path", f"there are no cut-outs in {occluders.path}", hint)


def learner_troubles(engine: str) -> Iterator[Trouble]:
    """Whether the weights that the engine's training uses are there, with their cards' hashes."""
    from fsvfx.engines.registry import learned

    for name in learned(engine).trained_with:
        if not models.present(name):
            yield Trouble("engine", f"model '{name}' is missing", models.how_to_get(models.card(name)))
