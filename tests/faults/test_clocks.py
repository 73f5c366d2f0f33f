"""Stamps later than now are noticed by every run, and repaired by one command.

They are made by moving every stamp of a database forward, which is what a restore on a server
whose clock is behind finds, and a clock that was set back.
"""

import json
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from hedge import boards, deploying, runs, seasons
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.queue import requests
from hedge.runs import clock
from hedge.runs.locks import DEPLOY_LOCK
from tests import Hedge
from tests.faults import (
    add_busy_and_idle,
    add_run,
    require_equal_to_a_computation_from_nothing,
    stamps,
)
from tests.support import (
    BUSY,
    DAY,
    add_cluster,
    computed_at,
    dbt,
    marts,
    progress,
    put,
    pvp_match,
)


def move_stamps(connection: psycopg.Connection, by: timedelta) -> None:
    """Let the database have been written by a clock that ran ahead."""
    columns = connection.execute("select relation, column_name from app.stamped_columns()")
    for relation, column in columns.fetchall():
        connection.execute(
            sql.SQL("update {} set {column} = {column} + %s").format(
                sql.Identifier(*relation.split(".")), column=sql.Identifier(column)
            ),
            [by],
        )


# -- what runs do ----------------------------------------------------------------------------


def test_every_run_is_refused_until_the_stamps_are_repaired_and_nothing_is_lost(
    connection: psycopg.Connection, hedge: Hedge
) -> None:
    """Several runs of dbt, so some seconds."""
    add_busy_and_idle(connection)
    runs.full()
    move_stamps(connection, DAY)
    put(connection, pvp_match(BUSY))
    before = marts(connection)

    for run in (
        runs.full,
        runs.incremental,
        lambda: runs.cluster(["busy"]),
        deploying.deploy,
    ):
        with pytest.raises(HedgeError, match=r"stamps are later than now.*hedge db repair-clock"):
            run()
    result = dbt("run")
    assert not result.success
    assert "later than now" in str(result.error or result.nodes)
    assert marts(connection) == before
    failed = connection.execute(
        "select kind, error from app.etl_runs where state = 'FAILED' order by run_id"
    ).fetchall()
    assert [kind for kind, _ in failed] == ["FULL", "INCREMENTAL", "CLUSTER"]
    assert all("later than now" in error for _, error in failed)

    status, out, err = hedge("db", "repair-clock", "--yes")
    assert status == 0
    assert "later than now" in err
    assert "analytics.challenge_progress.last_computed_at: " in out
    assert stamps(connection) == {}
    assert runs.incremental().scope_size is None
    assert progress(connection, "busy")["arena_victor"] == 2
    require_equal_to_a_computation_from_nothing(connection)


def test_a_request_that_meets_later_stamps_waits_and_uses_up_no_attempt(
    connection: psycopg.Connection,
) -> None:
    add_busy_and_idle(connection)
    connection.execute("delete from app.etl_requests where cluster_id = 'idle'")
    add_run(connection, "1 hour")
    assert requests.serve_clusters(connection) == 0
    (left,) = requests.unserved(connection)
    assert (left.state, left.attempts) == ("WAITING", 0)
    assert "hedge db repair-clock" in (left.error or "")


def test_board_runs_and_seasons_are_refused_too(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into app.leaderboard_defs"
        " (key, name, category_key, metric_source, metric_key, time_window)"
        " select 'b', 'B', min(key), 'onchain_pvp', 'wins', 'ALL_TIME' from analytics.categories;"
        "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
        " values ('s', 'S', now() - interval '1 day', now() + interval '1 day', true)"
    )
    add_run(connection, "1 day")
    with pytest.raises(HedgeError, match="1 stamp is later than now"):
        boards.run(["b"])
    with pytest.raises(HedgeError) as refused:
        seasons.run("s")
    assert str(refused.value).endswith(
        ": no run could write over what is stamped later. If the clock is right, run hedge db"
        " repair-clock; else set it right"
    )


@pytest.mark.parametrize("kind", ["marts", "links", "requests"])
def test_a_run_for_every_cluster_looks_at_everything_that_it_reads_and_writes(
    connection: psycopg.Connection, kind: str
) -> None:
    """Also where the ledger shows nothing, as after a partial restore."""
    add_cluster(connection, "busy", BUSY)
    connection.execute("delete from app.etl_requests")
    connection.execute(
        {
            "marts": "insert into analytics.cluster_metrics"
            " values ('busy', 'all_time', '{}', now() + interval '1 day')",
            "links": "update app.wallet_links set verified_at = now() + interval '1 day'",
            "requests": "insert into app.etl_requests (cluster_id, reason, requested_at)"
            " values ('busy', 'why', now() + interval '1 day')",
        }[kind]
    )
    with pytest.raises(HedgeError, match="1 stamp is later than now"):
        runs.full()


# -- the repair ------------------------------------------------------------------------------


def repaired(connection: psycopg.Connection) -> dict[str, int]:
    found = connection.execute(query("clock_repair")).fetchall()
    return {f"{relation}.{column}": number for relation, column, number in found}


def test_a_repair_sets_what_is_later_to_now_and_leaves_the_rest(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute("delete from app.etl_runs; delete from app.change_notes")
    add_run(transaction, "1 day")
    add_run(transaction, "-1 day")
    assert repaired(transaction) == {"app.etl_runs.as_of": 1}
    ages = transaction.execute(
        "select clock_timestamp() - as_of < '1 minute' from app.etl_runs order by run_id"
    )
    assert ages.fetchall() == [(True,), (False,)]
    # what the later run has seen is not known
    notes = transaction.execute("select kind from app.change_notes")
    assert notes.fetchall() == [("everything",)]
    assert repaired(transaction) == {}


def test_no_run_is_in_progress_while_stamps_are_repaired(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[tuple] = []

    def look(name: str) -> str:
        held.extend(
            connection.execute(
                "select mode from pg_locks where locktype = 'advisory'"
                " and database = (select oid from pg_database where datname = current_database())"
                " and (classid::bigint << 32) + objid::bigint = %s",
                [DEPLOY_LOCK],
            )
        )
        return query(name)

    monkeypatch.setattr(clock, "query", look)
    clock.repair()
    assert held == [("ExclusiveLock",)]


def test_two_unlocks_of_a_tier_keep_their_order(transaction: psycopg.Connection) -> None:
    transaction.execute(
        """
        insert into analytics.tier_unlocks
        (cluster_id, challenge_key, tier_code, kind, unlocked_at, revoked_at)
        values
        ('c', 'x', 'BASIC', 'TIER', now() + interval '1 day', now() + interval '2 days'),
        ('c', 'x', 'BASIC', 'TIER', now() + interval '3 days', null),
        ('c', 'y', 'BASIC', 'TIER', now() + interval '1 day', null),
        ('c', 'y', 'BASIC', 'FOUNDERS_MARK', now() + interval '1 day', null)
        """
    )
    assert repaired(transaction) == {
        "analytics.tier_unlocks.unlocked_at": 4,
        "analytics.tier_unlocks.revoked_at": 1,
    }
    rows = transaction.execute(
        "select challenge_key, revoked_at is null from analytics.tier_unlocks"
        " where unlocked_at <= clock_timestamp() order by challenge_key, unlocked_at"
    )
    assert rows.fetchall() == [("x", False), ("x", True), ("y", True), ("y", True)]
    # a tier and its mark that were unlocked together still are
    counted = "select count(distinct unlocked_at) from analytics.tier_unlocks where {}"
    assert transaction.execute(counted.format("challenge_key = 'y'")).fetchone() == (1,)
    assert stamps(transaction) == {}


def test_a_repair_leaves_what_rightly_lies_ahead_or_is_not_shown(
    transaction: psycopg.Connection,
) -> None:
    add_cluster(transaction, "busy", BUSY)
    transaction.execute(
        """
        update app.etl_requests set next_attempt_at = clock_timestamp() + interval '59 minutes';
        insert into app.leaderboard_defs
        (key, name, category_key, metric_source, metric_key, time_window)
        values ('b', 'B', 'pvp', 'onchain_pvp', 'wins', 'DAILY');
        insert into app.leaderboard_runs (leaderboard_key, status, as_of, error)
        values ('b', 'FAILED', now() + interval '1 day', 'why')
        """
    )
    assert repaired(transaction) == {"app.leaderboard_runs.as_of": 1}
    left = transaction.execute(
        "select next_attempt_at > clock_timestamp() + interval '58 minutes', stale_since"
        " from app.etl_requests cross join app.leaderboard_runs"
    )
    assert left.fetchall() == [(True, None)]


def test_board_runs_of_periods_that_have_not_begun_go_and_later_ones_are_stale(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute(
        """
        insert into app.leaderboard_defs
        (key, name, category_key, metric_source, metric_key, time_window)
        values ('b', 'B', 'pvp', 'onchain_pvp', 'wins', 'DAILY');
        insert into app.leaderboard_runs
        (leaderboard_key, status, period_start, period_end, as_of, row_count)
        select
            'b', 'COMPLETE', now() + days * interval '1 day',
            now() + (days + 1) * interval '1 day', now() + (days + 1) * interval '1 day', 0
        from generate_series(-2, 1) as days
        """
    )
    transaction.execute("update app.leaderboard_runs set as_of = now() where period_end = now()")
    assert repaired(transaction) == {
        "app.leaderboard_runs.period_start": 1,
        "app.leaderboard_runs.as_of": 1,
    }
    with transaction.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select period_end - now() as ends, stale_since is not null as is_stale,"
            " as_of <= clock_timestamp() as is_past from app.leaderboard_runs order by period_start"
        ).fetchall()
    assert [row["ends"].days for row in rows] == [-1, 0, 1]
    assert [row["is_stale"] for row in rows] == [False, False, True]
    assert all(row["is_past"] for row in rows)


# -- the command -----------------------------------------------------------------------------


def test_the_command_asks_and_says_when_there_is_nothing_to_do(
    connection: psycopg.Connection, hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hedge("db", "repair-clock") == (0, "no stamp is later than now\n", "")
    assert json.loads(hedge("db", "repair-clock", "--json")[1]) == []
    add_run(connection, "1 day")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    status, out, err = hedge("db", "repair-clock")
    assert (status, out) == (2, "")
    assert err.endswith("hedge: nothing was changed\n")
    assert stamps(connection) == {"app.etl_runs.as_of": 1}
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    assert hedge("db", "repair-clock")[:2] == (0, "set to now:\napp.etl_runs.as_of: 1\n")
    add_run(connection, "1 day")
    (printed,) = json.loads(hedge("db", "repair-clock", "--yes", "--json")[1])
    assert printed == {"relation": "app.etl_runs", "column_name": "as_of", "stamps": 1}
    assert computed_at(connection) == {}
