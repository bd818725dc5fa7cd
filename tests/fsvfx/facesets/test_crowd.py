"""Crowds: mapped files, people held out, memory that does not grow with the people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import toy_facesets
from toy_crowds import collection

from fsvfx.errors import InputError
from fsvfx.facesets import Crowd, Faceset, crowd_in
from fsvfx.facesets import crowd as crowds
from fsvfx.media.collections import is_held_out
from fsvfx.training.data import PairSampler, unseen_pairs
from schemas.augmentation import Augmentation
from schemas.train import HeldOut


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """These faces are noise: what a network makes of them says nothing."""
    monkeypatch.setattr(crowds, "codes_of", lambda crops, landmarks: np.full((len(crops), 128), -1, np.float32))


def small(folder: Path, held_out: HeldOut = HeldOut(share=0), facesets: tuple[Faceset, ...] = ()) -> Crowd:  # noqa: B008
    return crowd_in(folder / "crowd", facesets, [collection(12)], 32, held_out)


def test_faces_lie_by_person(tmp_path: Path) -> None:
    found = small(tmp_path, facesets=(toy_facesets.faceset("lead", 6, held_out=2),))
    assert found.people[:2] == ("lead", "p00000")
    assert list(found.faces_of(0)) == list(range(6))
    assert list(found.faces_of(2)) == [8, 9]
    assert found.size == 32
    assert found.crops.dtype == np.uint8
    assert isinstance(found.crops, np.memmap)
    assert found.crops[8].mean() == 2, "the third picture of the collection"
    assert np.asarray(found.code[:8, 0]).tolist() == [-1] * 6 + [0, 1]
    assert np.allclose(found.landmarks[0], toy_facesets.frontal(32), atol=1e-3), "crops were 64 px"
    assert set(range(6)) - set(found.trained.tolist()) == {4, 5}, "frames that are held out"


def test_files_are_made_once_and_again_for_others(tmp_path: Path) -> None:
    small(tmp_path)
    made = (tmp_path / "crowd/crops.npy").stat()
    assert small(tmp_path, HeldOut(share=0.3)).digest == small(tmp_path).digest
    assert (tmp_path / "crowd/crops.npy").stat().st_mtime_ns == made.st_mtime_ns
    other = crowd_in(tmp_path / "crowd", (), [collection(5)], 32, HeldOut(share=0))
    assert len(other) == 10
    (tmp_path / "crowd/index.json").write_text("{")
    assert len(small(tmp_path)) == 24


def test_people_are_held_out_by_name_and_by_share(tmp_path: Path) -> None:
    held_out = HeldOut(people=("p00003", "p0001*"), share=0)
    found = small(tmp_path, held_out)
    names = {found.people[person] for person in np.asarray(found.person)[found.unseen]}
    assert names == {"p00003", "p00010", "p00011"}
    assert not set(found.trained.tolist()) & set(found.unseen.tolist())
    assert len(found.trained) + len(found.unseen) == len(found)
    people = [f"p{index:05d}" for index in range(4000)]
    shared = {name for name in people if is_held_out(name, HeldOut(share=0.1))}
    assert 0.08 < len(shared) / len(people) < 0.12
    assert shared == {name for name in reversed(people) if is_held_out(name, HeldOut(share=0.1))}
    assert shared < {name for name in people if is_held_out(name, HeldOut(share=0.2))}, "a larger share adds people"
    assert shared != {name for name in people if is_held_out(name, HeldOut(share=0.1, seed=1))}


def test_where_nobody_is_held_out_frames_are(tmp_path: Path) -> None:
    facesets = (toy_facesets.faceset("lead", 6, held_out=2), toy_facesets.faceset("double", 5, held_out=1))
    found = small(tmp_path, facesets=facesets)
    assert found.unseen.tolist() == np.flatnonzero(found.aside).tolist()
    assert len(found.unseen) == 3
    assert not set(found.trained.tolist()) & set(found.unseen.tolist())
    pairs = unseen_pairs(found, 32, 4, "cpu")
    assert pairs.target.person.tolist() == [0, 1]
    assert pairs.source.person.tolist() == [1, 0]
    alone = small(tmp_path, facesets=facesets[:1])
    with pytest.raises(InputError, match="1 person has frames held out, and previews need two"):
        unseen_pairs(alone, 32, 4, "cpu")


def test_wrong_crowds_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="None of the crowd's 12 people are left"):
        small(tmp_path, HeldOut(people=("*",)))
    with pytest.raises(InputError, match="Somebody is in the crowd twice: p00003"):
        small(tmp_path, facesets=(toy_facesets.faceset("p00003"),))
    with pytest.raises(InputError, match="A crowd of 1 person"):
        PairSampler(small(tmp_path, HeldOut(people=("p0000[1-9]", "p0001*"), share=0)), 32, 2, Augmentation(), "cpu", 0)


@pytest.mark.parametrize("people", [4000])
def test_thousands_of_people_take_no_memory(tmp_path: Path, people: int) -> None:
    """Files of 70 MB are made and drawn from within less growth than a tenth of them."""
    before = anonymous()
    found = crowd_in(tmp_path / "crowd", (), [collection(people, size=64)], 64, HeldOut(share=0.1))
    sampler = PairSampler(found, 64, 8, Augmentation(), "cpu", 0)
    for number in range(20):
        sampler.make(number)
    held = sum(file.stat().st_size for file in (tmp_path / "crowd").iterdir())
    assert held > 150e6
    assert anonymous() - before < 30e6, f"{(anonymous() - before) / 1e6:.0f} MB"


def anonymous() -> int:
    """Bytes of this process that are no file's: what a mapped file shows of itself can be let go at any time."""
    [line] = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("RssAnon")]
    return int(line.split()[1]) * 1024
