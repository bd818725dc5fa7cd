"""The trainer of every engine that learns: from a model and its data to weights, resumable at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from fsvfx.engines.trainable import Model
from fsvfx.training import rng
from fsvfx.training.checkpoint import Checkpoints
from fsvfx.training.curves import Curves
from fsvfx.training.events import Notice, Preview, Progress, Report
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.monitor import PREVIEW, place_preview
from fsvfx.training.optimisers import MeanWeights
from fsvfx.training.progress import STOPPED, Pending, Throughput, reason_to_stop, seconds_left
from fsvfx.training.result import Trained
from fsvfx.training.weights import load_weights
from fsvfx.training.world import World
from schemas.trainer import TrainerSettings


class Feed(Protocol):
    """An endless iterator of batches that can be resumed: samplers are."""

    def __next__(self) -> Any:
        """A batch as the model takes it: ``Batch`` of people that it knows, ``Pairs`` of a crowd."""

    def state(self) -> Any:
        """Its position after the batches returned so far: dicts, lists, numbers, text, tensors, arrays."""

    def restore(self, state: Any) -> None:
        """Continue from there: the same batches follow, bit for bit."""


def train(
    model: Model[Any],
    feed: Feed,
    settings: TrainerSettings,
    folder: Path,
    *,
    device: str = "cpu",
    held_out: Any | None = None,
    report: Report = print,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train ``model`` until a stop rule or ``should_stop`` ends it; resumes the training in ``folder``, if there is
    one.

    ``folder`` gets ``checkpoints/``, ``curves.jsonl``, ``preview.png`` and ``timelapse/``; the last two only show
    ``held_out`` pictures. For a repeatable start call ``rng.seed`` before building the model. Processes started by
    torchrun share ``folder``, and each has its own feed.

    Raises DivergedError (a NaN; the last checkpoint stays), InputError (the folder's training has another model or
    optimizer), MachineError (writing fails, or every checkpoint is broken).
    """
    world = World(device)
    with world.joined():
        session = Session(model, feed, settings, folder, world, report, held_out)
        session.begin()
        while (reason := session.reason_to_stop(should_stop)) is None:
            session.iterate()
        checkpoint = session.save()
    return Trained(
        step=session.step,
        seconds=session.clock.seconds,
        reason=reason,
        losses=session.curves.last(),
        weights=session.weights(),
        waiting=session.clock.waiting_in_all,
        checkpoint=checkpoint,
        preview=preview if (preview := folder / PREVIEW).exists() else None,
    )


class Session:
    """One process's part in it; if there are several, the first one writes and reports."""

    def __init__(
        self,
        model: Model[Any],
        feed: Feed,
        settings: TrainerSettings,
        folder: Path,
        world: World,
        report: Report,
        held_out: Any | None,
    ) -> None:
        self.model, self.feed, self.settings, self.folder, self.world = model, feed, settings, folder, world
        self.report: Report = report if world.leads else _silent
        precision = Precision(settings, world.device)
        precision.place(model)
        model.begin(world.device)
        self.held_out = precision.batch(held_out) if held_out else None
        if settings.compile:
            model.compile()
        self.loop = Loop(model, settings, precision, world.losses_of(model))
        self.mean = MeanWeights(model, settings.ema) if settings.ema else None
        self.checkpoints = Checkpoints(folder / "checkpoints", settings.checkpoints_kept, self.report)
        self.curves = Curves(folder / "curves.jsonl", writes=world.leads)
        self.clock = Throughput()
        self.step = 0
        self._pending = Pending()
        self._saved: tuple[int, float] | None = None
        """Iteration, and seconds of training."""

    def begin(self) -> None:
        """Resume from the folder's newest complete checkpoint, or start."""
        self.model.train()  # a second stage freezes its first one
        step = self.world.leaders(self.checkpoints.newest_step() if self.world.leads else None)
        if step is None:
            rng.seed(self.settings.seed + self.world.rank)
            self.curves.restore([], 0)
        else:
            self._resume(step)

    def iterate(self) -> None:
        """One iteration, and whatever is due after it."""
        with self.clock.for_data():
            batch = next(self.feed)
        terms = self.loop.iterate(batch, self.step)
        self.step += 1
        if self.mean:
            self.mean.update(self.step)
        shown = self.held_out if self.world.leads and self.step % self.settings.preview_iterations == 0 else None
        self._pending.add(self.step, terms | (self._held_out_terms(shown) if shown else {}))
        if self.step % self.settings.log_every == 0:
            self._read()
        if shown:
            self._preview(shown)
        every = self.settings.checkpoint_iterations
        if every and self.step % every == 0:
            self.save()

    def reason_to_stop(self, should_stop: Callable[[], bool]) -> str | None:
        """The reason to end now; None: continue. Saves a checkpoint if one is due."""
        settings = self.settings
        if self.world.size > 1 and self.step % settings.log_every and self.step != settings.iterations:
            return None  # synchronizing with the others takes time
        reason = reason_to_stop(settings, self.step, self.clock.seconds, self.curves.points)
        due = self.clock.seconds - (self._saved[1] if self._saved else 0.0) >= 60 * settings.checkpoint_minutes
        stopped = STOPPED if reason is None and should_stop() else reason
        stopped, due = self.world.leaders((stopped, due))
        if due and stopped is None:
            self.save()
        return stopped

    def save(self) -> Path:
        """A checkpoint of the current state, unless it exists. Raises DivergedError instead of saving a NaN."""
        self._read()
        randoms, feeds = self.world.gathered(rng.state()), self.world.gathered(self.feed.state())
        if self.world.leads:
            self.checkpoints.save(self.step, self._state() | {"random": randoms, "feeds": feeds})
        self._saved = (self.step, self.clock.seconds)
        return self.checkpoints.path_of(self.step)

    def weights(self) -> dict[str, Tensor]:
        """The result, on the CPU: the running mean if there is one."""
        with self._at_its_best():
            held = self.model.state_dict()
            return {name: value.detach().cpu().contiguous().clone() for name, value in held.items()}

    def _state(self) -> dict[str, Any]:
        return {
            "people": list(self.model.people),
            "weights": self.model.state_dict(),
            "mean": self.mean.state() if self.mean else None,
            "optimisers": self.loop.state(),
            "curves": self.curves.state(),
            "seconds": self.clock.seconds,
        }

    def _resume(self, step: int) -> None:
        state = self.checkpoints.read(step)
        for turn in load_weights(self.model, state):
            self.report(Notice(f"The adversary '{turn}' is new: it starts untrained"))
        self.loop.restore(state["optimisers"])
        if self.mean:
            self.mean.restore(state["mean"] or {})
        self.curves.restore(state["curves"], step)
        self.clock = Throughput(state["seconds"])
        self.step, self._saved = step, (step, state["seconds"])
        if len(state["feeds"]) == self.world.size:
            rng.restore(state["random"][self.world.rank])
            self.feed.restore(state["feeds"][self.world.rank])
        else:
            self.report(
                Notice(f"The checkpoint was made by {len(state['feeds'])} processes: data starts from the beginning")
            )
        self.report(Notice(f"Resumed at iteration {step}"))

    def _read(self) -> None:
        """Read losses that are still on the device, add them to the curves, and report them."""
        if not len(self._pending):
            return
        rows = self._pending.read(self._saved[0] if self._saved else None)
        self.clock.lap(len(rows))
        seconds = self.clock.seconds
        point = self.curves.add(rows, seconds)
        left = seconds_left(self.settings, self.step, seconds, self.clock.speed)
        self.report(Progress(self.step, seconds, point.terms, self.clock.speed, self.clock.waiting, left))

    @torch.no_grad()
    def _held_out_terms(self, held_out: Any) -> dict[str, Tensor]:
        """The model's metrics on faces that it never learns from: they rise when training overfits."""
        as_is: Any = torch.compiler.set_stance("force_eager") if self.settings.compile else nullcontext()
        with self._at_its_best(), self.loop.precision.autocast(), as_is:
            terms = self.model.metrics(held_out)
        return {f"held_out/{name}": term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _preview(self, held_out: Any) -> None:
        self._read()
        with self._at_its_best(), self.loop.precision.autocast():
            sheets = self.model.previews(held_out, self.settings.preview_rows)
            path = place_preview(self.folder, self.step, sheets, self.settings.timelapse)
        self.report(Preview(self.step, path))

    @contextmanager
    def _at_its_best(self) -> Iterator[None]:
        """In the state of its package: with its mean weights, and without updating statistics."""
        self.model.eval()
        with self.mean.shown() if self.mean else nullcontext():
            yield
        self.model.train()


def _silent(event: object) -> None:
    """For all processes except the first."""
