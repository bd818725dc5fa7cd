"""What prefect.yaml and deployments/ name must exist."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENTS = YAML(typ="safe").load((ROOT / "prefect.yaml").read_text())["deployments"]
POOLS = (ROOT / "deployments/pools.sh").read_text()


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda each: each["name"])
def test_a_deployment_points_at_a_flow_that_takes_its_parameters(deployment: dict) -> None:
    path, _, name = deployment["entrypoint"].partition(":")
    assert (ROOT / path).is_file()
    flow = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    taken = inspect.signature(flow.fn).parameters
    assert flow.name == name
    assert set(deployment.get("parameters", {})) <= set(taken)
    limits = {"gpus"} if name == "train" else {"frames", "redo"}
    assert {"manifest", "store"} | limits <= set(flow.parameters.properties)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda each: each["name"])
def test_its_pool_and_queue_are_made_by_the_script(deployment: dict) -> None:
    pool = deployment["work_pool"]
    assert f" {pool['name']} " in POOLS.partition("for pool in")[2].replace(";", " ")
    assert f"work-queue create {pool['work_queue_name']} " in POOLS


def test_the_command_line_submits_to_a_deployment_that_there_is() -> None:
    from flows.launch import DEPLOYMENT

    flow, _, name = DEPLOYMENT.partition("/")
    assert any(each["name"] == name and each["entrypoint"].endswith(f":{flow}") for each in DEPLOYMENTS)


def test_the_automation_is_one_that_prefect_takes() -> None:
    from prefect.automations import AutomationCore

    [automation] = YAML(typ="safe").load((ROOT / "deployments/automations.yaml").read_text())["automations"]
    trigger = AutomationCore.model_validate(automation).trigger
    assert trigger.within.total_seconds() == 540


def test_the_images_carry_no_secrets() -> None:
    services = YAML(typ="safe").load((ROOT / "deployments/compose.yaml").read_text())["services"]
    assert {"postgres", "server", "cpu", "gpu"} == set(services)
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${")
