"""Stamps later than now are noticed by every run, and repaired by one command.

They are made by moving every stamp of a database forward, which is what a restore on a server
whose clock is behind finds, and a clock that was set back.
"""

import contextlib
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
from tests.faults import add_busy_and_idle, require_equal_to_a_computation_from_nothing
from tests.support import (
    AS_OF,
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

#: Columns of instants that are no stamps: those of facts and periods, and what somebody chose.
NO_STAMPS = {
    # a minute that begins later than now is over
    ("app.rate_limits", "counted_since"),
    # written again at the next use
    ("app.sessions", "created_at"),
    ("app.sessions", "used_at"),
    # as in the raw tables, and shown only
    ("app.loaded_days", "loaded_at"),
    ("app.loaded_days", "event_at"),
    ("app.change_notes", "from_at"),
    ("app.change_notes", "to_at"),
    ("app.change_notes", "due_at"),
    ("app.leaderboard_runs", "period_start"),
    ("app.leaderboard_runs", "period_end"),
    ("app.seasons", "starts_at"),
    ("app.seasons", "ends_at"),
}


def stamps(connection: psycopg.Connection) -> dict[str, int]:
    """How many stamps of each column are later than now."""
    found = clock.later_stamps(connection)
    return {f"{each.relation}.{each.column_name}": each.stamps for each in found}


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


def add_run(connection: psycopg.Connection, lead: str) -> None:
    """A full run that succeeded so much later than now."""
    connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, state, definitions)"
        " select gen_random_uuid(), 'FULL', clock_timestamp() + %s::interval, 'SUCCESS',"
        " app.deployed_definitions()",
        [lead],
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
    assert "later than now" in str(result.exception or result.result)
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
    with pytest.raises(HedgeError, match="1 stamp is later than now"):
        seasons.run("s")


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


# -- what is looked at -----------------------------------------------------------------------


def test_a_clock_that_was_set_back_a_little_is_waited_for(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute("delete from app.etl_runs")
    add_run(transaction, "0.4 seconds")
    clock.require_no_later_stamps(transaction)
    add_run(transaction, "6 seconds")
    with pytest.raises(HedgeError, match="1 stamp is later than now"):
        clock.require_no_later_stamps(transaction)


@pytest.mark.parametrize(("lead", "is_waited_for"), [(5, True), (5.000001, False)])
def test_a_clock_is_waited_for_for_five_seconds_at_most(
    transaction: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    lead: float,
    is_waited_for: bool,
) -> None:
    later = AS_OF + timedelta(seconds=lead)
    counted = clock.LaterStamps("app.etl_runs", "as_of", 1, later, AS_OF)
    looks = iter([[counted], []])
    waits: list[float] = []
    monkeypatch.setattr(clock, "later_stamps", lambda *_: next(looks))
    monkeypatch.setattr(clock.time, "sleep", waits.append)
    with contextlib.nullcontext() if is_waited_for else pytest.raises(HedgeError):
        clock.require_no_later_stamps(transaction)
    assert waits == ([lead] if is_waited_for else [])


def test_a_stamp_to_which_the_clock_has_come_while_others_were_counted_refuses_nothing(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = clock.LaterStamps("app.etl_runs", "as_of", 1, AS_OF, AS_OF + timedelta(seconds=0.01))
    looks = iter([[counted], []])
    monkeypatch.setattr(clock, "later_stamps", lambda *_: next(looks))
    clock.require_no_later_stamps(transaction)
    assert list(looks) == []


def test_every_column_of_an_instant_is_a_stamp_or_known_to_be_none(
    transaction: psycopg.Connection,
) -> None:
    columns = transaction.execute(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
        " inner join information_schema.tables using (table_schema, table_name)"
        " where table_schema in ('app', 'analytics') and table_type = 'BASE TABLE'"
        " and data_type like 'timestamp%%'"
    ).fetchall()
    known = transaction.execute("select relation, column_name from app.stamped_columns()")
    listed = known.fetchall()
    assert sorted(columns) == sorted([*listed, *NO_STAMPS])
    assert set(clock.EVERYTHING_OF_A_RUN) <= {relation for relation, _ in listed}


def test_stamps_that_may_be_later_than_now_are_none_for_a_while(
    transaction: psycopg.Connection,
) -> None:
    add_cluster(transaction, "busy", BUSY)
    attempt = "update app.etl_requests set next_attempt_at = clock_timestamp() + %s::interval"
    transaction.execute(attempt, ["59 minutes"])
    assert stamps(transaction) == {}
    transaction.execute(attempt, ["61 minutes"])
    assert stamps(transaction) == {"app.etl_requests.next_attempt_at": 1}
    # nor are instants of facts, which count from their time on
    put(transaction, pvp_match(BUSY, at=AS_OF + 99 * 365 * DAY))
    assert stamps(transaction) == {"app.etl_requests.next_attempt_at": 1}


def test_of_equal_stamps_the_first_column_is_named(transaction: psycopg.Connection) -> None:
    transaction.execute("delete from app.etl_runs")
    add_cluster(transaction, "busy", BUSY)
    later = "'2126-01-01 10:20:30Z'"
    transaction.execute(
        f"update app.wallet_links set verified_at = {later}, linked_at = {later};"
        f"update app.wallet_clusters set created_at = {later};"
        f"update app.players set changed_at = {later}, created_at = {later}"
    )
    found = [(each.relation, each.column_name) for each in clock.later_stamps(transaction)]
    assert found == sorted(found)
    assert len(found) == 5


def test_the_latest_stamp_is_named(transaction: psycopg.Connection) -> None:
    transaction.execute("delete from app.etl_runs")
    for lead in ("1 day", "2 days"):
        add_run(transaction, lead)
    add_cluster(transaction, "busy", BUSY)
    transaction.execute("update app.wallet_links set linked_at = '2126-01-01 10:20:30Z'")
    sentence = clock.in_words(clock.later_stamps(transaction))
    assert sentence.startswith("3 stamps are later than now, which is 20")
    assert sentence.endswith("the latest is 2126-01-01 10:20:30 UTC in app.wallet_links.linked_at")


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
