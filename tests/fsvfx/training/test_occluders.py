"""What is pasted in front of faces: where it lies, how often, and that cut-outs are told apart and bound to a run."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from toy_crowds import collection

from fsvfx.errors import InputError, PlateError
from fsvfx.facesets import Crowd, crowd_in
from fsvfx.media.pictures import cutouts_digest
from fsvfx.reach import Reach
from fsvfx.training.data import CoveredSampler, PairSampler, Pasted, occluders_of
from fsvfx.training.data.occluders import drawn
from schemas.augmentation import Augmentation
from schemas.train import HeldOut, Occluders

CUT = {"licence": "CC0", "commercial_use": True}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    folder = tmp_path_factory.mktemp("covered") / "crowd"
    return crowd_in(folder, (), [collection(12)], 32, HeldOut(share=0))


@pytest.fixture
def hands(tmp_path: Path) -> Path:
    """Twenty green squares on nothing, wider than high."""
    folder = tmp_path / "hands"
    folder.mkdir()
    for number in range(20):
        picture = np.zeros((20, 40, 4), np.uint8)
        picture[5:15, 5:35] = (0, 255, 0, 255)
        assert cv2.imwrite(str(folder / f"{number:02d}.png"), picture)
    return folder


def sampler(crowd: Crowd, pasted: Pasted, batch: int = 12) -> CoveredSampler:
    return CoveredSampler(crowd, 32, batch, Augmentation(), "cpu", 0, pasted)


def test_what_is_pasted_is_in_front_and_nowhere_else(crowd: Crowd, tmp_path: Path) -> None:
    pasted, _ = occluders_of(Occluders(share=1.0), Reach(tmp_path / "train.yaml"))
    made, bare = sampler(crowd, pasted).make(3), PairSampler(crowd, 32, 12, Augmentation(), "cpu", 0).make(3)
    assert made.front is not None
    free = (made.front == 0).expand_as(made.target.crop)
    assert torch.equal(made.target.crop[free], bare.target.crop[free])
    assert torch.equal(made.source.crop, bare.source.crop), "sources are as they are"
    covered = made.front.amax((1, 2, 3)) > 0.9
    assert covered.float().mean() > 0.7, "a point of the mesh may lie outside of the picture"
    assert 0.01 < float(made.front.mean()) < 0.6
    again = sampler(crowd, pasted).make(3)
    assert torch.equal(again.target.crop, made.target.crop)


def test_only_a_share_is_covered(crowd: Crowd, tmp_path: Path) -> None:
    pasted, others = occluders_of(Occluders(share=0.25), Reach(tmp_path / "train.yaml"))
    feed = sampler(crowd, pasted)
    fronts = torch.cat([made.front.amax((1, 2, 3)) for n in range(12) if (made := feed.make(n)).front is not None])
    assert 0.1 < float((fronts > 0).float().mean()) < 0.4
    assert others.settings.share == 1.0, "of those who are held out each shows what is restored"


def test_cut_outs_keep_their_colour_and_some_are_held_out(crowd: Crowd, hands: Path) -> None:
    reach = Reach(hands.parent / "train.yaml")
    pasted, others = occluders_of(Occluders(path=str(hands), drawn=0, share=1, **CUT), reach)
    assert (len(pasted.cutouts), len(others.cutouts)) == (18, 2)
    made = sampler(crowd, pasted).make(0)
    assert made.front is not None
    inside = made.target.crop.permute(1, 0, 2, 3)[:, made.front[:, 0] > 0.99]
    assert float(inside[1].mean()) > 0.5
    assert float(inside[0].mean()) < 0.05


def test_a_run_does_not_go_on_with_other_cut_outs(crowd: Crowd, hands: Path) -> None:
    reach, said = Reach(hands.parent / "train.yaml"), Occluders(path=str(hands), **CUT)
    before, state = cutouts_digest(hands, reach), sampler(crowd, occluders_of(said, reach)[0]).state()
    (hands / "00.png").unlink()
    assert cutouts_digest(hands, reach) != before
    with pytest.raises(InputError, match="or what is pasted in front of it"):
        sampler(crowd, occluders_of(said, reach)[0]).restore(state)


def test_a_folder_without_cut_outs_is_refused(hands: Path, tmp_path: Path) -> None:
    reach = Reach(tmp_path / "train.yaml")
    assert cv2.imwrite(str(hands / "flat.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(PlateError, match="it has the channels R, G, B"):
        occluders_of(Occluders(path=str(hands), **CUT), reach)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="There are no cut-outs in"):
        occluders_of(Occluders(path=str(tmp_path / "none"), **CUT), reach)


def test_drawn_shapes_differ() -> None:
    made = drawn(16, torch.Generator().manual_seed(1))
    assert made.shape[:2] == (16, 4)
    assert float(made.min()) >= 0
    assert float(made.max()) <= 1
    areas = made[:, 3].mean((1, 2))
    assert float(areas.min()) > 0.05
    assert float(areas.std()) > 0.1
    assert float(made[:, :3].mean((2, 3)).std(0).min()) > 0.05
