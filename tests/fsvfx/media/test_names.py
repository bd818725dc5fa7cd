"""An existing file is itself, whatever letters are in its name."""

from __future__ import annotations

import shutil
from pathlib import Path
from unicodedata import normalize

import pytest
from footage import number_in, write_stills, write_video

from fsvfx.errors import ManifestError, PlateError
from fsvfx.manifests import jobs
from fsvfx.media import open_plate
from fsvfx.media.references import PersonSource
from fsvfx.media.sources import RotoSource
from fsvfx.reach import reach_of
from fsvfx.rights.decision import Evidence
from fsvfx.rights.records import evidence
from fsvfx.spelling import near
from schemas.job import ShotJob

ODD = [
    "take[1]", "take*", "what?", "a#1", "a#b#c", "####", "%04d", "50%", "my%20shot", "{v2}", "{shot}", "a{b", "a b",
    " lead", "it's", 'say "cut"', "a&b", "a+b", "a=b", "@home", "\U0001f3ac", "-i", "--", "a:b", "file:", "concat:a|b",
    "~x", "~", "back\\slash", "C:", "a,b;c", "$HOME", "`x`", "!", "caf\u00e9", "cafe\u0301", "\uff57ide", "a.b.c",
    "[", "]", "[!a]", "a|b", "<a>", "n" * 240,
]  # fmt: skip
NUMBERS = [1001, 1002]
CONSENTS = Path(__file__).parents[3] / "examples/consents"

MANIFEST = """\
schema_version: 1
production: harbour
people:
  lead: {{references: [{reference}], consent: {consent}}}
shots:
  - name: sh0040
    plate: {{path: {plate}, first_frame: 1001, frames: 1001-1002, color_space: sRGB, frame_rate: "24"}}
    replace:
      - {{performer: lead, identity: lead, engine: landmark_warp, roto: {roto}, roto_layer: R}}
    composite: {{matte: external}}
deliver:
  - {{kind: exr, path: {deliver}}}
store: work/
"""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_stills(f"{folder}/s.%04d.png", NUMBERS)
    write_stills(f"{folder}/other.%04d.png", [7, 8])
    write_video(folder / "s.mp4", 2)
    write_video(folder / "other.mp4", 4)
    return folder


@pytest.fixture
def here(tmp_path: Path, media: Path) -> Path:
    for folder in ("plates", "refs", "roto", "consents"):
        (tmp_path / folder).mkdir()
    for number in NUMBERS:
        shutil.copy(media / f"s.{number}.png", tmp_path / f"plates/p.{number}.png")
        shutil.copy(media / f"s.{number}.png", tmp_path / f"roto/r.{number}.png")
    shutil.copy(media / "s.1001.png", tmp_path / "refs/a.png")
    shutil.copy(CONSENTS / "lead.yaml", tmp_path / "consents/lead.yaml")
    return tmp_path


def _job(here: Path, text: str = MANIFEST, **given: str) -> ShotJob:
    said = {"reference": "refs/a.png", "consent": "consents/lead.yaml", "plate": "plates/p.####.png",
            "roto": "roto/r.####.png", "deliver": "out/{shot}.{frame}.exr"} | given  # fmt: skip
    quoted = {name: "'" + text.replace("'", "''") + "'" for name, text in said.items()}
    (here / "shots.yaml").write_text(text.format(**quoted), encoding="utf-8")
    [job] = jobs(here / "shots.yaml")
    return job


def _numbers(job: ShotJob) -> list[int]:
    return [number_in(picture) for picture in open_plate(job).pictures(NUMBERS)]


@pytest.mark.parametrize("name", ODD)
def test_a_plate_in_one_file(here: Path, media: Path, name: str) -> None:
    shutil.copy(media / "s.mp4", here / f"plates/{name}.mp4")
    assert _numbers(_job(here, plate=f"plates/{name}.mp4")) == [0, 1]
    shutil.move(here / f"plates/{name}.mp4", here / f"{name}.mp4")
    assert _numbers(_job(here, plate=f"{name}.mp4")) == [0, 1]


@pytest.mark.parametrize("name", ODD)
def test_a_sequence_a_roto_a_reference_and_a_consent(here: Path, media: Path, name: str) -> None:
    (here / name).mkdir()
    for number in NUMBERS:
        shutil.copy(media / f"s.{number}.png", here / f"{name}/{name}.{number}.png")
    shutil.copy(media / "s.1002.png", here / f"{name}/{name}.png")
    shutil.move(here / "consents/lead.yaml", here / f"{name}/{name}.yaml")
    shutil.copy(CONSENTS / "revocations.yaml", here / name)
    sequence = f"{name}/{name}.####.png"
    job = _job(here, plate=sequence, roto=sequence, reference=f"{name}/{name}.png", consent=f"{name}/{name}.yaml")
    assert _numbers(job) == NUMBERS
    assert _mattes(job) == [200, 40]
    assert _references(job) == [1002]
    assert isinstance(evidence(reach_of(job), job.people, "lead"), Evidence)
    here_too = {"consent": f"{name}/{name}.yaml"}
    assert _references(_job(here, reference=f"{name}/*.png", **here_too)) == [*NUMBERS, 1002]
    assert _references(_job(here, reference=sequence, **here_too)) == NUMBERS


def _references(job: ShotJob) -> list[int]:
    assert PersonSource(job, "lead").fingerprint()
    return [number_in(picture) for picture in PersonSource(job, "lead").pictures()]


def _mattes(job: ShotJob) -> list[int]:
    """Code of each matte's first pixel."""
    assert RotoSource(job, NUMBERS).fingerprint()
    return [round(float(matte[0, 0]) * 255) for matte in RotoSource(job, NUMBERS).pictures("r0")]


COMPOSED, APART = "Zo\u00eb \u00c5", normalize("NFD", "Zo\u00eb \u00c5")


@pytest.mark.parametrize(("disk", "said"), [(COMPOSED, APART), (APART, COMPOSED)])
def test_accents_may_be_composed_or_not(here: Path, media: Path, disk: str, said: str) -> None:
    (here / disk).mkdir()
    for name in (*(f"s.{number}.png" for number in NUMBERS), "s.mp4"):
        shutil.copy(media / name, here / disk / name.replace("s.", f"{disk}."))
    shutil.move(here / "consents/lead.yaml", here / f"{disk}/{disk}.yaml")
    job = _job(
        here,
        plate=f"{said}/{said}.####.png",
        roto=f"{said}/{said}.####.png",
        consent=f"{said}/{said}.yaml",
        reference=f"{said}/{said}.mp4",
        deliver=f"{said}/{{shot}}.{{frame}}.exr",
    )
    assert _numbers(job) == NUMBERS
    assert len(list(RotoSource(job, NUMBERS).pictures("r0"))) == 2
    assert _references(job) == [0, 1]
    assert Path(job.people["lead"].consent).is_file()
    assert Path(job.deliver[0].path).parent == here / disk
    job = _job(here, plate=f"{said}/{said}.mp4", reference=f"{said}/{said}.*.png")
    assert _numbers(job) == [0, 1]
    assert _references(job) == NUMBERS


@pytest.mark.parametrize("said", [COMPOSED, APART])
def test_of_two_spellings_the_exact_one_is_meant(here: Path, media: Path, said: str) -> None:
    other = APART if said == COMPOSED else COMPOSED
    for number, wrong in zip(NUMBERS, (7, 8), strict=True):
        shutil.copy(media / f"s.{number}.png", here / f"plates/{said}.{number}.png")
        shutil.copy(media / f"other.000{wrong}.png", here / f"plates/{other}.{number}.png")
    shutil.copy(media / "s.1001.png", here / f"refs/{said}.png")
    shutil.copy(media / "s.1002.png", here / f"refs/{other}.png")
    job = _job(here, plate=f"plates/{said}.####.png", reference=f"refs/{said}.png")
    assert _numbers(job) == NUMBERS
    assert _references(job) == [1001]


@pytest.mark.parametrize(
    ("reference", "meant"),
    [("refs/take[1].png", [1001]), ("refs/take?.png", [1002]), ("refs/t[a]ke1.png", [1002]),
     ("refs[v2]/*.png", [1001]), ("refs[v3]/*.png", [1002])],
)  # fmt: skip
def test_the_exact_name_wins_over_the_glob(here: Path, media: Path, reference: str, meant: list[int]) -> None:
    for folder in ("refs[v2]", "refs2", "refs3"):
        (here / folder).mkdir()
    for file, number in {"refs/take[1].png": 1001, "refs/take1.png": 1002, "refs[v2]/a.png": 1001, "refs2/a.png": 1002,
                         "refs3/a.png": 1002}.items():  # fmt: skip
        shutil.copy(media / f"s.{number}.png", here / file)
    job = _job(here, reference=reference)
    assert _references(job) == meant


@pytest.mark.parametrize(
    ("given", "near"),
    [({"plate": "plates/P.####.png"}, "p.####.png"), ({"plate": "plates/q.####.PNG"}, "Q.####.png"),
     ({"plate": "plates/s.mp4"}, "S.mp4"), ({"reference": "refs/A.png"}, "a.png"),
     ({"reference": "refs/b.mp4"}, "B.MP4"), ({"roto": "roto/R.####.png"}, "r.####.png")],
)  # fmt: skip
def test_another_case_is_another_file(here: Path, media: Path, given: dict[str, str], near: str) -> None:
    shutil.copy(media / "s.mp4", here / "plates/S.mp4")
    shutil.copy(media / "s.mp4", here / "refs/B.MP4")
    shutil.copy(media / "s.1001.png", here / "plates/Q.1001.png")
    job = _job(here, **given)
    use = {"plate": _numbers, "reference": _references, "roto": _mattes}
    with pytest.raises(PlateError) as told:
        use[next(iter(given))](job)
    assert f"Did you mean '{near}'?" in str(told.value)


def test_a_link_to_nothing_is_not_hinted_at_itself(here: Path) -> None:
    (here / "consents/gone.yaml").symlink_to(here / "nothing.yaml")
    found = evidence(reach_of(_job(here, consent="consents/gone.yaml")), _job(here).people, "lead")
    assert near(here / "consents/gone.yaml") is None
    assert "Did you mean" not in str(found)


def test_two_files_that_differ_in_case(here: Path, media: Path) -> None:
    shutil.copy(media / "s.1001.png", here / "refs/Face.png")
    shutil.copy(media / "s.1002.png", here / "refs/face.png")
    for name, number in {"Face": 1001, "face": 1002}.items():
        job = _job(here, reference=f"refs/{name}.png")
        assert _references(job) == [number]


def test_a_consent_in_another_case_is_hinted_at(here: Path) -> None:
    job = _job(here, consent="consents/Lead.yaml")
    found = evidence(reach_of(job), job.people, "lead")
    assert not isinstance(found, Evidence)
    assert "Did you mean 'lead.yaml'?" in str(found)


@pytest.mark.parametrize(
    "given", ["plates/{shot}.mp4", "plates/a#1.mp4", "plates/a.####.b.####.png", "plates/{v}.####.png"]
)
def test_what_is_not_there_is_refused_as_before(here: Path, given: str) -> None:
    with pytest.raises(ManifestError):
        _job(here, plate=given)


@pytest.mark.parametrize("folder", ["out/{v2}", "{v2}/{shot}", "a{b}c"])
def test_a_folder_in_braces_that_is_there(here: Path, folder: str) -> None:
    with pytest.raises(ManifestError, match="1 problem"):
        _job(here, deliver=f"{folder}/{{shot}}.{{frame}}.exr")
    (here / folder).mkdir(parents=True)
    assert _job(here, deliver=f"{folder}/{{shot}}.{{frame}}.exr").deliver


@pytest.mark.parametrize(
    ("given", "deliver"),
    [({"reference": "refs[v2]/*.png"}, "refs[v2]/{shot}.####.png"), ({"reference": "refs[v2]/*"}, "refs[v2]/new.png"),
     ({"reference": "refs[v2]/a[1].png"}, "refs[v2]/a[1].png"),
     ({"reference": "refs[v2]/a*.png"}, "refs[v2]/a{frame}.png")],
)  # fmt: skip
def test_names_that_look_like_more_are_not_written_over(
    here: Path, media: Path, given: dict[str, str], deliver: str
) -> None:
    (here / "refs[v2]").mkdir()
    for file in ("refs[v2]/a[1].png", "t#2.1001.png", "t#2.1002.png", "a#1.mp4"):
        shutil.copy(media / "s.1001.png", here / file)
    kind = "frames" if "####" in deliver or "{frame}" in deliver else "review" if "mp4" in deliver else "contact_sheet"
    text = MANIFEST.replace("kind: exr", f"kind: {kind}")
    with pytest.raises(ManifestError) as told:
        _job(here, text, deliver=deliver, **given)
    assert any("overwrite" in problem.what for problem in told.value.problems), told.value.problems
