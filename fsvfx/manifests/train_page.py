"""``docs/train.md``: training manifests, made from the schema and the engines' own settings."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from fsvfx.manifests.tables import table
from schemas.augmentation import Augmentation
from schemas.faceset import FacesetSettings
from schemas.manifest import Faces, Person, Plate
from schemas.train import Footage, ShotFootage, Start, TrainManifest
from schemas.trainer import TrainerSettings

_HEAD = """\
# Training

An engine that learns swaps with a *model package*: weights that were trained on the very people whom it swaps. A
training manifest says whose faces, from which footage, by which engine. `fsvfx validate` checks it as it checks
shots, `fsvfx train` runs it, and runs it on from where it stopped. `examples/train.yaml` and
`examples/train_comb.yaml` are whole ones; `train.schema.json` lets an editor check them.

```yaml
schema_version: 1
production: harbour
model: lead_on_double               # the package's name
engine: df                          # `fsvfx engines` lists those that learn
architecture: {resolution: 128, variant: ud}
identity: lead                      # whose face goes in
performer: double                   # whose face is in the plates
people:
  lead: {consent: consents/lead.yaml}
  double: {consent: consents/double.yaml}
footage:
  - {name: reel, person: lead, plate: {path: refs/lead.mp4, frames: 1001-3000, color_space: sRGB}}
  - {name: sh0040, person: double, shot: {manifest: harbour.yaml, shot: sq010_sh0040}}
trainer: {iterations: 200000, amp: bf16}
```

## From footage to a package

1. **Footage** goes through the same detect, track and align stages as shots, and what a store holds is used again. A
   `shot` of a shot manifest (of the same production) stays in that manifest's own store, and shares everything with
   it; the person is the performer of one of its entries, the first such.
2. **Facesets**: each person's faces, with blurred ones and near-duplicates left out, and some stretches held out that
   no training sees: previews and `fsvfx evaluate` look at those. `faceset.size` must be the model's resolution or
   more.
3. **Training** keeps checkpoints, curves and previews in `training/MODEL/`, and ends at the first of its stop rules.
4. **The package** goes to `packages/MODEL/` and the first 12 digits of its sha256: the weights, and a card that says
   of whom, on what and how they were made. Packages are never overwritten.

## Using the package in a shot

```yaml
packages: packages/                 # in the shot manifest; FSVFX_PACKAGES has more places
shots:
  - name: sq010_sh0040
    plate: {path: plates/sh0040.mp4, frames: 1001-1240, color_space: sRGB}
    replace:
      - performer: double
        identity: lead              # somebody whom the package knows
        engine: df                  # the package's own
        settings: {model: lead_on_double, sha256: ...}   # from its card
```

The sha256 is part of the swap's key: another package redoes the swap, and nothing before it. Settings may change in
`overrides`, the package, too.

## Consent

Training asks for a record of **everybody who is learned**, and exits with 3 if one is missing or does not allow it.
Each must be about that person and this production, be in its time, not be revoked (asked within 24 hours), have its
document in order, and say `scope.training_allowed: true`. The identity's covers the role `source_identity`, the
performer's `target_performer`, those of `others` either. Shots and uses are asked for where the model is used.

A shot that uses a package asks **everybody whose face went into its weights**, now: also people of a `comb` who are
not in the shot, and those of the package that training started with. They stand in the shot manifest's `people`, with
a record that allows training. If one of them revokes, the package can't be used any more. The weights file itself
says who is in it, so its sha256 vouches for that.

## Starting from pretraining

`start` begins with another package's weights, of the same engine, sizes and number of people, in their order. With
`restart` (the default) what carries identity begins anew, as after pretraining on other people; `restart: false`
trains the same people on. Everybody whose face is in that package is in `people` here, and asked, as above; a new
production needs their consent for it.

```yaml
start: {model: pretrained_128, sha256: ..., restart: true}
```
"""

_SECTIONS: dict[str, type[BaseModel]] = {
    "The manifest": TrainManifest,
    "`people`": Person,
    "`footage`": Footage,
    "`footage.plate`": Plate,
    "`footage.shot`": ShotFootage,
    "`faces`": Faces,
    "`faceset`": FacesetSettings,
    "`augmentation`": Augmentation,
    "`trainer`": TrainerSettings,
    "`start`": Start,
}


def page() -> str:
    """The page's text."""
    sections = [f"### {title}\n\n{table(model)}\n" for title, model in (*_SECTIONS.items(), *_engines())]
    return "\n".join([_HEAD, "## All fields\n", *sections])


def _engines() -> Iterator[tuple[str, type[BaseModel]]]:
    """What each engine of fsvfx itself learns with, and then swaps with."""
    from fsvfx.engines.learned import PackageSettings
    from fsvfx.engines.registry import learned

    for name in ("original", "df", "liae", "comb"):
        yield f"`architecture` of `{name}`", learned(name).Architecture
    yield "`settings` of a shot's entry, for all of them", PackageSettings
