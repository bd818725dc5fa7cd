"""Telling Prefect on the side: a server that is away, comes back empty, or never answers costs a run nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fsvfx.runner import Plan, plan
from tasks import teller as telling
from tasks.desk import Run
from tasks.rest import Away, Gone
from tasks.teller import Shot, Teller

STEPS = 10
"""Of the toy shot."""


class Server:
    """As much of Prefect's API as is asked, in memory. ``down``: it does not answer; ``lose``: its database is new."""

    def __init__(self) -> None:
        self.down = False
        self.hangs = threading.Event()
        self.hangs.set()
        self._ids = count()
        self.lose()

    def lose(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.rows.values() if row["kind"] == kind]

    def post(self, path: str, body: Any) -> Any:
        self._answer()
        kind, _, rest = path.partition("/")
        if rest == "filter":
            return []
        if rest:
            self._row(rest.partition("/")[0])["state"] = body["state"]
            return {}
        for named in body if isinstance(body, list) else [body]:
            if kind != "artifacts" and "flow_run_id" in named:
                self._row(named["flow_run_id"])
        made = f"id{next(self._ids)}"
        self.rows[made] = {"kind": kind, "id": made, **(body if isinstance(body, dict) else {"lines": body})}
        return {"id": made}

    def patch(self, path: str, body: Any) -> None:
        self._answer()
        self._row(path.partition("/")[2]).update(body)

    def _answer(self) -> None:
        self.hangs.wait()
        if self.down:
            raise Away("it does not answer")

    def _row(self, name: str) -> dict[str, Any]:
        if name not in self.rows:
            raise Gone(name)
        return self.rows[name]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(telling, "_PAUSES", (0.02,))
    monkeypatch.setattr(telling, "_NAP", 0.02)
    return Server()


@pytest.fixture
def toy(tmp_path: Path, toy_plan: Callable[[Path], Plan]) -> Plan:
    return toy_plan(tmp_path)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def run_toy(server: Server, toy: Plan, said: list[str]) -> Callable[..., None]:
    """Every step of the toy shot as its drive tells of it; ``between`` is called in the middle."""

    def run(between: Callable[[], object] = lambda: None, error: Exception | None = None) -> None:
        with Teller(lambda: server, said.append) as teller, Shot.of(teller, Run("shot", "sh01", "toy")) as told:  # type: ignore[arg-type, return-value]
            told.begins(toy)
            for number, step in enumerate(toy.todo):
                told.began(str(step), [step])
                if number == STEPS // 2:
                    between()
                failed = error if number == STEPS - 1 else None
                told.settled(step, failed)
                told.ended(str(step), failed)
            told.ends()
            told.finish(toy, toy.outcome(), lambda: None)

    return run


def states(server: Server) -> dict[str, str]:
    return {row["name"]: row["state"]["type"] for row in server.of("task_runs")}


def until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_all_of_a_run_is_told(server: Server, toy: Plan, run_toy: Callable[..., None], said: list[str]) -> None:
    run_toy(error=ValueError("broken"))
    [run] = server.of("flow_runs")
    assert (run["name"], run["state"]["type"]) == ("sh01", "FAILED")
    assert "fsvfx retry" in run["state"]["message"]
    assert list(states(server)) == list(map(str, toy.todo))
    assert [name for name, state in states(server).items() if state == "FAILED"] == [str(toy.todo[-1])]
    assert {row["key"] for row in server.of("artifacts")} == {
        "toy-sh01-progress",
        "toy-sh01-chunks",
        "toy-sh01-summary",
    }
    [log] = server.of("logs")
    assert "ValueError: broken" in log["lines"][0]["message"]
    assert said == []


def test_a_server_that_is_away_is_told_all_once_it_is_back(server: Server, run_toy: Callable[..., None]) -> None:
    server.down = True

    def back() -> None:
        threading.Timer(0.3, lambda: setattr(server, "down", False)).start()

    run_toy(back)
    assert set(states(server).values()) == {"COMPLETED"}
    assert len(states(server)) == STEPS


def test_a_server_with_a_new_database_is_told_all_anew(server: Server, run_toy: Callable[..., None]) -> None:
    first: list[str] = []

    def lose() -> None:
        until(lambda: len(states(server)) >= STEPS // 2)
        first.extend(row["id"] for row in server.of("flow_runs"))
        server.lose()

    run_toy(lose)
    [run] = server.of("flow_runs")
    assert run["id"] not in first
    assert set(states(server).values()) == {"COMPLETED"}
    assert len(states(server)) == STEPS


def test_a_server_that_never_answers_is_left_behind_and_that_is_said_once(
    server: Server, run_toy: Callable[..., None], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "LIMIT", 0.3)
    server.down = True
    run_toy()
    [one] = said
    assert "does not show all of sh01" in one
    assert "ledger" in one


@pytest.fixture
def frozen(server: Server) -> Iterator[Server]:
    server.hangs.clear()
    yield server
    server.hangs.set()


def test_a_server_that_hangs_holds_nothing_up(
    frozen: Server, run_toy: Callable[..., None], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "LIMIT", 0.3)
    took: list[float] = []
    begun = time.monotonic()
    run_toy(lambda: took.append(time.monotonic() - begun))
    assert took[0] < 5  # it would wait for ever
    assert len(said) == 1


def test_one_that_is_stopped_is_shown_as_cancelled(server: Server, run_toy: Callable[..., None]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_toy(interrupt)
    [run] = server.of("flow_runs")
    assert run["state"]["type"] == "CANCELLED"
    assert "RUNNING" not in states(server).values()


def test_events_beyond_what_is_kept_are_left_out_and_the_end_makes_up_for_them(
    server: Server, toy: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MOST", 2)
    teller = Teller(lambda: server, lambda text: None)  # type: ignore[arg-type, return-value]
    told = Shot.of(teller, Run("shot", "sh01", "toy"))
    for step in toy.todo:
        told.began(str(step), [step])  # nobody listens yet; this returns
    assert plan(toy.job).todo == toy.todo
