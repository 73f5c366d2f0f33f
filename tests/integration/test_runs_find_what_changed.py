"""Whether an incremental run names clusters or computes every cluster, and from when it looks.

The queries are executed over a few rows of the run ledger, in a transaction that is rolled back.
Which facts concern which clusters is in test_the_incremental_scope_is_closed.py.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge.queries import query
from tests.prepared_server import OpenTransaction
from tests.support import AS_OF, BUSY, DAY, IDLE, add_cluster, add_crowd, put, quest

MICRO = timedelta(microseconds=1)
#: The watermark of the last run over all changes, which started a minute later.
SINCE = AS_OF - DAY
STARTED = SINCE + timedelta(minutes=1)


@pytest.fixture(scope="module")
def database_of_changes(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with two clusters that nothing has changed for long."""
    url = new_database("changes", template)
    with psycopg.connect(url, autocommit=True) as connection:
        add_cluster(connection, "busy", BUSY)
        add_cluster(connection, "idle", IDLE)
        connection.execute(
            """
            delete from app.etl_runs;
            update app.players set changed_at = '2026-01-01';
            update app.wallet_clusters set created_at = '2026-01-01';
            update app.wallet_links set linked_at = '2026-01-01'
            """
        )
    return url


@pytest.fixture
def connection(
    database_of_changes: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, in which a full run has succeeded; it is rolled back."""
    with rolled_back(database_of_changes) as connection:
        put_run(connection, "FULL")
        yield connection


def put_run(connection: psycopg.Connection, kind: str, **columns: Any) -> None:
    """A run that succeeded as of the last run over all changes."""
    row = {
        "kind": kind,
        "state": "SUCCESS",
        "as_of": AS_OF - DAY,
        "seen_until": SINCE,
        "started_at": STARTED,
        "finished_at": STARTED + timedelta(minutes=1),
    } | columns
    connection.execute(
        f"insert into app.etl_runs (invocation_id, {', '.join(row)})"
        f" values (gen_random_uuid(), {', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def scope(
    connection: psycopg.Connection,
    since: datetime | None = SINCE,
    largest_share: float = 0.05,
    as_of: datetime | None = AS_OF,
) -> list[str] | None:
    """The clusters that an incremental run computes; None is every cluster."""
    every_cluster, seen_until, clusters = connection.execute(
        query("runs_changed_clusters"),
        {"since": since, "largest_share": largest_share, "as_of": as_of},
    ).fetchone()
    assert connection.execute("select app.seen_until() = %s", [seen_until]).fetchone() == (True,)
    assert every_cluster == (clusters is None)
    return clusters


def put_change(connection: psycopg.Connection, cluster: str, at: datetime) -> None:
    put(connection, quest({"busy": BUSY, "idle": IDLE}[cluster], loaded_at=at))


def test_what_changed_at_the_watermark_or_later_is_computed(
    connection: psycopg.Connection,
) -> None:
    assert scope(connection) == []
    put_change(connection, "busy", SINCE - MICRO)
    assert scope(connection) == []
    put_change(connection, "idle", SINCE)
    put_change(connection, "idle", SINCE + DAY)
    assert scope(connection) == ["idle"]
    put_change(connection, "busy", SINCE + MICRO)
    assert scope(connection) == ["busy", "idle"]
    # without a run before it, everything is new
    assert scope(connection, since=None) is None


@pytest.mark.parametrize(
    ("assignment", "is_changed"),
    [
        ("linked_at = %(at)s", True),
        ("unlinked_at = %(at)s", True),
        ("linked_at = %(at)s, unlinked_at = %(at)s + interval '1 day'", True),
        ("verified_at = %(at)s", False),
    ],
)
def test_a_link_that_begins_or_ends_is_a_change(
    connection: psycopg.Connection, assignment: str, is_changed: bool
) -> None:
    connection.execute(
        f"update app.wallet_links set {assignment} where cluster_id = 'idle'", {"at": SINCE}
    )
    assert scope(connection) == (["idle"] if is_changed else [])


@pytest.mark.parametrize("table", ["players", "wallet_clusters"])
def test_a_player_or_cluster_that_is_new_or_changed_is_a_change(
    connection: psycopg.Connection, table: str
) -> None:
    column = {"players": "changed_at", "wallet_clusters": "created_at"}[table]
    connection.execute(
        f"update app.{table} set {column} = %s where player_id ="
        " (select player_id from app.wallet_clusters where cluster_id = 'busy')",
        [SINCE],
    )
    assert scope(connection) == ["busy"]


def deploy(connection: psycopg.Connection, definitions: str | None, **columns: Any) -> None:
    after = {"finished_at": STARTED + MICRO}
    put_run(connection, "DEPLOY", definitions=definitions, **(after | columns))


@pytest.mark.parametrize(
    ("deploys", "is_every_cluster"),
    [
        ([("one", {"finished_at": SINCE}), ("one", {})], False),
        ([("one", {"finished_at": SINCE}), ("two", {})], True),
        ([("one", {"finished_at": SINCE}), (None, {})], True),
        ([(None, {"finished_at": SINCE}), ("one", {})], True),
        # the first deploy that the ledger knows
        ([("one", {})], True),
        # back and forth
        ([("one", {"finished_at": SINCE}), ("two", {}), ("one", {})], True),
        # the run over all changes started after the deploy, or with it
        ([("one", {"finished_at": SINCE}), ("two", {"finished_at": STARTED})], False),
        # a deploy that failed changed nothing
        ([("one", {"finished_at": SINCE}), ("two", {"state": "FAILED"})], False),
    ],
)
def test_other_definitions_since_the_last_run_concern_every_cluster(
    connection: psycopg.Connection,
    deploys: list[tuple[str | None, dict[str, Any]]],
    is_every_cluster: bool,
) -> None:
    for definitions, columns in deploys:
        deploy(connection, definitions, **columns)
    assert scope(connection) == (None if is_every_cluster else [])


def test_what_another_run_has_seen_is_not_seen_by_all(connection: psycopg.Connection) -> None:
    """Only a run over all changes that succeeded, as of the latest instant, tells since when."""
    deploy(connection, "one", finished_at=SINCE)
    deploy(connection, "two")
    later = {"started_at": AS_OF, "as_of": AS_OF}
    for kind, columns in (
        ("FULL", {"state": "FAILED"}),
        ("FULL", {"state": "RUNNING"}),
        ("INCREMENTAL", {"scope_size": 2}),
        ("INCREMENTAL", {"scope_size": 0}),
        ("CLUSTER", {"scope_size": 1}),
        ("PARTIAL", {}),
        ("BOARD", {}),
        ("SEASON", {}),
        # a full run as of an earlier instant
        ("FULL", {"as_of": AS_OF - 2 * DAY}),
    ):
        put_run(connection, kind, **(later | columns))
        assert scope(connection) is None, kind
    with connection.transaction(force_rollback=True):
        put_run(connection, "INCREMENTAL", **later)
        assert scope(connection) == []
    put_run(connection, "FULL", **later)
    assert scope(connection) == []


@pytest.mark.parametrize(
    ("season", "is_every_cluster"),
    [
        ({}, False),
        ({"changed_at": SINCE}, True),
        ({"changed_at": SINCE - MICRO}, False),
        # begun between the last run and this one
        ({"starts_at": AS_OF}, True),
        ({"starts_at": AS_OF + MICRO}, False),
        ({"starts_at": AS_OF - DAY + MICRO}, True),
        ({"starts_at": AS_OF - DAY}, False),
        # ended between them
        ({"ends_at": AS_OF}, True),
        ({"ends_at": AS_OF + MICRO}, False),
        ({"ends_at": AS_OF - DAY + MICRO}, True),
        ({"ends_at": AS_OF - DAY}, False),
        ({"changed_at": SINCE, "is_active": False}, False),
        ({"starts_at": AS_OF, "is_active": False}, False),
    ],
)
def test_a_season_that_begins_ends_or_changes_concerns_every_cluster(
    connection: psycopg.Connection, season: dict[str, Any], is_every_cluster: bool
) -> None:
    row = {
        "id": "spring",
        "name": "Spring",
        "starts_at": AS_OF - 30 * DAY,
        "ends_at": AS_OF + 30 * DAY,
        "is_active": True,
        "changed_at": SINCE - DAY,
    } | season
    connection.execute(
        f"insert into app.seasons ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )
    assert scope(connection) == (None if is_every_cluster else [])


def test_a_run_as_of_now_sees_the_seasons_that_have_begun_by_now(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active, changed_at)"
        " values ('spring', 'Spring', now(), now() + interval '1 day', true, %s)",
        [SINCE - DAY],
    )
    assert scope(connection, as_of=None) is None
    connection.execute("update app.seasons set starts_at = now() + interval '1 second'")
    assert scope(connection, as_of=None) == []


def test_from_more_than_200_clusters_and_the_largest_share_on_every_cluster_is_computed(
    connection: psycopg.Connection,
) -> None:
    # with the two that stand, 203 clusters, of which 201 are new
    add_crowd(connection, 201, matches=0)
    assert scope(connection) is None
    assert scope(connection, largest_share=201 / 203) == scope(connection, largest_share=1) != []
    assert scope(connection, largest_share=200 / 203) is None
    connection.execute(
        "delete from app.wallet_links where cluster_id = 'crowd00001';"
        "delete from app.wallet_clusters where cluster_id = 'crowd00001'"
    )
    found = scope(connection)
    assert len(found) == 200
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("kind", "columns", "moves"),
    [
        ("FULL", {}, True),
        ("INCREMENTAL", {"scope_size": 3}, True),
        ("INCREMENTAL", {}, True),
        ("CLUSTER", {"scope_size": 1}, False),
        ("PARTIAL", {}, False),
        ("DEPLOY", {}, False),
        ("FULL", {"state": "FAILED"}, False),
        ("FULL", {"state": "RUNNING"}, False),
        # a run as of an earlier instant cannot write over newer rows
        ("FULL", {"as_of": AS_OF - DAY - MICRO}, False),
    ],
)
def test_the_watermark_is_that_of_the_last_run_over_all_changes(
    connection: psycopg.Connection, kind: str, columns: dict[str, Any], moves: bool
) -> None:
    put_run(connection, kind, **({"as_of": AS_OF, "seen_until": AS_OF} | columns))
    found = connection.execute(query("runs_watermark")).fetchone()
    assert found == (AS_OF if moves else SINCE,)
