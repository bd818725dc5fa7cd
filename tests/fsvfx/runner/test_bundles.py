"""Bundles: few enough, in order, and never waiting for each other in a ring."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.runner.bundles import Bundle, bundles_of
from fsvfx.runner.graph import Graph, Step
from schemas.frames import Chunk
from schemas.receipts import Unit

LOCAL_BEFORE = ("ingest", "detect")
LOCAL_AFTER = ("align", "swap", "composite")


def graph_of(chunks: int, halo: bool) -> Graph:
    """A shot like the real ones; with ``halo`` composite reads the neighbours' swaps."""
    units = [Unit.of_chunk(Chunk(first=n * 10, last=n * 10 + 9)) for n in range(chunks)]
    shot = Unit.of_shot()
    reads: dict[Step, frozenset[Step]] = {}
    for unit in units:
        reads[Step("ingest", unit)] = frozenset()
    for unit in units:
        reads[Step("detect", unit)] = frozenset({Step("ingest", unit)})
    reads[Step("track", shot)] = frozenset(Step("detect", unit) for unit in units)
    for unit in units:
        reads[Step("align", unit)] = frozenset({Step("ingest", unit), Step("track", shot)})
    for unit in units:
        reads[Step("swap", unit)] = frozenset({Step("align", unit)})
    for n, unit in enumerate(units):
        near = units[max(0, n - 1) : n + 2] if halo else [unit]
        reads[Step("composite", unit)] = frozenset(Step("swap", each) for each in near)
    reads[Step("deliver", shot)] = frozenset(Step("composite", unit) for unit in units)
    return Graph(reads=reads, required=reads)


def order_of(bundles: list[Bundle]) -> list[Bundle]:
    owner = {step: bundle for bundle in bundles for step in bundle.steps}
    edges = {bundle: {owner[step] for step in bundle.waits_for} for bundle in bundles}
    return list(TopologicalSorter(edges).static_order())  # raises CycleError for a ring


@settings(max_examples=40, deadline=None)
@given(chunks=st.integers(1, 120), most=st.integers(20, 200), halo=st.booleans())
def test_every_step_is_in_one_bundle_there_are_few_and_no_ring(chunks: int, most: int, halo: bool) -> None:
    graph = graph_of(chunks, halo)
    bundles = bundles_of(graph, graph, most=most)
    assert sorted(str(step) for bundle in bundles for step in bundle.steps) == sorted(map(str, graph))
    assert len(bundles) <= most
    assert len(order_of(bundles)) == len(bundles)


def test_the_stages_of_a_chunk_that_follow_each_other_are_one_task() -> None:
    graph = graph_of(2, halo=False)
    assert [bundle.label for bundle in bundles_of(graph, graph)] == [
        "ingest..detect 0-9", "ingest..detect 10-19", "track shot", "align..composite 0-9", "align..composite 10-19",
        "deliver shot",
    ]  # fmt: skip


def test_a_stage_that_reads_neighbours_begins_a_task_of_its_own() -> None:
    graph = graph_of(2, halo=True)
    labels = [bundle.label for bundle in bundles_of(graph, graph)]
    assert labels[3:7] == ["align..swap 0-9", "align..swap 10-19", "composite 0-9", "composite 10-19"]


def test_stages_between_a_stage_and_the_neighbours_that_it_reads_come_along() -> None:
    graph = graph_of(2, halo=False)
    align = {step for step in graph if step.stage == "align"}
    reads = {step: found | align if step.stage == "composite" else found for step, found in graph.reads.items()}
    labels = [bundle.label for bundle in bundles_of(Graph(reads=reads, required=reads), graph)]
    assert labels[3:7] == ["align 0-9", "align 10-19", "swap..composite 0-9", "swap..composite 10-19"]


def test_what_goes_to_other_workers_goes_alone() -> None:
    graph = graph_of(1, halo=False)
    labels = [bundle.label for bundle in bundles_of(graph, graph, apart={"swap"})]
    assert labels == ["ingest..detect 0-9", "track shot", "align 0-9", "swap 0-9", "composite 0-9", "deliver shot"]


def test_long_shots_have_tasks_of_several_chunks() -> None:
    graph = graph_of(100, halo=False)
    labels = [bundle.label for bundle in bundles_of(graph, graph, most=110)]
    assert labels[0] == "ingest..detect 0-19"
    assert labels[-2:] == ["align..composite 980-999", "deliver shot"]


def test_only_what_is_to_do_is_bundled() -> None:
    graph = graph_of(3, halo=False)
    todo = [step for step in graph if step.stage == "swap"]
    assert [bundle.label for bundle in bundles_of(graph, todo)] == ["swap 0-9", "swap 10-19", "swap 20-29"]


@pytest.mark.parametrize(("stage", "count"), [("detect", 1 + 1 + 9 + 1), ("swap", 1 + 1 + 1)])
def test_what_hangs_on_a_step(stage: str, count: int) -> None:
    graph = graph_of(3, halo=False)
    [first, *_] = [step for step in graph if step.stage == stage]
    assert len(graph.with_downstream([first])) == count
