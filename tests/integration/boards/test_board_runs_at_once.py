"""Runs of one board beside each other, and runs that die."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import psycopg
import pytest

from hedge import boards, database, runs
from hedge.boards import BoardRun
from hedge.errors import HedgeError
from hedge.queries import query
from tests import support
from tests.integration.boards import MAY, a_board, listed, ranked, wins
from tests.support import (
    AS_OF,
    BUSY,
    Process,
    days_ago,
    put,
    pvp_match,
    wait_until_held,
    wait_until_no_session_is_left,
)


@pytest.fixture
def process() -> Iterator[Process]:
    """A process beside this one."""
    other = Process()
    yield other
    other.stop()


def start_board(process: Process, **arguments: Any):
    """Begin a run of the board in another process."""
    return process.call(_run_board, arguments)


def _run_board(arguments: dict[str, Any]) -> list[BoardRun]:
    return boards.run(["wins"], **arguments)


def hold_entries(connection: psycopg.Connection) -> None:
    """Let whoever writes entries wait until this transaction ends."""
    connection.execute("lock table analytics.leaderboard_entries in share mode")


def test_two_runs_of_one_board_are_one_after_the_other(
    own_town: psycopg.Connection, process: Process
) -> None:
    boards.add(own_town, a_board())
    wins(own_town, 1, 0, 0)
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        first = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(own_town)
        second = Process()
        waiting = start_board(second, mode="DUE", as_of=AS_OF)
        support.wait_for(
            own_town,
            "select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted",
        )
        held = own_town.execute("select status from app.leaderboard_runs").fetchall()
        assert held == [("PROCESSING",)]
        holder.rollback()
    (run,) = first.result()
    # the second found that nothing was due any more
    assert waiting.result() == []
    second.stop()
    assert run.status == "COMPLETE"
    assert listed(own_town, run) == [(1, "busy", 1)]


@pytest.mark.parametrize("how", [pytest.param("kill -9", marks=pytest.mark.ci), "terminate"])
def test_a_run_that_was_killed_is_failed_and_the_next_one_is_good(
    own_town: psycopg.Connection, process: Process, how: str
) -> None:
    boards.add(own_town, a_board())
    wins(own_town, 1, 0, 0)
    before = ranked(own_town)
    put(own_town, pvp_match(BUSY, at=days_ago(6)))
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        run = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(own_town)
        if how == "kill -9":
            os.kill(process.pid, signal.SIGKILL)
            with pytest.raises(BrokenProcessPool):
                run.result()
        else:
            own_town.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'hedge-dbt'"
            )
            with pytest.raises(HedgeError):
                run.result()
        holder.rollback()
    wait_until_no_session_is_left(own_town)
    killed = boards.newest_runs(own_town)["wins"]
    if how == "kill -9" and killed.status == "COMPLETE":
        # the server had the last statement already, and finished it
        assert len(boards.entries(own_town, killed.id)) == 1
    else:
        assert killed.status == "FAILED"
        assert killed.error
        assert boards.entries(own_town, killed.id) == []
        assert listed(own_town, boards.complete_run(own_town, "wins")) == before
    assert ranked(own_town) == [(1, "busy", 2)]


def test_runs_are_locked_in_the_order_of_their_ids(town: psycopg.Connection) -> None:
    """As by whoever completes or marks several, so that nobody waits for each other."""
    for key in ("wins", "more-wins"):
        boards.add(town, a_board(key=key))
    first, second = (
        number
        for (number,) in town.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status)"
            " values ('wins', 'PROCESSING'), ('more-wins', 'PROCESSING') returning id"
        )
    )
    # a row that was updated lies behind the others
    town.execute("update app.leaderboard_runs set error = '' where id = %s", [first])
    parameters = {"runs": [second, first], "requested": [], "error": "broken"}
    lock = "select id from app.leaderboard_runs where id = %s for update"
    with (
        database.connect() as waiting,
        ThreadPoolExecutor() as pool,
        database.connect(autocommit=False) as holder,
    ):
        holder.execute(lock, [second])
        done = pool.submit(waiting.execute, query("boards_end"), parameters)
        support.wait_for(town, "select count(*) = 1 from pg_locks where not granted")
        assert town.execute(f"{lock} skip locked", [first]).fetchall() == []
        holder.rollback()
        assert done.result().rowcount == 2


def test_a_run_that_was_declared_dead_writes_nothing_any_more(
    own_town: psycopg.Connection, process: Process
) -> None:
    boards.add(own_town, a_board())
    wins(own_town, 1, 0, 0)
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        run = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(own_town)
        with database.connect() as sweeper:
            sweeper.execute(
                "update app.leaderboard_runs set status = 'FAILED', error = 'declared dead'"
            )
        holder.rollback()
    (found,) = run.result()
    assert (found.status, found.error) == ("FAILED", "declared dead")
    assert own_town.execute("select count(*) from analytics.leaderboard_entries").fetchone() == (0,)


def test_a_full_run_leaves_the_windows_of_a_board_that_is_computed(
    own_town: psycopg.Connection, process: Process
) -> None:
    """A board on meta_profile keeps the metrics of its period in cluster_metrics meanwhile."""
    boards.add(own_town, a_board("meta_profile.pvp_mastery_score"))
    wins(own_town, 1, 0, 0)
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        run = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(own_town)
        runs.full()
        windows = "select count(*) from analytics.cluster_metrics where window_key like 'run:%'"
        assert own_town.execute(windows).fetchone() == (3,)
        holder.rollback()
    (found,) = run.result()
    assert listed(own_town, found) == [(1, "busy", 2)]
    runs.full()
    assert own_town.execute(windows).fetchone() == (0,)
