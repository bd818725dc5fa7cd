"""Who works on what: no worker gets more than it has threads for, and nobody is blamed for another one's crash."""

from __future__ import annotations

import pytest

from fsvfx.executors import Task
from fsvfx.executors.roster import Desk, Roster
from fsvfx.executors.seats import LEAST_MEMORY, crowded


def task(label: str, priority: int = 0, gpu: bool = False) -> Task:
    return Task("toy", label, print, (), priority, gpu)


def handed(roster: Roster) -> dict[str, str]:
    return {one.label: address for one, address in roster.hand_out()}


def test_the_highest_priority_goes_first_and_no_worker_gets_more_than_its_threads() -> None:
    roster = Roster({"a": Desk(), "b": Desk(2)})
    for number in range(5):
        roster.add(task(f"t{number}", priority=number))
    first = handed(roster)
    assert set(first) == {"t4", "t3", "t2"}
    assert sorted(first.values()) == ["a", "b", "b"]
    assert handed(roster) == {}
    roster.settle(next(one for one in roster.held if one.label == "t4"))
    assert set(handed(roster)) == {"t1"}


def test_without_a_worker_all_wait() -> None:
    roster = Roster()
    roster.add(task("t"))
    assert handed(roster) == {}
    assert not roster.is_idle
    assert roster.meet({"a": Desk()}) == []
    assert handed(roster) == {"t": "a"}


def test_of_a_worker_that_dies_only_its_own_tasks_are_lost() -> None:
    roster = Roster({"a": Desk(), "b": Desk()})
    one, other = task("one", priority=1), task("other")
    roster.add(one)
    roster.add(other)
    handed(roster)
    dead = roster.held[one]
    [lost] = roster.meet({address: Desk() for address in ("a", "b") if address != dead})
    assert lost is one
    assert roster.deaths == {one: 1}
    assert list(roster.held) == [other]


def test_what_was_on_a_dead_worker_works_alone_next() -> None:
    roster = Roster({"a": Desk(2)})
    killer, innocent = task("killer", priority=1), task("innocent")
    for one in (killer, innocent):
        roster.add(one)
    assert len(handed(roster)) == 2
    for lost in roster.meet({"b": Desk(2)}):
        roster.add(lost)
    assert handed(roster) == {"killer": "b"}  # alone
    assert roster.meet({"c": Desk(2)}) == [killer]
    assert roster.deaths == {killer: 2, innocent: 1}
    assert handed(roster) == {"innocent": "c"}


@pytest.mark.parametrize(("desks", "address"), [
    ({"a": Desk(), "g": Desk(gpu=True)}, "g"),
    ({"a": Desk()}, "a"),
])  # fmt: skip
def test_a_task_for_the_gpu_goes_there_if_there_is_one(desks: dict[str, Desk], address: str) -> None:
    roster = Roster(desks)
    roster.add(task("net", gpu=True))
    assert handed(roster) == {"net": address}


def test_a_task_for_the_gpu_waits_for_one_that_is_about_to_come() -> None:
    roster = Roster({"a": Desk()}, expects_gpu=True)
    roster.add(task("net", gpu=True))
    assert handed(roster) == {}
    roster.meet({"a": Desk(), "g": Desk(gpu=True)})
    assert handed(roster) == {"net": "g"}


def test_others_leave_the_gpu_to_those_that_ask_for_it() -> None:
    roster = Roster({"g": Desk(gpu=True), "a": Desk()})
    roster.add(task("plain", priority=1))
    roster.add(task("net", gpu=True))
    assert handed(roster) == {"plain": "a", "net": "g"}


def test_when_the_scheduler_goes_nobody_is_to_blame() -> None:
    roster = Roster({"a": Desk()})
    one = task("one")
    roster.add(one)
    handed(roster)
    assert roster.take_back() == [one]
    assert not roster.deaths
    roster.meet({"b": Desk()})
    assert handed(roster) == {"one": "b"}


@pytest.mark.parametrize(("workers", "cores", "gib", "said"), [
    (2, 2, 8, ""),
    (8, 2, 64, "8 workers share 2 cores, so some of them only wait: try --workers 2"),
    (8, 8, 8, "8 workers have 1.0 GiB of memory each, and may run out of it: try --workers 4"),
])  # fmt: skip
def test_too_many_workers_are_told_with_a_number_that_fits(workers: int, cores: int, gib: int, said: str) -> None:
    assert LEAST_MEMORY == 2 << 30
    assert crowded(workers, cores, gib << 30) == said
