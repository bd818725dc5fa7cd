"""What training tells while it runs. Each can be printed; who wants more reads its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Notice:
    """Something that a person should know."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Progress:
    """Where training is.

    step: iterations done. seconds: of training, earlier sessions counted. losses: by term, means since the last one.
    speed: iterations a second. waiting: share of the time that went by waiting for data. left: seconds to the end, if
    a stop rule tells.
    """

    step: int
    seconds: float
    losses: Mapping[str, float]
    speed: float
    waiting: float
    left: float | None

    @property
    def share(self) -> float:
        """How much of the training is done, if a stop rule tells; else 0."""
        return self.seconds / max(self.seconds + self.left, 1e-9) if self.left is not None else 0.0

    @property
    def rate_text(self) -> str:
        left = f", {_clock(self.left)} left" if self.left is not None else ""
        rate = f"{self.speed:.2f} it/s, {self.waiting:.1%} waiting for data"
        return f"iteration {self.step} ({_clock(self.seconds)}{left}; {rate})"

    def __str__(self) -> str:
        terms = "  ".join(f"{name} {value:.4f}" for name, value in self.losses.items())
        return f"{self.rate_text}  {terms}"


@dataclass(frozen=True)
class Preview:
    """A new preview picture (PNG)."""

    step: int
    path: Path

    def __str__(self) -> str:
        return f"preview at iteration {self.step}: {self.path}"


@dataclass(frozen=True)
class Saved:
    """A new checkpoint."""

    step: int
    path: Path

    def __str__(self) -> str:
        return f"checkpoint at iteration {self.step}: {self.path.name}"


Event = Notice | Progress | Preview | Saved
Report = Callable[[Event], None]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
