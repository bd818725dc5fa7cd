"""``docs/models.md``: model packages, made from the card's schema and the engines' own settings."""

from __future__ import annotations

from pydantic import BaseModel

from fsvfx.manifests.tables import table
from schemas.package import Ancestor, Figures, PackageCard, TrainedPerson

_HEAD = """\
# Models

Two kinds of weights are used here. Those that `fsvfx models pull` brings find and follow faces: nobody needs consent
for them, and their cards are in `fsvfx/models/cards.yaml`. **Model packages** swap: somebody trained them (`fsvfx
train`, see `train.md`) on the very people whom they show, and this page is about them. `fsvfx models list` lists both.

## What a package is

A folder, `MODEL/` and in it the first 12 digits of the weights' sha256:

| file | has |
|---|---|
| `weights.safetensors` | the weights: tensors and a header, nothing that could run |
| `card.yaml` | what they are: see below |
| `preview.png` | the trainer's last preview: faces that it had not seen |
| `evaluation.json`, `evaluation.png` | what `fsvfx evaluate` found, and its pictures |

It is written whole or not at all, and its weights are never written over: a training that goes on makes another one
beside it. An evaluation adds its files, and its figures to the card.

**The hash is the name.** A shot says which weights it wants by all 64 digits; they are hashed before they are used, and
the hash is part of the swap's key. The weights' header repeats what matters of the card: the model's and the engine's
name, sizes, people and their consent records, licence, iterations. A card that says something else is refused, and a
header that was changed is no longer the weights that the hash names. So nobody leaves a package, and no licence is
bettered, by editing a text file.

## What weights may be used for

A production is commercial unless its manifest says `purpose: research`. A commercial one uses no weights whose licence
keeps commercial use out, or says nothing of it: detectors, segmenters, super-resolvers, engines, packages. They are
refused by `validate` and again wherever something runs, with the licence, whose they are, and the way out. A package
that was trained with such weights, or that began with such a package, says `commercial_use: false` in its card; of
cards that do not say, the licence's words count (CC-BY-NC, non-commercial, research only).

Whoever holds a licence of their own names it, by the name of the weights or the package:

```yaml
licences:
  insightface: {file: contracts/insightface.pdf, sha256: ...}
```

For insightface's packs a signed `MODEL.LICENSE` beside the files does, if it grants commercial use, names the pack and
has not ended; insightface's own code checks its signature (`pip install 'fsvfx[licences]'`). The delivery report lists
all weights with their licences; frames that are for research only say so in `fsvfx/purpose`.

## Using one

```yaml
packages: packages/
shots:
  - name: sq010_sh0040
    replace:
      - {performer: double, identity: lead, engine: df, settings: {model: lead_on_double, sha256: ...}}
```

`fsvfx models list --packages packages/` prints the line with the hash. The identity is anybody whom the package knows;
it needs no references, and the rights gate asks everybody in it. The settings:

SETTINGS
Crops are brought to the model's resolution and back by bicubic resampling, averaged where they shrink. A learned mask
covers what training's masks cover: the hull of the face's mesh, forehead included. Before it is the matte, haze below
4 % goes (and what lacks less than 4 % is whole), and so does what lies far from the mesh, softly: within 12 % of the
face's height around it everything stays, beyond 24 % nothing. In the composite it is called `learned`, and goes with
`plate`, `external` and the others; `feather` and `erode` shape it there.

Each worker process reads a package once. Its weights are mapped, not copied: workers of a machine share the memory.

## Moving one

Copy the folder, with both of its folder names, into a `packages/` beside the manifest (or where its `packages:`
points), or into a folder that `FSVFX_PACKAGES` names (a JSON list). A copy that lost something on the way is found out
when it is read. Who may use it, its card's licence and the people's records say: a package takes their consent along as
record ids only, so a production elsewhere needs the records themselves.

## As ONNX

```
fsvfx models export lead_on_double --packages packages/ --onnx lead.onnx
```

writes the networks for one person (`--person`; the identity if none is named) for other programs. The package is named
by its folder, or by its model's name, with `--sha256` (its first digits will do) where there are several. The graph, of
opset 18:

| | name | shape | |
|---|---|---|---|
| input | `faces` | (n, 3, R, R) | float32 RGB in [0, 1], display-referred, aligned as fsvfx aligns; any n |
| output | `rgb` | (n, 3, R, R) | the swap, in [0, 1] |
| output | `mask` | (n, 1, R, R) | the learned mask as it is, in [0, 1]; only of engines that learn one |

Before anything is written the graph runs in onnxruntime, on noise, soft colours, black and white, in batches of two
sizes: a value that differs by more than 0.0001 from torch's, and there is no file. Its metadata has the model, the
sha256 of weights and card, the person, all people and their consent records, the licence and the resolution, each as
`fsvfx.NAME`. A `comb` is written at the level that it has grown to. Files that are there stay, unless `--force` is
given; more than 2 GiB of weights do not fit into an ONNX file.

## The card

"""

_SECTIONS: dict[str, type[BaseModel]] = {
    "`people`": TrainedPerson,
    "`start`": Ancestor,
    "`figures`": Figures,
}


def page() -> str:
    """The page's text."""
    from fsvfx.engines.learned import PackageSettings

    head = _HEAD.replace("SETTINGS", table(PackageSettings) + "\n")
    sections = [f"### {title}\n\n{table(model)}\n" for title, model in _SECTIONS.items()]
    return "\n".join([f"{head}{table(PackageCard)}\n", *sections])
