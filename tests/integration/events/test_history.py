"""The history of progress: a row for each change, and none of what is gone."""

from decimal import Decimal

import psycopg
import pytest

from tests.integration.events import put_progress, told


def history(connection: psycopg.Connection) -> list[tuple]:
    return connection.execute(
        "select cluster_id, challenge_key, extract(day from as_of)::integer, value, tier, run_id"
        " from analytics.progress_history order by as_of, cluster_id, challenge_key"
    ).fetchall()


@pytest.mark.parametrize("how", ["each", "summary"])
def test_a_change_is_a_row_with_its_run(connection: psycopg.Connection, how: str) -> None:
    connection.execute("select set_config('hedge.events', %s, true)", [how])
    connection.execute("select set_config('hedge.run_id', '7', true)")
    put_progress(
        connection,
        ("busy", "arena", 5, "BASIC"),
        ("busy", "never", 0, "NONE"),
        at="2026-06-01Z",
    )
    connection.execute("select set_config('hedge.run_id', '8', true)")
    put_progress(connection, ("busy", "arena", 5, "BASIC"), at="2026-06-02Z")
    put_progress(connection, ("busy", "arena", 5, "ELITE"), at="2026-06-03Z")
    put_progress(connection, ("busy", "arena", 4, "NONE"), at="2026-06-04Z")
    put_progress(connection, ("busy", "never", 1, "NONE"), at="2026-06-04Z")
    # as of the same instant, with facts that were loaded since
    put_progress(connection, ("busy", "arena", "9007199254741993.001", "ELITE"), at="2026-06-04Z")
    assert history(connection) == [
        ("busy", "arena", 1, 5, "BASIC", 7),
        ("busy", "arena", 3, 5, "ELITE", 8),
        ("busy", "arena", 4, Decimal("9007199254741993.001"), "ELITE", 8),
        ("busy", "never", 4, 1, "NONE", 8),
    ]
    assert (len(told(connection)) > 0) == (how == "each")


def test_a_history_that_a_backup_left_out_is_created_again(
    connection: psycopg.Connection,
) -> None:
    connection.execute("drop table analytics.progress_history")
    connection.execute("select app.tell_changes('analytics.challenge_progress')")
    put_progress(connection, ("busy", "arena", 5, "BASIC"))
    assert [row[0] for row in history(connection)] == ["busy"]


def test_outside_of_a_run_no_run_is_named(connection: psycopg.Connection) -> None:
    put_progress(connection, ("busy", "arena", 5, "BASIC"))
    assert history(connection)[0][-1] is None


def test_the_history_of_a_cluster_goes_with_it_and_with_what_a_late_run_wrote(
    connection: psycopg.Connection,
) -> None:
    put_progress(connection, ("busy", "arena", 5, "NONE"), ("idle", "arena", 5, "NONE"))
    told(connection)
    # stale rows of a challenge that is no longer active: the cluster is there
    connection.execute("delete from analytics.challenge_progress where cluster_id = 'busy'")
    assert [row[0] for row in history(connection)] == ["busy", "idle"]
    connection.execute(
        "delete from app.wallet_links;delete from app.wallet_clusters where cluster_id = 'busy'"
    )
    assert [row[0] for row in history(connection)] == ["idle"]
    put_progress(connection, ("busy", "arena", 6, "NONE"))
    connection.execute("set constraints all immediate")
    assert [row[0] for row in history(connection)] == ["busy", "idle"]
    connection.execute(
        "insert into app.events (event_type, cluster_id, details)"
        " values ('progress.changed', 'busy', '{}')"
    )
    connection.execute("delete from analytics.challenge_progress where cluster_id = 'busy'")
    assert [row[0] for row in history(connection)] == ["idle"]
    events = connection.execute("select distinct cluster_id from app.events").fetchall()
    assert events == [("idle",)]
