"""Networks on a GPU give the CPU's faces, and learn there."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from toy_facesets import faceset
from toy_packages import PAIR, SMALL

from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import ClosedModel, Model
from fsvfx.training.data import Sampler
from fsvfx.training.loop import Loop, Precision
from schemas.augmentation import Augmentation
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.gpu


def made(model: Model[Any], device: str) -> torch.Tensor:
    size = model.resolution
    channels = model.inputs if isinstance(model, OpenModel) else 3
    pictures = torch.rand(2, channels, size, size, generator=torch.Generator().manual_seed(0)).to(device)
    model = model.to(device).eval()
    with torch.inference_mode():
        if isinstance(model, OpenModel):
            return model.swap(pictures, torch.full((2, model.code_length), 0.1, device=device)).rgb.cpu()
        assert isinstance(model, ClosedModel)
        return model.predict(pictures, PAIR[0]).rgb.cpu()


@pytest.mark.parametrize("engine", [name for name in SMALL if name != "refine"])
def test_the_gpu_makes_the_cpus_faces(engine: str) -> None:
    torch.manual_seed(0)
    model = built(learned(engine), SMALL[engine], PAIR)
    wanted = made(model, "cpu")
    assert (made(model, "cuda") - wanted).abs().max() < 5e-3


@pytest.mark.parametrize("amp", ["off", "bf16", "fp16"])
def test_a_pair_is_learned(amp: Any) -> None:
    torch.manual_seed(0)
    model = built(learned("df"), SMALL["df"], PAIR)
    settings = TrainerSettings(iterations=40, lr=1e-3, amp=amp, channels_last=True)
    precision = Precision(settings, "cuda")
    precision.place(model)
    loop, seen = Loop(model, settings, precision), []
    with Sampler({name: faceset(name) for name in PAIR}, 64, 4, Augmentation(), "cuda", 0) as feed:
        for step in range(40):
            terms = loop.iterate(next(feed), step)
            seen.append(sum(float(value) for name, value in terms.items() if "gradient" not in name))
    assert sum(seen[-5:]) < 0.9 * sum(seen[:5])
