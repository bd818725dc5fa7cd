"""The trainer settings of a training manifest. No torch here: validating a manifest reads this."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import StrictModel


class TrainerSettings(StrictModel):
    """How training runs. It stops at the first of ``iterations``, ``minutes`` and ``plateau``; one is required."""

    batch: int = Field(8, ge=1, le=1024)
    """Pictures of each person per iteration, in each process."""
    iterations: int | None = Field(None, ge=1)
    """Stop after this many iterations."""
    minutes: float | None = Field(None, gt=0)
    """Stop after this many minutes of training, including earlier sessions."""
    plateau: int | None = Field(None, ge=20)
    """Stop when the mean loss over this many iterations has hardly improved on the same number before them."""
    plateau_gain: float = Field(1.0, ge=0, le=50)
    """Smallest improvement that counts for ``plateau``, in percent."""

    lr: float = Field(5e-5, gt=0, le=1)
    """Learning rate."""
    lr_schedule: Literal["constant", "cosine", "linear"] = "constant"
    """How the learning rate falls from ``lr`` to zero at the last of ``iterations``."""
    lr_warmup: int = Field(0, ge=0)
    """Iterations over which the learning rate first rises from zero."""
    optimiser: Literal["adam", "adabelief"] = "adabelief"
    """Adam (Kingma and Ba 2015) or AdaBelief (Zhuang et al. 2020)."""
    beta1: float = Field(0.9, ge=0, lt=1)
    """Decay of the gradients' running mean."""
    beta2: float = Field(0.999, ge=0, lt=1)
    """Decay of the gradients' running variance."""
    clip: float | None = Field(None, gt=0)
    """Largest gradient norm; larger gradients are scaled down to it."""

    amp: Literal["off", "bf16", "fp16"] = "off"
    """Half precision in the networks; losses and weights stay float32."""
    channels_last: bool = False
    """Use the channels-last memory layout: faster with amp on most machines."""
    compile: bool = False
    """Compile the networks first (torch.compile): costs minutes at the start, runs faster afterwards."""
    ema: float | None = Field(None, gt=0, lt=1)
    """Decay of an exponential moving average of the weights, which the package then contains."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Seed for the initial weights, the order of the pictures and their variation."""
    random_warp: bool = True
    """Warp the model's input. Turn it off only for the last part of a training, once the faces are good."""

    checkpoint_minutes: float = Field(15.0, gt=0)
    """Minutes between checkpoints."""
    checkpoint_iterations: int | None = Field(None, ge=1)
    """Iterations between checkpoints, in addition to ``checkpoint_minutes``."""
    checkpoints_kept: int = Field(3, ge=1, le=1000)
    """Number of checkpoints to keep."""
    preview_iterations: int = Field(500, ge=1)
    """Iterations between previews."""
    preview_rows: int = Field(4, ge=1, le=32)
    """Held-out pictures of each person in a preview."""
    timelapse: int = Field(200, ge=2, le=10_000)
    """Largest number of previews to keep; beyond it, every other one is deleted."""
    log_every: int = Field(10, ge=1, le=10_000)
    """Iterations per point of the loss curves; NaNs are detected at the end of each point."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.iterations is None and self.minutes is None and self.plateau is None:
            raise ValueError("training has no stop condition; give iterations, minutes or plateau")
        if self.lr_schedule != "constant" and self.iterations is None:
            raise ValueError(f"lr_schedule '{self.lr_schedule}' needs iterations; give iterations")
        if self.iterations is not None and self.lr_warmup >= self.iterations:
            what = f"lr_warmup ({self.lr_warmup}) takes all of the iterations ({self.iterations})"
            raise ValueError(f"{what}; make it shorter")
        return self
