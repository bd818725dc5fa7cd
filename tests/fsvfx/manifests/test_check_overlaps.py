"""Nothing that a manifest reads is written over, whatever the paths look like."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx.documents.yaml_text import read_yaml
from fsvfx.errors import ManifestError
from fsvfx.footprint import canonical
from fsvfx.footprint.patterns import Numbered
from fsvfx.manifests import jobs, load
from fsvfx.manifests.check_overlaps import check_overlaps
from fsvfx.manifests.draft import draft_of

SHOT = "{{name: {name}, plate: {{path: {plate!r}, frames: {frames}, color_space: sRGB, frame_rate: 24}}{replace}}}"
HEAD = """\
schema_version: 1
production: harbour
people:
  lead: {{references: {references}, consent: {consent}}}
  double: {{references: [], consent: {consent2}}}
shots:
{shots}
deliver:
{deliver}
store: {store}
"""
ACUTE = unicodedata.normalize("NFC", "é")


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    folder = tmp_path / "job"
    for name in ("plates", "refs", "consents", "roto", "out"):
        (folder / name).mkdir(parents=True)
    for number in (7, 12345):
        (folder / f"plates/p.{number:04d}.png").write_bytes(b"plate")

    def write(
        *deliver: str,
        plate: str = "plates/p.####.png",
        frames: str = "1001-1004",
        shots: list[str] | None = None,
        roto: str = "",
        references: str = "[refs/lead.mp4]",
        store: str = "work/",
        consent: str = "consents/lead.yaml",
        consent2: str = "consents/double.yaml",
    ) -> Path:
        said = f", roto: '{roto}'" if roto else ""
        replace = f", replace: [{{performer: double, identity: lead, engine: landmark_warp{said}}}]"
        plain = [SHOT.format(name="sh010", plate=plate, frames=frames, replace=replace)]
        text = HEAD.format(
            shots="\n".join(f"  - {shot}" for shot in shots or plain),
            deliver="\n".join(f"  - {one}" for one in deliver),
            references=references,
            store=store,
            consent=consent,
            consent2=consent2,
        )
        (folder / "shots.yaml").write_text(text, encoding="utf-8")
        return folder / "shots.yaml"

    return write


def frames(path: str) -> str:
    return f'{{kind: frames, path: "{path}"}}'


def other(kind: str, path: str) -> str:
    return f'{{kind: {kind}, path: "{path}"}}'


def refusal(path: Path, store: str | None = None) -> str:
    with pytest.raises(ManifestError) as told:
        jobs(path, store=store) if store else load(path)
    return "\n".join(str(problem) for problem in told.value.problems)


FIVE = "10000-10004"
"""Numbers that outgrow every padding."""
PLATE = "the plate of shot sh010"
COLLISIONS = [
    ("same token", [frames("plates/p.####.png")], {}, PLATE),
    ("one # for four", [frames("plates/p.#.png")], {}, PLATE),
    ("percent", [frames("plates/p.%04d.png")], {}, PLATE),
    ("narrower percent", [frames("plates/p.%02d.png")], {}, PLATE),
    ("frame field", [frames("plates/p.{frame}.png")], {}, PLATE),
    ("narrower frame field", [frames("plates/p.{frame:03d}.png")], {}, PLATE),
    ("wider, numbers outgrow it", [frames("plates/p.#####.png")], {"frames": FIVE}, PLATE),
    ("digits before the token", [frames("plates/p.1###.png")], {"frames": "1-4"}, PLATE),
    ("double slash", [frames("plates//p.%04d.png")], {}, PLATE),
    ("dot and dot-dot", [frames("./out/../plates/./p.%04d.png")], {}, PLATE),
    ("shot's name in the plate's path", [frames("plates/{shot}.%04d.png")], {"plate": "plates/sh010.####.png"}, PLATE),
    (
        "production's name in a folder",
        [frames("{production}/p.%04d.png")],
        {"plate": "harbour/p.####.png"},
        PLATE,
    ),
    (
        "performer's name",
        [other("mattes", "plates/{performer}.####.png")],
        {"plate": "plates/double.####.png"},
        PLATE,
    ),
    (
        "performer's name on roto",
        [other("mattes", "roto/{performer}.####.png")],
        {"roto": "roto/double.%04d.png"},
        "the roto of shot sh010",
    ),
    ("contact sheet on a frame", [other("contact_sheet", "plates/p.1002.png")], {}, PLATE),
    ("contact sheet on a frame that no shot asks for", [other("contact_sheet", "plates/p.0007.png")], {}, PLATE),
    ("review on the plate", [other("review", "plates/a.mp4")], {"plate": "plates/a.mp4"}, PLATE),
    ("movie on a reference", [other("movie", "refs/lead.mov")], {"references": "[refs/lead.mov]"}, "a reference"),
    ("sheet in a glob", [other("contact_sheet", "refs/x.png")], {"references": "['refs/*.png']"}, "a reference"),
    ("sheet in a glob of folders", [other("contact_sheet", "refs/a/b/x.png")],
     {"references": "['refs/**/*.png']"}, "a reference"),
    ("frames in a glob", [frames("refs/a/p.####.png")], {"references": "['refs/*/p.100[34].png']"}, "a reference"),
    ("frames on a reference", [frames("refs/p.####.png")], {"references": "[refs/p.1003.png]"}, "a reference"),
    ("frames on a sequence of references", [frames("refs/p.####.png")], {"references": "['refs/p.%d.png']"},
     "a reference"),
    ("unasked sheet on a reference", [frames("refs/o.####.png")], {"references": "[refs/sh010.contact.png]"},
     "the contact sheet of shot sh010 would overwrite a reference"),
    ("report among the consents", [other("report", "consents/{shot}.json")], {}, "the consent records"),
    ("report on a consent", [other("report", "lead.json")], {"consent": "lead.json"}, "the consent of 'lead'"),
    ("report below the consents", [other("report", "consents/of/{shot}.json")], {}, "the consent records"),
    ("report in a package", [other("report", "packages/model/0123456789ab/{shot}.json")], {}, "the model packages"),
    ("sheet on the manifest's own name", [other("report", "shots.yaml.json"), other("mhl", ".")],
     {"consent": "ascmhl/lead.yaml"}, "would overwrite the consent"),
    ("one file from two deliverables", [frames("out/a.####.png"), frames("out/a.%04d.png")], {}, "deliver[0]"),
    ("some frames of two deliverables", [frames("out/a.####.png"), frames("out/a.###.png")], {}, "deliver[0]"),
    ("sheet on a delivered frame", [frames("out/a.####.png"), other("contact_sheet", "out/a.1003.png")], {},
     "deliver[0]"),
    ("delivered frame on a sheet", [other("contact_sheet", "out/a.1003.png"), frames("out/a.####.png")], {},
     "deliver[0]"),
    ("report on an unasked report", [frames("out/a.####.png"), other("report", "out/x.json"),
     other("report", "out//x.json")], {}, "deliver[1]"),
    ("into the store", [other("report", "work/harbour/x/{shot}.json")], {}, "into the store"),
    ("into the store by a detour", [other("report", "out/../work//harbour/sh010/{shot}.json")], {}, "into the store"),
    ("the store around a plate", [other("report", "out/{shot}.json")],
     {"store": "s", "plate": "s/harbour/sh010/stages/p.####.png"}, "store of shot sh010 would overwrite the plate"),
    ("S3 frames", [frames("s3://bucket/plates/p.#.png")], {"plate": "s3://bucket/plates/p.####.png"}, PLATE),
    ("S3 sheet on a frame", [other("contact_sheet", "s3://bucket/plates/p.1002.png")],
     {"plate": "s3://bucket/plates/p.%04d.png"}, PLATE),
    ("S3 glob", [other("contact_sheet", "s3://bucket/refs/deep/x.png")], {"references": "['s3://bucket/refs/*.png']"},
     "a reference"),
    ("S3 store", [other("report", "s3://bucket/work/harbour/{shot}.json")], {"store": "s3://bucket/work"},
     "into the store"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("deliver", "more", "says"), [row[1:] for row in COLLISIONS], ids=[row[0] for row in COLLISIONS]
)
def test_no_file_is_read_and_written(
    manifest: Callable[..., Path], deliver: list[str], more: dict[str, str], says: str
) -> None:
    assert says in refusal(manifest(*deliver, **more))


APART = [
    ("wider than the plate's", [frames("plates/p.#####.png")], {"frames": "1001-1004"}),
    ("another letter case", [frames("plates/P.####.png")], {}),
    ("a folder beside", [frames("plates/out/p.####.png")], {}),
    ("another number of digits for each", [frames("out/a.####.png"), frames("out/a.###.png")], {"frames": "1-999"}),
    ("glob that ends in its folder", [other("contact_sheet", "refs/deep/x.png")], {"references": "['refs/*.png']"}),
    ("consent beside the manifest", [other("report", "{shot}.json")],
     {"consent": "lead.yaml", "consent2": "double.yaml"}),
    ("consent among the plates", [other("report", "plates/{shot}.json")],
     {"consent": "plates/lead.yaml", "consent2": "plates/double.yaml"}),
    ("S3 keys with two slashes", [frames("s3://bucket/plates//p.####.png")], {"plate": "s3://bucket/plates/p.####.png"}),
    ("another bucket", [frames("s3://other/plates/p.####.png")], {"plate": "s3://bucket/plates/p.####.png"}),
    ("an MHL's folder with #", [frames("out #3/a.####.png"), other("mhl", "out #3")], {}),
    ("an MHL's folder with %", [frames("v%04d/a.####.png"), other("mhl", "v%04d")], {}),
    ("an MHL's folder of #", [frames("{shot}/####/a.####.png"), other("mhl", "{shot}/####/")], {}),
    ("store in the manifest's folder", [other("report", "out/{shot}.json")], {"store": "."}),
]  # fmt: skip


@pytest.mark.parametrize(("deliver", "more"), [row[1:] for row in APART], ids=[row[0] for row in APART])
def test_what_lies_apart_stays_valid(manifest: Callable[..., Path], deliver: list[str], more: dict[str, str]) -> None:
    load(manifest(*deliver, **more))


@pytest.mark.parametrize("folder", ["out #3", "v%04d", "####", "out #3/"])
def test_the_folder_of_an_mhl_stays_as_it_is_called(manifest: Callable[..., Path], folder: str) -> None:
    path = manifest(frames(f"{folder}/a.####.png"), other("mhl", folder))
    [job] = jobs(path)
    assert job.deliver[1].path == str(path.parent / folder.rstrip("/"))


@pytest.mark.parametrize(("target", "says"), [("plates/p.#.png", "Deliver to another folder"),
                                              ("out/a.%04d.png", "use {shot} in it")])  # fmt: skip
def test_the_advice_is_of_use(manifest: Callable[..., Path], target: str, says: str) -> None:
    assert says in refusal(manifest(frames("out/a.####.png"), frames(target)))


def two(first: str, second: str, plates: tuple[str, str] = ("plates/a.####.png", "plates/b.####.png")) -> list[str]:
    return [
        SHOT.format(name=name, plate=plate, frames=span, replace="")
        for name, plate, span in zip(("sh010", "sh020"), plates, (first, second))
    ]


@pytest.mark.parametrize(
    ("deliver", "spans", "plates", "says"),
    [
        (frames("out/a.####.png"), ("1-9", "9-12"), {}, "would overwrite deliver[0] of shot sh010"),
        (frames("out/a.#.png"), ("1-9", "5-6"), {}, "would overwrite deliver[0] of shot sh010"),
        (frames("out/a.####.png"), ("1-9", "10-12"), {}, None),
        (frames("out/{shot}.####.png"), ("1-9", "1-9"), {}, None),
        (frames("plates/b.%04d.png"), ("1-9", "1-9"), {}, "the plate of shot sh020"),
        (frames("plates/b.%04d.png"), ("1-9", "100-109"), {}, "the plate of shot sh020"),
        (other("mhl", "out"), ("1-9", "1-9"), {}, "would overwrite deliver[1]"),
    ],
)
def test_shots_lie_apart_frame_by_frame(
    manifest: Callable[..., Path], deliver: str, spans: tuple[str, str], plates: dict[str, str], says: str | None
) -> None:
    deliveries = [frames("out/{shot}/a.####.png"), deliver] if "mhl" in deliver else [deliver]
    path = manifest(*deliveries, shots=two(*spans, **plates))
    if says is None:
        load(path)
    else:
        assert says in refusal(path)


LINKS = [
    ("link to the plates' folder", "out/link", "plates", frames("out/link/p.####.png"), {}),
    ("link to the folder above", "out/up", ".", frames("out/up/plates/p.####.png"), {}),
    ("a plate that is a link", "plates/p.1001.png", "raw/r.1001.png", frames("raw/r.####.png"), {}),
    ("a video that is a link", "plates/a.mp4", "raw/a.mp4", other("review", "raw/a.mp4"), {"plate": "plates/a.mp4"}),
    ("a roto that is a link", "roto/m.1002.png", "raw/m.png", other("contact_sheet", "raw/m.png"),
     {"roto": "roto/m.####.png"}),
    ("a reference that is a link", "refs/x.png", "raw/y.png", other("contact_sheet", "raw/y.png"),
     {"references": "['refs/*.png']"}),
    ("a folder of references that is a link", "refs/more", "raw", other("contact_sheet", "raw/y.png"),
     {"references": "['refs/*/y.png']"}),
    ("a consent that is a link", "consents/lead.yaml", "raw/c.json", other("report", "raw/c.json"), {}),
    ("a store that is a link", "work/harbour/sh010", "plates", other("report", "out/x.json"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("link", "to", "deliver", "more"), [row[1:] for row in LINKS], ids=[row[0] for row in LINKS])
def test_links_are_what_they_lead_to(
    manifest: Callable[..., Path], link: str, to: str, deliver: str, more: dict[str, str]
) -> None:
    path = manifest(deliver, **more)
    raw = path.parent / "raw"
    raw.mkdir()
    (raw / "y.png").write_bytes(b"y")
    (path.parent / link).parent.mkdir(parents=True, exist_ok=True)
    (path.parent / link).symlink_to(path.parent / to)
    assert "would overwrite" in refusal(path)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("place", ["folder", "name"])
def test_unicode_is_composed_before_it_is_compared(manifest: Callable[..., Path], form: str, place: str) -> None:
    plate, target = (f"{name}/p.####.png" if place == "folder" else f"plates/{name}.####.png" for name in (
        unicodedata.normalize("NFC", f"pl{ACUTE}"), unicodedata.normalize("NFD", f"pl{ACUTE}")))  # fmt: skip
    if form == "NFD":
        plate, target = target, plate
    assert PLATE in refusal(manifest(frames(target), plate=plate))


@pytest.mark.parametrize("target", ["plates/P.####.png", "PLATES/p.####.png", "Plates/p.####.PNG", "plates/P.%04d.png"])
def test_letter_case_is_folded_where_the_disk_folds_it(
    manifest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    path = manifest(frames(target))
    load(path)
    monkeypatch.setattr(canonical, "is_case_blind", lambda folder: True)
    assert PLATE in refusal(path)


def test_a_store_chosen_on_the_command_line_lies_apart_too(manifest: Callable[..., Path]) -> None:
    path = manifest(other("report", "elsewhere/harbour/sh010/x.json"))
    load(path)
    assert "into the store" in refusal(path, store=str(path.parent / "elsewhere"))


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("out/d.#######.png", None),
        ("out/d.%04d.png", None),
        ("out/c.%04d.png", "deliver[2]"),
        ("out/a.{frame:07d}.png", "deliver[0]"),
        ("plates/p.#.png", PLATE),
    ],
)
def test_a_quarter_of_a_million_frames_are_compared_as_patterns(
    manifest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, target: str, says: str | None
) -> None:
    wishes = [frames(f"out/{kind}.#######.png") for kind in "abc"]
    path = manifest(*wishes, frames(target), frames="1000000-1249999")
    spelled: list[int] = []
    name = Numbered.name
    monkeypatch.setattr(Numbered, "name", lambda self, frame: spelled.append(frame) or name(self, frame))
    data = read_yaml(path).data
    assert isinstance(data, dict)
    found = list(check_overlaps(draft_of(data), path))
    assert [says in one.what for one in found] == ([True] if says else [])
    assert len(spelled) < 10
