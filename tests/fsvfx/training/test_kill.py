"""kill -9 at any moment: training goes on from a whole checkpoint, to the same losses."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from killed import ITERATIONS, work

from fsvfx.training import curves


@pytest.fixture(scope="module")
def forked() -> ForkServerContext:
    """Processes that have everything loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "fsvfx.training.trainer"])
    return context


def losses(folder: Path) -> list[tuple[int, float]]:
    return [(point.step, point.loss) for point in curves.read(folder / "curves.jsonl")]


def run_until_checkpoint(forked: ForkServerContext, folder: Path, more: float) -> bool:
    """Start it, wait for its next checkpoint and ``more`` seconds, kill it; whether it had to be killed."""
    process = forked.Process(target=work, args=(folder,))
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
    undisturbed = forked.Process(target=work, args=(whole,))
    undisturbed.start()
    undisturbed.join()
    moments = random.Random(kills)
    hit = sum(run_until_checkpoint(forked, torn, moments.uniform(0, 0.03)) for _ in range(kills))
    assert hit == kills
    last = forked.Process(target=work, args=(torn,))
    last.start()
    last.join()
    said = (torn / "said.txt").read_text()
    assert last.exitcode == 0
    assert "Resumed at iteration" in said
    assert "broken" not in said
    assert losses(torn) == losses(whole)
    assert [step for step, _ in losses(whole)] == list(range(1, ITERATIONS + 1))
    newest = f"checkpoints/step-{ITERATIONS:08d}/tensors.safetensors"
    assert (torn / newest).read_bytes() == (whole / newest).read_bytes()
    assert not list(torn.rglob(".draft*"))
