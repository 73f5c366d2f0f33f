"""Statements that change rows of boards, ends and unlocks which another session is changing: they
wait, find what it has left, and lock several rows in one order."""

from collections.abc import Callable

import psycopg
import pytest

from hedge import database
from hedge.queries import query
from tests.in_process.rows import put_board
from tests.rendering import render
from tests.support import AS_OF, BUSY, DAY, Beside, add_cluster, executes, require_order

ENTRIES = {
    "target": "analytics.leaderboard_entries",
    "computed": "entries__tmp",
    "key": ["run_id", "cluster_id"],
    "columns": ["run_id", "cluster_id", "score", "rank", "payload", "created_at"],
    "as_of": "now()",
}
EXCLUSION = """jsonb_populate_record(null::app.exclusions, '{"cluster_id": "busy"}')"""
EMPTIED = (
    *("app.leaderboard_defs", "app.change_notes", "app.wallet_links", "app.wallet_clusters"),
    *("app.etl_requests", "analytics.tier_unlocks"),
)


@pytest.fixture
def connection(deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection to the database of this module, with a cluster."""
    deployed.execute(";".join(f"delete from {table}" for table in EMPTIED))
    add_cluster(deployed, "busy", BUSY)
    return deployed


def begin_board_run(connection: psycopg.Connection, key: str) -> int:
    put_board(connection, key)
    number: int = database.value(
        connection,
        "insert into app.leaderboard_runs (leaderboard_key, status)"
        " values (%s, 'PROCESSING') returning id",
        [key],
    )
    return number


def complete(*numbers: int) -> Callable[[psycopg.Connection], None]:
    """What completes board runs, each with one entry."""

    def act(session: psycopg.Connection) -> None:
        session.execute(
            "create temporary table entries__tmp as"
            " select * from analytics.leaderboard_entries with no data"
        )
        session.execute(
            "insert into entries__tmp (run_id, cluster_id, score, rank, payload, created_at)"
            " select unnest(%s::bigint[]), 'busy', 1, 1, '{}', now()",
            [[*numbers]],
        )
        boards = {"boards": [{"run_id": number} for number in numbers]}
        session.execute(render("{{ completes_runs_write(mart) }}", boards, mart=ENTRIES))

    return act


def end(*numbers: int) -> Callable[[psycopg.Connection], list[tuple]]:
    """What ends board runs that have no entries."""
    parameters = {"runs": [*numbers], "requested": [], "error": "broken"}
    return executes(query("boards_end"), parameters)


@pytest.mark.parametrize(
    ("act", "meanwhile"),
    [
        (complete, "status = 'FAILED', error = 'declared dead'"),
        (end, "status = 'COMPLETE', as_of = now(), row_count = 0"),
    ],
)
def test_a_board_run_that_another_session_is_ending_stays_as_that_leaves_it(
    connection: psycopg.Connection,
    act: Callable[[int], Callable[[psycopg.Connection], object]],
    meanwhile: str,
) -> None:
    number = begin_board_run(connection, "wins")
    runs = "select status, error from app.leaderboard_runs"
    with database.connect(autocommit=False) as other:
        other.execute(f"update app.leaderboard_runs set {meanwhile}")
        left = other.execute(runs).fetchall()
        beside = Beside(act(number))
        assert beside.waits
        other.commit()
    beside.result()
    assert connection.execute(runs).fetchall() == left
    assert database.value(connection, "select count(*) from analytics.leaderboard_entries") == 0


@pytest.mark.parametrize(
    "act",
    [
        complete,
        end,
        lambda *_: executes("select app.mark_stale_boards('a run', false)"),
        lambda *_: executes(
            f"select app.mark_boards_of_exclusion({EXCLUSION}, false, array['busy'])"
        ),
    ],
    ids=["complete", "end", "mark stale", "mark of an exclusion"],
)
def test_board_runs_are_locked_in_the_order_of_their_numbers(
    connection: psycopg.Connection,
    act: Callable[[int, int], Callable[[psycopg.Connection], object]],
) -> None:
    connection.execute(
        "insert into app.change_notes (table_name, operation, kind, key, taken_by)"
        " values ('pvp_matches', 'UPDATE', 'wallet', %s, 'a run')",
        [BUSY],
    )
    first, second = (begin_board_run(connection, key) for key in ("wins", "more_wins"))
    run = "select from app.leaderboard_runs where id ="
    connection.execute("update app.leaderboard_runs set row_count = 0 where id = %s", [first])
    require_order(f"{run} {first}", f"{run} {second}", act(first, second))
    changed = "select count(*) from app.leaderboard_runs where status <> 'PROCESSING'"
    changed += " or stale_since is not null"
    assert database.value(connection, changed) == 2


def test_ends_of_a_cluster_are_locked_in_the_order_of_their_instants(
    connection: psycopg.Connection,
) -> None:
    for ends_at in (AS_OF, AS_OF - DAY):
        connection.execute("insert into app.past_ends values ('busy', %s)", [ends_at])
    end = "select from app.past_ends where ends_at = '{}'"
    request = "insert into app.etl_requests (cluster_id, reason) values ('busy', 'wallet linked')"
    require_order(end.format(AS_OF - DAY), end.format(AS_OF), executes(request))
    assert connection.execute("select changes from app.past_ends").fetchall() == [(1,)] * 2


def test_an_unlock_that_a_run_is_revoking_keeps_the_reason_of_the_run(
    connection: psycopg.Connection,
) -> None:
    number = database.value(
        connection,
        "insert into app.etl_runs (invocation_id, kind, state, as_of)"
        " values ('undo', 'FULL', 'SUCCESS', now()) returning run_id",
    )
    connection.execute(
        "insert into analytics.tier_unlocks (cluster_id, challenge_key, tier_code, kind,"
        " unlocked_at, run_id, definitions) values ('busy', 'arena', 'BASIC', 'TIER', %s, %s, 'x')",
        [AS_OF, number],
    )
    parameters = {"since_run": number, "undone": ["x"], "full_run": number, "undo": 1}
    with database.connect(autocommit=False) as run:
        run.execute("update analytics.tier_unlocks set revoked_at = now(), revoked_reason = 'why'")
        undo = Beside(executes(query("undo_revoke"), parameters))
        assert undo.waits
        run.commit()
    assert undo.result() == [(0,)]
    reasons = connection.execute("select revoked_reason from analytics.tier_unlocks").fetchall()
    assert reasons == [("why",)]
