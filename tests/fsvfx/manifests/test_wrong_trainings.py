"""Wrong training manifests: each is refused with what, where and how to fix it, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from train_manifest import SHOTS, TRAINING, written, written_whole

from fsvfx.errors import ManifestError, Problem
from fsvfx.manifests import load, load_training, training_job

LEAD = "  lead: {references: [refs/lead.mp4], consent: consents/lead.yaml}"
DOUBLE = "  double: {consent: consents/double.yaml}"
REEL = "path: refs/reel.mov, frames: 1001-1480, color_space: sRGB"
STILLS = "name: stills, person: lead"
SHOT = "name: sh0040, person: double, shot: {manifest: shots.yaml, shot: sh0040}"
THIRD = "  friend: {consent: consents/friend.yaml}"

# id, the text that is replaced, what stands there instead, where it is told, what is told, how it is to be fixed
WRONG = [
    # The file
    ("a shot manifest", TRAINING, SHOTS, "(file)", "a shot manifest", "fsvfx submit"),
    ("a list", TRAINING, "- a\n", "(file)", "a manifest must be a mapping", "schema_version: 1"),
    ("not a version", "schema_version: 1\n", "", "schema_version", "missing", "schema_version: 1"),
    ("version of shots alone", "schema_version: 1", "schema_version: 0", "schema_version", "not a version",
     "version: 1"),
    ("newer version", "schema_version: 1", "schema_version: 2", "schema_version", "newer", "Install"),
    # Keys and values
    ("unknown key", "store: work/", "chunksize: 4", "chunksize", "not a field", "'chunk_size'"),
    ("a shot's key", "store: work/", "shots: []", "shots", "not a field", ""),
    ("another tool's key", "iterations: 1000", "iterations: 1000, learning_rate: 1.0", "trainer.learning_rate",
     "not a field", "'lr'"),
    ("key like another", "iterations: 1000", "iteration: 1000", "trainer.iteration", "not a field", "'iterations'"),
    ("endless", "batch: 4, iterations: 1000", "batch: 4", "trainer", "no stop condition", "iterations"),
    ("no trainer", "trainer: {batch: 4, iterations: 1000}\n", "", "trainer", "missing", "Add trainer"),
    ("batch 0", "batch: 4", "batch: 0", "trainer.batch", "out of range", "at least 1"),
    ("amp of no kind", "batch: 4", "batch: 4, amp: fp8", "trainer.amp", "not a valid choice", "fp16"),
    ("warmth", "store: work/", "augmentation: {light: 2}", "augmentation.light", "out of range", "at most 1"),
    ("size off the steps", "size: 192", "size: 200", "faceset.size", "multiple of 16", ""),
    ("start without hash", "store: work/", "start: {model: old}", "start.sha256", "missing", "of its weights"),
    ("start's hash short", "store: work/", "start: {model: old, sha256: abc}", "start.sha256", "wrong form",
     "sha256sum"),
    ("model with a slash", "model: lead_on_double", "model: lead/double", "model", "wrong form", "letters, digits"),
    # People
    ("unknown identity", "identity: lead", "identity: leed", "identity", "not among the people", "'lead'"),
    ("one person", "performer: double", "performer: lead", "performer", "'lead' is already the identity", "once"),
    ("learned twice", "performer: double", "performer: double\nothers: [lead]", "others[0]", "already the identity",
     "once"),
    ("other unknown", "performer: double", "performer: double\nothers: [zoe]", "others[0]", "not among the people",
     "lead, double"),
    ("not learned", DOUBLE, f"{DOUBLE}\n{THIRD}", "people.friend", "not learned", "one of others"),
    ("not learned, with footage", STILLS, "name: stills, person: friend", "footage[1].person", "not learned", "others"),
    ("footage misspelt", STILLS, "name: stills, person: laed", "footage[1].person", "not learned", "'lead'"),
    ("no footage of one", f"\n  - {{{SHOT}}}", "", "footage", "no footage of 'double'", "Add some"),
    ("no footage", TRAINING[TRAINING.index("  - {name: reel") : TRAINING.index("faceset:")], "  []\n", "footage",
     "empty", "at least 1"),
    ("no consent", "{consent: consents/double.yaml}", "{}", "people.double.consent", "missing", "consent record"),
    # Whom it learns
    ("learn beside a pair", "store: work/", "learn: {identity: lead, performer: double}", "(file)", "both given",
     "Move them into learn"),
    ("nobody", "identity: lead\nperformer: double\n", "learn: {others: [lead]}\n", "learn", "there is nobody to learn",
     "identity and performer"),
    ("neither way", "identity: lead\n", "", "(file)", "identity is missing", "learn"),
    ("pair in learn misspelt", "identity: lead\nperformer: double\n", "learn: {identity: leed, performer: double}\n",
     "learn.identity", "not among the people", "'lead'"),
    ("a pair and a crowd", "identity: lead\nperformer: double\n",
     "learn: {identity: lead, performer: double, people: [lead]}\n", "learn", "both given", "a pair or a crowd"),
    ("held out of a pair", "identity: lead\nperformer: double\n",
     "learn: {identity: lead, performer: double, held_out: {share: 0.1}}\n", "learn", "for crowds",
     "faceset.held_out"),
    ("a crowd for a pair's engine", "identity: lead\nperformer: double\n", "learn: {people: [lead, double]}\n",
     "engine", "certain people, not a crowd", "any_to_any"),
    ("clips outside", f"plate: {{{REEL}}}, track: 2", "clips: {path: ../clips, color_space: sRGB}",
     "footage[0].clips.path", "outside", "FSVFX_ROOTS"),
    # Engines
    ("unknown engine", "engine: df", "engine: dff", "engine", "No engine named", "'df'"),
    ("an engine that does not learn", "engine: df", "engine: landmark_warp", "engine", "is not trainable", "liae"),
    ("too many people", "performer: double", "performer: double\nothers: [friend]", "others", "at most 2 people",
     "comb"),
    ("a comb that begins too fine", "engine: df\narchitecture: {resolution: 128, variant: ud}",
     "engine: comb\narchitecture: {resolution: 64, first: 128}", "architecture", "finer than", "coarser level"),
    ("warmup to the end", "iterations: 1000", "iterations: 100, lr_warmup: 100", "trainer", "all of the iterations",
     "shorter"),
    ("schedule without end", "iterations: 1000", "minutes: 9, lr_schedule: cosine", "trainer", "needs iterations",
     "Give iterations"),
    ("unknown size", "resolution: 128", "resolutoin: 128", "architecture.resolutoin", "not a field", "'resolution'"),
    ("other engine's size", "resolution: 128", "width: 1.0", "architecture.width", "not a field", ""),
    ("resolution off the steps", "resolution: 128", "resolution: 100", "architecture.resolution", "multiple of 16", ""),
    ("variant of no kind", "variant: ud", "variant: du", "architecture.variant", "wrong form", "u, d, t and c"),
    ("variant against resolution", "resolution: 128", "resolution: 144", "architecture", "divisible by 32", "Take 128"),
    ("infinite style", "variant: ud", "face_style: .inf", "architecture.face_style", "finite", "number"),
    ("settings are a list", "architecture: {resolution: 128, variant: ud}", "architecture: []", "architecture",
     "not a mapping", "{key: value}"),
    ("enlarged crops", "size: 192", "size: 112", "faceset.size", "smaller than the model's 128", "128 or more"),
    ("another head", "store: work/", "faces: {head: makehuman}", "faces.head", "only the head ict_facekit", "Remove"),
    # Footage
    ("neither plate nor shot", f"{{{REEL}}}, track: 2", "null", "footage[0]", "a plate, clips or a shot",
     "exactly one"),
    ("both", SHOT, f"{SHOT}, plate: {{path: a.mov, frames: 1-2, color_space: sRGB}}", "footage[2]", "a plate, clips",
     "exactly one"),
    ("track of a shot", SHOT, f"{SHOT}, track: 1", "footage[2]", "shot's own manifest", "Remove them"),
    ("track and position", "track: 2", "track: 2, position: [3, 4]", "footage[0].position", "both given", "Leave one"),
    ("one name twice", "name: stills", "name: Reel", "footage[1].name", "another piece of footage is named 'reel'",
     "own name"),
    ("exclude of nothing", "exclude: {reel:", "exclude: {real:", "faceset.exclude.real", "no footage named 'real'",
     "'reel'"),
    ("exclude outside", "1200-1210", "1470-1490", "faceset.exclude.reel", "frame 1481 is not in", "1001-1480"),
    ("exclude outside a shot", "sh0040: 1001", "sh0040: 1097", "faceset.exclude.sh0040", "frame 1097 is not in",
     "1001-1096"),
    ("timecode beyond the rate", REEL, f'{REEL}, frame_rate: 24, timecode: "01:00:00:24"',
     "footage[0].plate.timecode", "no such frame", "00 to 23"),
    ("unknown colour space", "color_space: ACEScg", "color_space: ACESgc", "footage[1].plate.color_space", "ACESgc",
     "ACEScg"),
    ("unknown config", "store: work/", "colour: {config: nope}", "color.config", "nope", ""),
    # Shots
    ("no such shot", "shot: sh0040}", "shot: sh0400}", "footage[2].shot.shot", "No shot named 'sh0400'", "'sh0040'"),
    ("no such manifest", "shots.yaml", "shot.yaml", "footage[2].shot.manifest", "can't be read", "fsvfx validate"),
    ("a training as shots", "shots.yaml", "train.yaml", "footage[2].shot.manifest", "training manifest",
     "fsvfx validate"),
    ("manifest outside", "shots.yaml", "../shots.yaml", "footage[2].shot.manifest", "outside", "FSVFX_ROOTS"),
    ("nobody of that name is replaced", "person: double, shot", "person: lead, shot", "footage[2].person",
     "is not replaced in shot sh0040", "friend, double"),
    ("other production", "production: harbour", "production: desert", "footage[2].shot.manifest",
     "production 'harbour', not 'desert'", "one production"),
    # Paths
    ("plate outside", "refs/reel.mov", "../reel.mov", "footage[0].plate.path", "outside", "FSVFX_ROOTS"),
    ("plate of no kind", "refs/reel.mov", "refs/reel.r3d", "footage[0].plate.path", "'.r3d' are not supported", ".mov"),
    ("plate without number", "stills.####.exr", "stills.exr", "footage[1].plate.path", "needs #### once", "####"),
    ("consent outside", "consents/lead.yaml", "/etc/passwd", "people.lead.consent", "outside", "FSVFX_ROOTS"),
    ("reference outside", "refs/lead.mp4", "../*/a.mp4", "people.lead.references[0]", "outside", "FSVFX_ROOTS"),
    ("store outside", "store: work/", "store: /tmp/other", "store", "outside", "FSVFX_ROOTS"),
    ("training outside", "store: work/", "training: ../t", "training", "outside", "FSVFX_ROOTS"),
    ("training on S3", "store: work/", "training: s3://bucket/t", "training", "s3:// is not allowed", "file"),
    ("packages of a field", "store: work/", 'packages: "p/{shot}"', "packages", "can't have fields", "Remove them"),
    ("one folder for both", "store: work/", "packages: training", "training", "share a folder", "its own"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "field", "what", "hint"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_training_manifest_is_refused(
    tmp_path: Path, old: str, new: str, field: str, what: str, hint: str
) -> None:
    path = written(tmp_path / "job", (old, new))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ManifestError) as refused:
        training_job(path)
    told = [problem for problem in refused.value.problems if problem.field == field]
    assert told, f"nothing about {field}: {[str(problem) for problem in refused.value.problems]}"
    assert any(what in one.what and hint in one.hint for one in told), [str(one) for one in told]
    assert all(one.line for one in told)
    assert sorted(tmp_path.rglob("*")) == before, "validation wrote something"


def test_ids_are_unique() -> None:
    assert len({row[0] for row in WRONG}) == len(WRONG) >= 40


FULL_OF_ERRORS = """\
schema_version: 1
production: harbour
model: lead on double
engine: deepfake
architecture: {resolution: 100}
identity: lead
performer: lead
people:
  lead: {consent: ../lead.yaml}
  friend: {consent: consents/friend.yaml}
footage:
  - {name: reel, person: leed, plate: {path: refs/reel.r3d, frames: 1001-1480, colour: sRGB}}
  - {name: reel, shot: {manifest: shots.yaml, shot: sh0050}, track: 0}
faceset: {size: 100, exclude: {rail: 4}}
trainer: {batch: 4, iterration: 1000}
stroe: work/
"""


def test_all_problems_of_a_training_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as refused:
        load_training(written_whole(tmp_path, FULL_OF_ERRORS))
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [
        (3, "model"),
        (4, "engine"),
        (7, "performer"),
        (9, "people.lead.consent"),
        (10, "people.friend"),
        (12, "footage[0].person"),
        (12, "footage[0].plate.color_space"),
        (12, "footage[0].plate.colour"),
        (12, "footage[0].plate.path"),
        (13, "footage[1].name"),
        (13, "footage[1].person"),
        (13, "footage[1].shot.shot"),
        (13, "footage[1].track"),
        (14, "faceset.exclude.rail"),
        (14, "faceset.size"),
        (15, "trainer.iterration"),
        (16, "stroe"),
    ]


def test_shots_take_no_training(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as refused:
        load(written(tmp_path))
    [problem] = refused.value.problems
    assert "training manifest" in problem.what
    assert "fsvfx train" in problem.hint


PLACES = [
    ("identity",), ("others",), ("people",), ("people", "lead"), ("footage",), ("footage", 0), ("footage", 2, "shot"),
    ("footage", 0, "plate", "frames"), ("architecture",), ("architecture", "resolution"), ("faceset", "exclude"),
    ("faceset", "size"), ("trainer",), ("trainer", "iterations"), ("start",), ("training",), ("schema_version",),
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_there_it_loads_or_is_refused(
    tmp_path: Path, place: tuple[str | int, ...], value: object
) -> None:
    path, yaml = written(tmp_path), YAML(typ="safe")
    whole: Any = yaml.load(path)
    inner = whole
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    yaml.dump(whole, path)
    problems: tuple[Problem, ...] = ()
    try:
        load_training(path)
    except ManifestError as error:
        problems = error.problems
        refused = True
    else:
        refused = False
    assert refused == bool(problems)
    assert all(problem.what and problem.hint for problem in problems)
