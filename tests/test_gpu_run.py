"""The prepared run for GPUs, small and on the CPU: every part does what it says, and a bad one harms no other."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.gpu.__main__ import main, run
from benchmarks.gpu.parts import LIMIT, PARTS, SECONDS
from benchmarks.gpu.trainings import TRAININGS
from fsvfx import models
from fsvfx.errors import ModelError


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


COMMANDS = {
    "good": python("print('said'); print('{\"loss\": 0.5}')"),
    "bad": python("raise SystemExit('no such card')"),
    "endless": python("import time; time.sleep(600)"),
    "late": python("print('{}')"),
}


def test_a_bad_part_is_written_down_and_the_others_go_on() -> None:
    told = dict(run({"good": 60, "bad": 60, "endless": 0.5}, COMMANDS.__getitem__, 200))
    assert (told["good"]["state"], told["good"]["loss"]) == ("done", 0.5)
    assert (told["bad"]["state"], told["bad"]["why"]) == ("failed", ["no such card"])
    assert (told["endless"]["state"], told["endless"]["why"]) == ("failed", ["took longer than 0 s"])
    assert told["endless"]["seconds"] < 300
    late = dict(run({"endless": 0.2, "late": 60}, COMMANDS.__getitem__, 0.1))
    assert late["late"]["why"] == ["no time was left"]


def test_its_parts_fit_into_nine_minutes() -> None:
    assert SECONDS.keys() == PARTS.keys()
    assert sum(SECONDS.values()) <= LIMIT < 9 * 60


def test_without_a_gpu_it_says_so(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert main(["--small", "--only", "card", "--out", str(tmp_path)]) == 1
    told = json.loads((tmp_path / "gpu.json").read_text())["parts"]["card"]
    assert (told["state"], told["why"]) == ("failed", ["torch finds no GPU here"])


@pytest.mark.slow
def test_it_runs_small_on_the_cpu(tmp_path: Path) -> None:
    try:
        models.path("dlib_embedding")
    except ModelError as error:
        pytest.skip(str(error))
    code = main(["--device", "cpu", "--small", "--out", str(tmp_path)])
    told = json.loads((tmp_path / "gpu.json").read_text())
    assert {name: part.get("why") for name, part in told["parts"].items()} == dict.fromkeys(PARTS)
    assert code == 0
    assert told["parts"]["tests"]["tests"] == told["parts"]["tests"]["skipped"] > 0
    assert told["parts"]["solver"]["96 px"]["difference"] == 0
    assert told["parts"]["inference"]["simswap 224"]["batch 2"]["tflops"] > 0
    for one in TRAININGS:
        part = told["parts"][one.name]
        assert part["iterations"] == 4
        assert part["loss_last"] > 0
        assert part["gflop_per_iteration"] > 0
        assert part["iterations_per_second"] > 0
        assert (tmp_path / "gpu" / f"{one.name.replace(' ', '_')}.png").is_file()
