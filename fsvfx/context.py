"""What work needs besides its arrays and settings: the folders of packages, the colour configuration, the device."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fsvfx.colour import DEFAULT_CONFIG, ColourConfig
from fsvfx.errors import InputError, Where
from fsvfx.models import HEAD
from fsvfx.packages import Packages
from schemas.job import ShotJob


@dataclass(frozen=True)
class Context:
    """Made once per job, by each process for itself, and handed on to whoever needs it.

    packages: the folders in which model packages are looked for. colour: the OCIO config. device: ``cpu`` or
    ``cuda:0``, where torch work goes. head: the morphable model's card, for engines that stand on one.
    """

    packages: Packages = field(default_factory=Packages)
    colour: ColourConfig = DEFAULT_CONFIG
    device: str = "cpu"
    head: str = HEAD

    @classmethod
    def of(cls, job: ShotJob) -> Context:
        return cls(Packages.of(job), ColourConfig.of(job))

    def on(self, device: str) -> Context:
        return replace(self, device=device)

    def with_head(self, head: str) -> Context:
        return replace(self, head=head)


def device_for(gpus: int) -> str:
    """``cuda:0`` for work that wants a GPU, where there is one."""
    if not gpus:
        return "cpu"
    import torch  # slow to import, and only such work needs to know

    return "cuda:0" if torch.cuda.is_available() else "cpu"


def chosen_device(name: str | None) -> str:
    """The device of that name, as torch knows it; not named: a GPU if there is one. Raises InputError."""
    if name is None:
        return device_for(gpus=1)
    import torch

    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"Device '{name}' can't be used: {str(error).splitlines()[0]}",
            hint="Give cpu, or cuda:0 where there is a GPU",
            where=Where(field="--device"),
        ) from error
    return name


def device_with(gpus: int = 0) -> str:
    """Of a training: ``cuda`` where there is a GPU. Raises InputError if there are fewer GPUs than requested."""
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if there < gpus:
        raise InputError(f"{gpus} GPUs were requested, but torch finds {there}", hint="Request fewer, or none")
    return "cuda" if there else "cpu"


def named(device: str, count: int = 1) -> str:
    """For a card: ``cpu``, or the GPU's name; and how many train together."""
    name = device
    if device != "cpu":
        import torch

        name = torch.cuda.get_device_name(device)
    return f"{count} x {name}" if count > 1 else name
