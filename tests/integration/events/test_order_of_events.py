"""In which order events are told, when readers are woken, and how long events are kept."""

import threading

import psycopg

from hedge import runs
from tests.integration.events import ids, put_progress, told
from tests.support import wait_for

# -- order --------------------------------------------------------------------------------


def test_ids_follow_the_order_of_commits(database_of_events: str) -> None:
    with (
        psycopg.connect(database_of_events) as first,
        psycopg.connect(database_of_events) as second,
        psycopg.connect(database_of_events, autocommit=True) as reader,
    ):
        reader.execute("delete from app.events; delete from analytics.challenge_progress")
        put_progress(first, ("busy", "begun first", 1, "NONE"))
        put_progress(second, ("busy", "committed first", 1, "NONE"))
        second.commit()
        (low,) = ids(reader).values()
        first.commit()
        assert ids(reader)["begun first"] > low
        assert reader.execute("select count(*) from app.untold_events").fetchone() == (0,)
        # a savepoint that is rolled back takes the beginning of the events with it
        with first.transaction(), first.transaction(force_rollback=True):
            put_progress(first, ("busy", "never", 1, "NONE"))
        with first.transaction():
            with first.transaction(force_rollback=True):
                put_progress(first, ("busy", "never", 1, "NONE"))
            put_progress(first, ("busy", "third", 1, "NONE"))
        assert set(ids(reader)) == {"begun first", "committed first", "third"}


def test_who_has_an_id_commits_before_the_next_one_gets_a_higher_id(
    database_of_events: str,
) -> None:
    with (
        psycopg.connect(database_of_events) as first,
        psycopg.connect(database_of_events) as second,
        psycopg.connect(database_of_events, autocommit=True) as reader,
    ):
        reader.execute("delete from app.events; delete from analytics.challenge_progress")
        put_progress(first, ("busy", "numbered", 1, "NONE"))
        first.execute("set constraints all immediate")
        put_progress(second, ("idle", "waits", 1, "NONE"))
        committing = threading.Thread(target=second.commit)
        committing.start()
        wait_for(
            reader,
            "select count(*) > 0 from pg_stat_activity where wait_event = 'advisory'"
            " and datname = current_database()",
        )
        assert ids(reader) == {}
        first.commit()
        committing.join(10)
        found = ids(reader)
        assert found["numbered"] < found["waits"]


def test_readers_are_woken_when_a_transaction_with_events_has_committed(
    database_of_events: str,
) -> None:
    with (
        psycopg.connect(database_of_events, autocommit=True) as listener,
        psycopg.connect(database_of_events) as writer,
    ):
        listener.execute("delete from analytics.challenge_progress; listen hedge_events")
        writer.execute("set synchronous_commit = off")
        put_progress(writer, ("busy", "one", 1, "NONE"), ("busy", "two", 1, "NONE"))
        assert list(listener.notifies(timeout=0.05)) == []
        writer.execute("set constraints all immediate")
        # what is told must not be lost by a crash
        assert writer.execute("show synchronous_commit").fetchone() == ("on",)
        writer.commit()
        assert len(list(listener.notifies(timeout=2, stop_after=1))) == 1
        assert list(listener.notifies(timeout=0.05)) == []


# -- what is kept -------------------------------------------------------------------------


def test_the_events_of_a_cluster_go_with_it(connection: psycopg.Connection) -> None:
    put_progress(connection, ("busy", "arena", 5, "NONE"), ("idle", "arena", 5, "NONE"))
    assert len(told(connection)) == 2
    put_progress(connection, ("busy", "late", 5, "NONE"))
    connection.execute(
        "delete from app.wallet_links; delete from app.wallet_clusters where cluster_id = 'busy'"
    )
    assert [cluster for _, cluster, _ in told(connection)] == ["idle"]


def test_events_are_kept_for_thirty_days(connection: psycopg.Connection) -> None:
    put_progress(*(connection, *(("busy", str(number), 5, "NONE") for number in range(4))))
    told(connection)
    newest = max(ids(connection).values())
    for number, days in ((0, 31), (1, 30.001), (2, 29.999), (3, 1)):
        connection.execute(
            "update app.events set told_at = now() - %s * interval '1 day'"
            " where details ->> 'challengeKey' = %s",
            [days, str(number)],
        )
    assert runs.prune(connection, 90)["events"] == 2
    assert set(ids(connection)) == {"2", "3"}
    assert connection.execute("select pruned_until from app.pruned_events").fetchall() == [
        (newest - 2,)
    ]
    assert runs.prune(connection, 90)["events"] == 0
    assert connection.execute("select pruned_until from app.pruned_events").fetchall() == [
        (newest - 2,)
    ]
    assert runs.prune(connection, 7)["events"] == 1
