"""Training from end to end: it learns, tells, stops, and takes up where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from toys import ToyFeed, ToyModel, settings, toy_model

from fsvfx.engines.trainable import Batch
from fsvfx.errors import InputError
from fsvfx.training import curves
from fsvfx.training.events import Event, Notice, Preview, Progress, Saved
from fsvfx.training.progress import DivergedError
from fsvfx.training.result import load_result, save_result
from fsvfx.training.trainer import Trained, train


@pytest.fixture
def told() -> list[Event]:
    return []


def run(folder: Path, told: list[Event], *, options: dict[str, Any] | None = None, **values: Any) -> Trained:
    return train(toy_model(**(options or {})), ToyFeed(), settings(**values), folder, report=told.append)


def losses(folder: Path) -> list[float]:
    return [point.loss for point in curves.read(folder / "curves.jsonl")]


def test_it_learns(tmp_path: Path, told: list[Event]) -> None:
    trained = run(tmp_path, told, iterations=40)
    seen = losses(tmp_path)
    assert trained.step == len(seen) == 40
    assert sum(seen[-5:]) < 0.8 * sum(seen[:5])
    assert [event.step for event in told if isinstance(event, Progress)] == list(range(1, 41))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"optimiser": "adam"},
        {"ema": 0.9, "channels_last": True, "clip": 1.0},
        {"amp": "bf16"},
        {"lr_schedule": "cosine", "lr_warmup": 3, "options": {"adversary": True}},
    ],
)
def test_in_two_sessions_as_in_one(tmp_path: Path, told: list[Event], values: dict[str, Any]) -> None:
    whole = run(tmp_path / "whole", told, iterations=8, **values)
    train(
        toy_model(**values.get("options", {})),
        ToyFeed(),
        settings(iterations=8, **{key: value for key, value in values.items() if key != "options"}),
        tmp_path / "parts",
        report=told.append,
        should_stop=iter([False] * 5 + [True]).__next__,
    )
    torch.rand(5)  # other work in between
    parts = run(tmp_path / "parts", told, iterations=8, **values)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    assert Notice("Resumed at iteration 5") in told
    assert parts.weights.keys() == whole.weights.keys()
    assert all(torch.equal(whole.weights[name], parts.weights[name]) for name in whole.weights)


class Judged(ToyModel):
    """Learns what a network likes that learns nothing itself."""

    def begin(self, device: str) -> None:
        torch.manual_seed(1)
        self.judges = (nn.Conv2d(3, 2, 3).requires_grad_(False).to(device),)

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        made, target = self.predict(batch["ada"].warped, "ada").rgb, batch["ada"].target
        return {"liked": (self.judges[0](made) - self.judges[0](target)).square().mean()}


def test_a_judge_is_in_no_weights(tmp_path: Path, told: list[Event]) -> None:
    model = Judged()
    trained = train(model, ToyFeed(), settings(iterations=30, ema=0.5), tmp_path, report=told.append)
    seen = losses(tmp_path)
    assert sum(seen[-5:]) < 0.8 * sum(seen[:5])
    assert trained.weights.keys() == ToyModel().state_dict().keys()
    again = train(Judged(), ToyFeed(), settings(iterations=31, ema=0.5), tmp_path, report=told.append)
    assert again.step == 31


def test_previews_and_checkpoints_come_when_due(tmp_path: Path, told: list[Event]) -> None:
    trained = train(
        toy_model(),
        ToyFeed(),
        settings(iterations=9, preview_iterations=2, timelapse=2, checkpoint_iterations=3, checkpoints_kept=2, ema=0.5),
        tmp_path,
        held_out=next(ToyFeed(batch=3)),
        report=told.append,
    )
    assert [event.step for event in told if isinstance(event, Preview)] == [2, 4, 6, 8]
    assert [event.step for event in told if isinstance(event, Saved)] == [3, 6, 9]
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["step-00000006", "step-00000009"]
    assert sorted(path.name for path in (tmp_path / "timelapse").iterdir()) == [
        "step-00000002.png",
        "step-00000008.png",
    ]
    assert trained.preview
    with Image.open(trained.preview) as picture:
        assert picture.size == (5 * 16, 3 * 16)
    assert not list(tmp_path.rglob(".draft*"))


def test_a_nan_stops_it_and_is_told(tmp_path: Path, told: list[Event]) -> None:
    with pytest.raises(DivergedError) as raised:
        train(
            toy_model(),
            ToyFeed(poisoned=6),
            settings(iterations=12, log_every=4, checkpoint_iterations=2),
            tmp_path,
            report=told.append,
        )
    assert raised.value.step == 6
    assert raised.value.term == "generator/ada"
    assert "checkpoint at iteration 4" in str(raised.value)
    trained = run(tmp_path, told, iterations=12)
    assert Notice("Resumed at iteration 4") in told
    assert all(torch.isfinite(value).all() for value in trained.weights.values())


def test_the_mean_weights_are_handed_out(tmp_path: Path, told: list[Event]) -> None:
    calm, live = (run(tmp_path / name, told, ema=ema) for name, ema in (("calm", 0.999), ("live", None)))
    assert losses(tmp_path / "calm") == losses(tmp_path / "live")
    assert any(not torch.equal(calm.weights[name], live.weights[name]) for name in calm.weights)


def test_weights_are_handed_out_in_order_of_memory(tmp_path: Path, told: list[Event]) -> None:
    """safetensors takes no others, and channels_last lays them out otherwise."""
    trained = run(tmp_path, told, iterations=2, channels_last=True)
    save_result(tmp_path, trained)
    assert load_result(tmp_path).weights.keys() == trained.weights.keys()


def test_an_adversary_may_join_and_leave(tmp_path: Path, told: list[Event]) -> None:
    run(tmp_path, told, iterations=2)
    run(tmp_path, told, iterations=4, options={"adversary": True})
    assert Notice("The adversary 'critic' is new: it starts untrained") in told
    assert run(tmp_path, told, iterations=6).step == 6


@pytest.mark.parametrize("other", [{"options": {"width": 5}}, {"optimiser": "adam"}])
def test_a_folder_of_another_training_is_refused(tmp_path: Path, told: list[Event], other: dict[str, Any]) -> None:
    run(tmp_path, told, iterations=1)
    with pytest.raises(InputError, match=r"The checkpoint (is of|was made with)"):
        run(tmp_path, told, iterations=2, **other)


def test_minutes_end_it_over_sessions(tmp_path: Path, told: list[Event]) -> None:
    trained = run(tmp_path, told, iterations=None, minutes=0.01)
    assert trained.seconds >= 0.6
    assert "minutes are up" in trained.reason
    assert run(tmp_path, told, iterations=None, minutes=0.01).step == trained.step


class Normed(ToyModel):
    """With statistics of the batches that it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(self.encoder, nn.BatchNorm2d(4))  # type: ignore[assignment]


def test_statistics_are_of_no_held_out_face(tmp_path: Path, told: list[Event]) -> None:
    seen = []
    for name, held_out in (("with", next(ToyFeed(seed=9))), ("without", None)):
        torch.manual_seed(7)
        model = Normed()
        values = settings(iterations=4, preview_iterations=1)
        seen.append(train(model, ToyFeed(), values, tmp_path / name, held_out=held_out, report=told.append).weights)
    assert all(torch.equal(value, seen[1][name]) for name, value in seen[0].items())
