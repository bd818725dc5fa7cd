"""Sound training manifests, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_packages
from train_manifest import SHOTS, written

from fsvfx.errors import ManifestError, ModelError
from fsvfx.manifests import jobs, load, load_either, load_training, training_job
from fsvfx.packages import CARD, folder_of
from fsvfx.runner.dag import units_of
from schemas.manifest import Manifest
from schemas.package import Ancestor, PackageCard
from schemas.train import TrainManifest

PEOPLE = ("lead", "double")


def test_a_job_with_absolute_paths_and_all_defaults(tmp_path: Path) -> None:
    job = training_job(written(tmp_path))
    assert job.learned == PEOPLE
    assert job.folder == str(tmp_path / "training/lead_on_double")
    assert job.packages == str(tmp_path / "packages")
    assert job.store == str(tmp_path / "work")
    assert job.architecture["variant"] == "ud"
    assert job.architecture["ae_dims"] == 256
    assert job.people["lead"].references == (str(tmp_path / "refs/lead.mp4"),)
    assert [(each.name, each.person, each.entry) for each in job.footage] == [
        ("reel", "lead", 0), ("stills", "lead", 0), ("sh0040", "double", 1),
    ]  # fmt: skip


def test_footage_with_a_plate_is_a_shot_of_one_person(tmp_path: Path) -> None:
    footage = training_job(written(tmp_path)).footage[0].shot
    assert footage.shot.plate.path == str(tmp_path / "refs/reel.mov")
    assert footage.shot.plate.color_space == "sRGB Encoded Rec.709 (sRGB)"
    [entry] = footage.shot.replace
    assert (entry.performer, entry.identity, entry.track) == ("lead", "lead", 2)
    assert list(footage.people) == ["lead"]
    assert footage.store == str(tmp_path / "work")
    assert footage.deliver == ()
    assert not footage.sound


def test_footage_of_a_shot_is_that_shot(tmp_path: Path) -> None:
    """The same, but that nothing is delivered: so what its store holds is found."""
    footage = training_job(written(tmp_path)).footage[2].shot
    [shot] = jobs(tmp_path / "shots.yaml")
    assert footage == shot.model_copy(update={"deliver": ()})


def test_footage_keeps_all_arrays_as_facesets_read_them(tmp_path: Path) -> None:
    path = written(tmp_path)
    shots = tmp_path / "shots.yaml"
    shots.write_text(shots.read_text().replace("store: shots_work/", "store: {path: shots_work/, keep: results}"))
    assert jobs(shots)[0].keep == "results"
    assert training_job(path).footage[2].shot.keep == "all"


@pytest.mark.parametrize("store", ["s3://bucket/work", "memory://test"])
def test_a_chosen_store_is_that_of_all(tmp_path: Path, store: str) -> None:
    job = training_job(written(tmp_path), store=store)
    assert {job.store, *(each.shot.store for each in job.footage)} == {store}


def test_footage_may_be_called_as_a_shot_is(tmp_path: Path) -> None:
    job = training_job(written(tmp_path, ("name: stills", "name: sh0050")))
    assert job.footage[1].shot.shot.name == "sh0050"


def test_either_kind_is_told_by_its_keys(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert isinstance(load_either(path), TrainManifest)
    assert isinstance(load_either(path.parent / "shots.yaml"), Manifest)


def test_nothing_is_opened_but_manifests(tmp_path: Path) -> None:
    path = written(tmp_path, ("store: work/", f"start: {{model: old, sha256: {'a' * 64}}}"))
    assert load_training(path).start is not None
    assert {one.name for one in tmp_path.iterdir()} == {"train.yaml", "shots.yaml"}


def comb(folder: Path, *people: str, start: Ancestor | None = None) -> PackageCard:
    """A package of the production's."""
    return toy_packages.toy_package(folder / "packages", "comb", people, model="cast", start=start)[1]


def starting(folder: Path, card: PackageCard, *changes: tuple[str, str]) -> Path:
    start = f"start: {{model: {card.model}, sha256: {card.sha256}}}"
    small = ("engine: df\narchitecture: {resolution: 128, variant: ud}", "engine: comb\narchitecture: {resolution: 32}")
    return written(folder, small, ("store: work/", start), *changes)


def test_a_start_says_whose_faces_it_brings(tmp_path: Path) -> None:
    old = comb(tmp_path, "friend", "x", start=Ancestor(model="o", sha256="b" * 64, people=("y", "x"), restart=True))
    job = training_job(starting(tmp_path, old))
    assert [model.people for model in job.models] == [("friend", "x", "y")]
    assert job.start is not None


PERSON = "double: {consent: consents/double.yaml}"
START = [
    ("of another engine", ("engine: comb", "engine: liae"), "start.model", "is for engine 'comb', not 'liae'"),
    ("of another hash", ("sha256: ", "sha256: 0"), "start.sha256", "wrong form"),
    ("nowhere", ("model: cast", "model: caste"), "start.model", "No model package 'caste'"),
    ("a stranger", (PERSON, f"{PERSON}\n  zoe: {{consent: z.yaml}}"), "people.zoe", "neither learned nor in the model"),
]


@pytest.mark.parametrize(("change", "field", "what"), [row[1:] for row in START], ids=[row[0] for row in START])
def test_a_start_that_does_not_fit(tmp_path: Path, change: tuple[str, str], field: str, what: str) -> None:
    path = starting(tmp_path, comb(tmp_path, *PEOPLE))
    text = path.read_text().replace("resolution: 32", "resolution: 64") if "liae" in change[1] else path.read_text()
    path.write_text(text.replace(*change))
    with pytest.raises(ManifestError) as refused:
        training_job(path)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert what in refused.value.problems[0].what


def shots_with(folder: Path, settings: str, engine: str = "comb") -> Path:
    """The shot manifest, whose second entry uses a package."""
    old = "performer: double, identity: lead, engine: landmark_warp"
    text = SHOTS.replace(old, f"performer: double, identity: lead, engine: {engine}, {settings}")
    (folder / "shots.yaml").write_text(text)
    return folder / "shots.yaml"


def settings_of(card: PackageCard) -> str:
    return f"{{model: {card.model}, sha256: {card.sha256}}}"


def test_a_shot_says_whom_its_models_know(tmp_path: Path) -> None:
    first, second = comb(tmp_path, "lead", "double", "friend"), comb(tmp_path, "lead", "zoe")
    path = shots_with(
        tmp_path,
        f"settings: {settings_of(first)}, overrides: [{{frames: 1002, settings: {{batch: 2}}}}, "
        f"{{frames: 1005-1006, settings: {settings_of(second)}}}]",
    )
    [job] = jobs(path)
    assert [model.people for model in job.models] == [("lead", "double", "friend"), ("lead", "zoe")]
    assert job.packages == str(tmp_path / "packages")
    assert set(job.people) == {"lead", "double", "friend"}, "zoe is for the gate to miss"


def test_the_people_of_a_model_join_those_of_the_shot(tmp_path: Path) -> None:
    path = shots_with(tmp_path, f"settings: {settings_of(comb(tmp_path, 'lead', 'double', 'zoe'))}")
    path.write_text(path.read_text().replace("  friend: {", "  zoe: {consent: consents/zoe.yaml}\n  friend: {"))
    [job] = jobs(path)
    assert job.people["zoe"].consent == str(tmp_path / "consents/zoe.yaml")
    people = [unit.person for unit in units_of("references", job)]
    assert people == ["double", "friend", "lead"], "of who is not in the shot nothing is read but their consent"


@pytest.mark.parametrize(
    ("people", "engine", "override", "what"),
    [
        (("x", "double"), "comb", "", "has learned x, double, not 'lead'"),
        (PEOPLE, "liae", "", "is for engine 'comb', not 'liae'"),
        (PEOPLE, "comb", f"{{sha256: {'0' * 64}}}", "No model package 'cast' with sha256 0000"),
        (PEOPLE, "comb", "{model: casd}", "No model package 'casd'"),
    ],
    ids=["of other people", "of another engine", "of another hash", "of another name"],
)
def test_a_package_that_does_not_fit_a_shot(
    tmp_path: Path, people: tuple[str, ...], engine: str, override: str, what: str
) -> None:
    overrides = f", overrides: [{{frames: 1002, settings: {override}}}]" if override else ""
    path = shots_with(tmp_path, f"settings: {settings_of(comb(tmp_path, *people))}{overrides}", engine)
    assert load(path), "validation opens no packages"
    with pytest.raises(ManifestError) as refused:
        jobs(path)
    [problem] = refused.value.problems
    place = "overrides[0].settings" if override else "settings"
    assert problem.field == f"shots[0].replace[1].{place}.model"
    assert what in problem.what
    assert problem.hint


def test_who_is_only_an_example_in_a_package_can_not_go_in(tmp_path: Path) -> None:
    _, card = toy_packages.toy_package(tmp_path / "packages", "style_transfer", ("double", "lead"), model="cast")
    path = shots_with(tmp_path, f"settings: {settings_of(card)}", "style_transfer")
    with pytest.raises(ManifestError) as refused:
        jobs(path)
    assert "has learned double, not 'lead'" in refused.value.problems[0].what


def test_a_card_that_names_other_people_is_not_believed(tmp_path: Path) -> None:
    """The weights themselves say who is in them."""
    card = comb(tmp_path, "lead", "double", "friend")
    written_card = folder_of(tmp_path / "packages", card.model, card.sha256) / CARD
    written_card.write_text(written_card.read_text().replace("name: friend", "name: extra"))
    with pytest.raises(ModelError, match="differ in people"):
        jobs(shots_with(tmp_path, f"settings: {settings_of(card)}"))
