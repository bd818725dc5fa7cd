"""What a training manifest may say of the trainer. No torch here: validating a manifest reads this."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import StrictModel


class TrainerSettings(StrictModel):
    """Of every engine's training. It ends at whichever stop rule comes first; one of them must be given."""

    batch: int = Field(8, ge=1, le=1024)
    """Pictures of each person in one iteration, in each process."""
    iterations: int | None = Field(None, ge=1)
    """Stop after this many."""
    minutes: float | None = Field(None, gt=0)
    """Stop after this much training, earlier sessions counted."""
    plateau: int | None = Field(None, ge=20)
    """Stop when the mean loss of this many iterations is hardly below that of as many before them."""
    plateau_gain: float = Field(1.0, ge=0, le=50)
    """What hardly is, percent."""

    lr: float = Field(5e-5, gt=0, le=1)
    """Learning rate."""
    lr_schedule: Literal["constant", "cosine", "linear"] = "constant"
    """How it goes from ``lr`` to nothing at the last of ``iterations``, if at all."""
    lr_warmup: int = Field(0, ge=0)
    """Iterations over which it first grows from nothing."""
    optimiser: Literal["adam", "adabelief"] = "adabelief"
    """Adam (Kingma and Ba 2015) or AdaBelief (Zhuang et al. 2020)."""
    beta1: float = Field(0.9, ge=0, lt=1)
    """How much of the gradients' mean is kept at each iteration."""
    beta2: float = Field(0.999, ge=0, lt=1)
    """How much of the gradients' spread is kept at each iteration."""
    clip: float | None = Field(None, gt=0)
    """Longest gradient that a step follows; longer ones are shortened to it."""

    amp: Literal["off", "bf16", "fp16"] = "off"
    """Half precision in the networks; losses and weights stay float32."""
    channels_last: bool = False
    """Keep a pixel's channels together in memory: quicker with amp on most machines."""
    compile: bool = False
    """Compile the networks first (torch.compile): minutes at the start, quicker after."""
    ema: float | None = Field(None, gt=0, lt=1)
    """Keep a running mean of the weights, with this share kept at each iteration, and hand that out."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Of the first weights, and of which pictures come when, and how varied."""
    random_warp: bool = True
    """Warp what the model sees. Off: only for the last stretch, when the faces are there."""

    checkpoint_minutes: float = Field(15.0, gt=0)
    """Minutes from one checkpoint to the next."""
    checkpoint_iterations: int | None = Field(None, ge=1)
    """Beside the minutes."""
    checkpoints_kept: int = Field(3, ge=1, le=1000)
    """How many of the newest stay."""
    preview_iterations: int = Field(500, ge=1)
    """Iterations from one preview to the next."""
    preview_rows: int = Field(4, ge=1, le=32)
    """Held-out pictures of each person in it."""
    timelapse: int = Field(200, ge=2, le=10_000)
    """Most previews that are kept; beyond it every other one goes."""
    log_every: int = Field(10, ge=1, le=10_000)
    """Iterations in one point of the loss curves; a NaN is found at their end."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.iterations is None and self.minutes is None and self.plateau is None:
            raise ValueError("training would never end; give iterations, minutes or plateau")
        if self.lr_schedule != "constant" and self.iterations is None:
            raise ValueError(f"lr_schedule '{self.lr_schedule}' ends with the last of iterations; give iterations")
        if self.iterations is not None and self.lr_warmup >= self.iterations:
            what = f"lr_warmup ({self.lr_warmup}) takes all of the iterations ({self.iterations})"
            raise ValueError(f"{what}; make it shorter")
        return self
