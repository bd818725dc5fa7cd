"""Training speed: ``python benchmarks/training.py [--device cuda]``, with Keras 3 importable (``PYTHONPATH``).

``original`` at 64 px and ``df-ud`` at 128 (defaults) by the trainer's loop, by a plain loop in PyTorch and by Keras on
PyTorch: the same net, initial weights, pictures and Adam, each in a process of its own, in turn, on one core; their
first losses must agree. Processor time is measured, in case the machine is busy. Then the trainer's cost beyond the
bare step, and its waiting time for a real sampler. On a GPU also the share of a measured matmul's speed. Writes
benchmarks/results/training.json.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import torch

from benchmarks.machine import save
from benchmarks.plain.racers import PAIR, RACERS, Iteration, model_of, pictures
from benchmarks.training_data import SETTINGS, faceset_of
from fsvfx.engines.trainable import Batch
from fsvfx.training.data import Sampler
from fsvfx.training.progress import Throughput
from fsvfx.training.trainer import Feed, Session
from fsvfx.training.world import World
from schemas.trainer import TrainerSettings

BATCH, ROUNDS = 8, 3
NETS = {"original": 64, "df-ud": 128}


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    device = given.parse_args().device
    torch.set_num_threads(1)
    told: dict[str, Any] = {"batch": f"{BATCH} + {BATCH}", "threads": 1, "torch": torch.__version__}
    told["keras"] = version("keras")
    for net in NETS:
        told[net] = _raced(net, device)
        if device == "cuda":
            told[net] |= _share_of_matmul(net, told[net]["iterations_per_second"]["ours"])
        told[net] |= _trainer(net, device)
    if device == "cpu":
        told["gpu"] = "not run: no GPU"
    print(save("training" if device == "cpu" else "training_gpu", told).read_text())


def _raced(net: str, device: str) -> dict[str, Any]:
    """Seconds of each contestant's iterations, in turn; the first, which warms up, is excluded."""
    spent: dict[str, list[float]] = {name: [] for name in RACERS}
    with ExitStack() as stack:
        racers = {name: stack.enter_context(_contestant(name, net, device)) for name in RACERS}
        firsts = {name: _told(racer)[1] for name, racer in racers.items()}
        for _ in range(ROUNDS):
            for name, racer in racers.items():
                spent[name].append(_told(racer)[0])
    wanted = firsts["torch"]
    if any(abs(loss / wanted - 1) > 1e-3 for loss in firsts.values()):
        raise ValueError(f"{net}: the contestants' losses differ: {firsts}")
    ratios = {other: median(a / b for a, b in zip(spent[other], spent["ours"])) for other in ("torch", "keras")}
    return {
        "parameters": sum(each.numel() for each in model_of(net).parameters()),
        "first_loss": {name: round(loss, 5) for name, loss in firsts.items()},
        "iterations_per_second": {name: round(1 / median(each), 3) for name, each in spent.items()},
        **{f"times_as_fast_as_{other}": round(ratio, 2) for other, ratio in ratios.items()},
    }


@contextmanager
def _contestant(name: str, net: str, device: str) -> Iterator[Connection]:
    """A process that runs an iteration on each request."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_race, args=(there, name, net, device), daemon=True)
    process.start()
    try:
        yield here
    finally:
        here.send(False)
        process.join()


def _race(asked: Connection, name: str, net: str, device: str) -> None:
    os.environ["KERAS_BACKEND"] = "torch"
    torch.set_num_threads(1)
    iterate = RACERS[name](net, BATCH, device)
    while asked.recv():
        asked.send(_timed(iterate, device))


def _told(racer: Connection) -> tuple[float, float]:
    """Seconds of one more iteration, and its loss."""
    racer.send(True)
    seconds, loss = racer.recv()
    return seconds, loss


def _timed(iterate: Iteration, device: str) -> tuple[float, float]:
    """Processor seconds; on a GPU wall clock seconds. Losses are read, so the device is done."""
    clock = perf_counter if device == "cuda" else process_time
    started = clock()
    loss = iterate()
    return clock() - started, loss


def _share_of_matmul(net: str, speed: float) -> dict[str, Any]:
    """The multiplications of the layers, relative to a large float32 matmul."""
    from torch.utils.flop_counter import FlopCounterMode

    model, side = torch.randn(8192, 8192, device="cuda"), pictures(NETS[net], BATCH)
    with FlopCounterMode(display=False) as counter:
        net_model = model_of(net).to("cuda")
        fed = {who: type(each)(*(part.to("cuda") for part in vars(each).values())) for who, each in side.items()}
        torch.stack(list(net_model(fed).values())).sum().backward()
    for _ in range(3):
        model @ model
    torch.cuda.synchronize()
    started = perf_counter()
    for _ in range(10):
        model @ model
    torch.cuda.synchronize()
    most = 10 * 2 * 8192**3 / (perf_counter() - started)
    reached = counter.get_total_flops() * speed
    return {"tflops": round(reached / 1e12, 2), "percent_of_matmul": round(100 * reached / most, 1)}


def _trainer(net: str, device: str) -> dict[str, Any]:
    """The trainer's cost beyond its loop's bare model step, its checkpoint, and its waiting for a sampler."""
    size = NETS[net]
    people = {name: faceset_of(name, round(size * SETTINGS.scale)) for name in PAIR}
    with TemporaryDirectory() as folder, Sampler(people, size, BATCH, SETTINGS, device, seed=0) as sampler:
        fixed = _session(net, _Same(pictures(size, BATCH)), Path(folder) / "fixed", device)
        bare = [_timed(lambda: _bare(fixed), device)[0] for _ in range(ROUNDS + 1)]
        whole = [_timed(lambda: float(fixed.iterate() is None), device)[0] for _ in range(ROUNDS)]
        started = process_time()
        fixed.save()
        saving = process_time() - started
        fed = _session(net, sampler, Path(folder) / "fed", device)
        fed.iterate()
        fed.clock = Throughput()
        for _ in range(ROUNDS):
            fed.iterate()
        waiting = fed.clock.waiting_in_all
    return {
        "trainer_percent": round(100 * (median(whole) / median(bare[1:]) - 1), 1),
        "checkpoint_percent": round(100 * saving / (60 * fixed.settings.checkpoint_minutes), 2),
        "waiting_percent": round(100 * waiting, 2),
    }


def _session(net: str, feed: Feed, folder: Path, device: str) -> Session:
    settings = TrainerSettings(iterations=1000, optimiser="adam", log_every=1)
    session = Session(model_of(net), feed, settings, folder, World(device), lambda event: None, None)
    session.begin()
    return session


def _bare(session: Session) -> float:
    """Forward, backward, step: nothing else."""
    optimiser = session.loop.optimisers["generator"]
    loss = torch.stack(list(session.model(next(session.feed)).values())).sum()
    loss.backward()
    optimiser.step()
    optimiser.zero_grad()
    return float(loss.detach())


class _Same:
    """The same batch, always."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __next__(self) -> Batch:
        return self.batch

    def state(self) -> Any:
        return None

    def restore(self, state: Any) -> None:
        pass


if __name__ == "__main__":
    main()
