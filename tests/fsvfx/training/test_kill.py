"""kill -9 at any moment: training goes on from a whole checkpoint, to the same losses."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from killed import work

from fsvfx.training import curves


@pytest.fixture(scope="module")
def forked() -> ForkServerContext:
    """Processes that have everything loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "fsvfx.training.trainer"])
    return context


def losses(folder: Path) -> list[tuple[int, float]]:
    return [(point.step, point.loss) for point in curves.read(folder / "curves.jsonl")]


def iteration_seconds(folder: Path) -> float:
    """Of a training that was not killed, its checkpoint included."""
    points = curves.read(folder / "curves.jsonl")
    return (points[-1].seconds - points[0].seconds) / (len(points) - 1)


def run_until_checkpoint(forked: ForkServerContext, folder: Path, iterations: int, more: float) -> bool:
    """Start it, wait for its next checkpoint and ``more`` seconds, kill it; whether it had to be killed."""
    process = forked.Process(target=work, args=(folder, iterations))
    before = len(saved(folder))
    process.start()
    while process.is_alive() and len(saved(folder)) < before + 2:
        time.sleep(0.001)
    process.join(more)
    killed = process.is_alive()
    process.kill()
    process.join()
    return killed


def saved(folder: Path) -> list[str]:
    said = folder / "said.txt"
    return [line for line in said.read_text().splitlines() if line.startswith("checkpoint")] if said.exists() else []


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_while_it_writes_checkpoints_it_resumes_to_the_same_losses(
    tmp_path: Path, forked: ForkServerContext, kills: int
) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    whole.mkdir()
    torn.mkdir()
    iterations = 8 * kills  # each kill takes two, and mostly one or two more
    undisturbed = forked.Process(target=work, args=(whole, iterations))
    undisturbed.start()
    undisturbed.join()
    moments, pace = random.Random(kills), iteration_seconds(whole)
    hit = sum(run_until_checkpoint(forked, torn, iterations, moments.uniform(0, 1.2 * pace)) for _ in range(kills))
    assert hit == kills
    last = forked.Process(target=work, args=(torn, iterations))
    last.start()
    last.join()
    said = (torn / "said.txt").read_text()
    assert last.exitcode == 0
    assert "Resumed at iteration" in said
    assert "broken" not in said
    assert losses(torn) == losses(whole)
    assert [step for step, _ in losses(whole)] == list(range(1, iterations + 1))
    newest = f"checkpoints/step-{iterations:08d}/tensors.safetensors"
    assert (torn / newest).read_bytes() == (whole / newest).read_bytes()
    assert not list(torn.rglob(".draft*"))
