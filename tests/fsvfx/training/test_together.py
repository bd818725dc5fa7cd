"""Several processes train as one does that has all of their pictures."""

from __future__ import annotations

import multiprocessing
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from toys import PAIR, ToyFeed, settings, toy_model

from fsvfx.engines.trainable import Batch, Side
from fsvfx.training import curves
from fsvfx.training.trainer import Trained, train
from fsvfx.training.world import World

ITERATIONS = 4


class Share:
    """The part of a toy feed's batches that one of ``of`` processes gets."""

    def __init__(self, rank: int, of: int) -> None:
        self.feed, self.rank, self.of = ToyFeed(batch=4), rank, of

    def __next__(self) -> Batch:
        torch.manual_seed(self.feed.count)  # the same noise in each
        batch = next(self.feed)
        return {person: self._part(batch[person]) for person in PAIR}

    def state(self) -> dict[str, Any]:
        return self.feed.state()

    def restore(self, state: dict[str, Any]) -> None:
        self.feed.restore(state)

    def _part(self, side: Side) -> Side:
        return Side(*(part.chunk(self.of)[self.rank] for part in (side.warped, side.target, side.mask, side.priority)))


def trained(folder: Path, rank: int = 0, of: int = 1, iterations: int = ITERATIONS) -> Trained:
    values = settings(iterations=iterations, optimiser="adam", log_every=2)
    return train(toy_model(adversary=True), Share(rank, of), values, folder, report=lambda event: None)


def work(folder: Path, rank: int, of: int, port: int) -> None:
    """As torchrun would start it; in two sessions."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"RANK": rank, "WORLD_SIZE": of, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
            patch.setenv(name, str(value))
        torch.set_num_threads(1)
        with World("cpu").joined():  # a process can't join twice
            trained(folder, rank, of, ITERATIONS // 2)
            weights = trained(folder, rank, of).weights
        torch.save(weights, folder / f"weights-{rank}.pt")


def test_two_processes_train_as_one_with_the_joint_batch(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(tmp_path, rank, 2, port)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    one, other = (torch.load(tmp_path / f"weights-{rank}.pt", weights_only=True) for rank in range(2))
    alone = trained(tmp_path / "alone").weights
    start = toy_model(adversary=True).state_dict()
    for name, weight in alone.items():
        assert torch.equal(one[name], other[name])
        torch.testing.assert_close(one[name], weight, rtol=1e-5, atol=1e-6)
        assert name == "critic.bias" or not torch.equal(weight, start[name])  # a difference has no bias
    assert [point.step for point in curves.read(tmp_path / "curves.jsonl")] == [2, 4]
