"""Whether an incremental run names clusters or computes every cluster, and which changes it takes.

The queries are executed over a few rows of the run ledger, in a transaction that is rolled back.
Which facts concern which clusters is in test_the_incremental_scope_is_closed.py.
"""

from typing import Any

import psycopg
import pytest

from tests.integration.changes import MICRO, STARTED, put_run, scope
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    IDLE,
    STRANGER,
    Fact,
    add_crowd,
    hero,
    pet,
    put,
)

#: When a deploy before the last run over all changes had finished.
SINCE = AS_OF - DAY


@pytest.fixture
def connection(settled: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database with two clusters, after a full run."""
    return settled


def test_without_a_run_over_all_changes_every_cluster_is_computed(
    connection: psycopg.Connection,
) -> None:
    connection.execute("delete from app.etl_runs")
    assert scope(connection) is None


BEFORE = {"at": AS_OF - 9 * DAY}


@pytest.mark.parametrize(
    "versions",
    [
        [hero(1, IDLE, **BEFORE), hero(1, BUSY, at=AS_OF - 8 * DAY)],
        # of two of one instant, the one of the larger chain is the later
        [pet(1, IDLE, chain_id=1088, **BEFORE), pet(1, BUSY, chain_id=53935, **BEFORE)],
    ],
    ids=["hero", "pet"],
)
def test_of_former_owners_only_the_last_one_has_one_less(
    connection: psycopg.Connection, versions: list[Fact]
) -> None:
    put(connection, *versions)
    connection.execute("delete from app.change_notes")
    new = versions[0].row | {"owner_wallet": STRANGER, "updated_at": AS_OF - DAY}
    put(connection, Fact(versions[0].table, new))
    assert scope(connection) == ["busy"]
    # nobody is a former owner whose wallet is linked nowhere
    again = new | {"owner_wallet": IDLE, "updated_at": AS_OF - DAY / 2, "loaded_at": SINCE}
    put(connection, Fact(versions[0].table, again))
    assert scope(connection) == ["busy", "idle"]


@pytest.mark.parametrize(
    ("assignment", "is_changed"),
    [
        ("linked_at = %(at)s", True),
        ("address = '0x' || repeat('7', 40)", True),
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


@pytest.mark.parametrize(
    ("statement", "clusters"),
    [
        ("update app.players set discord_id = 'x' where player_id = {busy}", ["busy"]),
        ("update app.players set discord_id = null where player_id = {busy}", []),
        ("update app.players set changed_at = now(), display_name = 'x'", []),
        ("delete from app.wallet_links where cluster_id = 'busy'", ["busy"]),
        ("update app.wallet_links set cluster_id = 'busy'", ["busy", "idle"]),
        (
            "delete from app.wallet_links where cluster_id = 'busy';"
            "delete from app.wallet_clusters where cluster_id = 'busy'",
            ["busy"],
        ),
        (
            "with new as (insert into app.players default values returning player_id)"
            " insert into app.wallet_clusters select 'late', player_id from new",
            ["late"],
        ),
    ],
)
def test_a_player_cluster_or_link_that_changes_is_a_change(
    connection: psycopg.Connection, statement: str, clusters: list[str]
) -> None:
    busy = "(select player_id from app.wallet_clusters where cluster_id = 'busy')"
    connection.execute(statement.format(busy=busy))
    assert scope(connection) == clusters


def test_facts_that_are_truncated_and_tables_that_are_not_watched_concern_every_cluster(
    connection: psycopg.Connection,
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("truncate raw.heroes")
        assert scope(connection) is None
    for change in (
        "alter table raw.heroes disable trigger note_deleted",
        "alter table raw.heroes enable trigger note_updated",
        "drop trigger note_truncated on raw.heroes",
        "drop trigger note_inserted on raw.heroes",
    ):
        with connection.transaction(force_rollback=True):
            connection.execute(change)
            assert scope(connection) is None, change
    assert scope(connection) == []


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
    } | season
    connection.execute(
        f"insert into app.seasons ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )
    assert scope(connection) == (None if row["is_active"] else [])
    connection.execute("delete from app.change_notes")
    assert scope(connection) == (None if is_every_cluster else [])


@pytest.mark.parametrize(
    ("change", "is_every_cluster"),
    [
        ("update app.seasons set name = 'Later' where id = 'running'", True),
        ("update app.seasons set name = name", False),
        ("update app.seasons set name = 'Later' where id = 'planned'", False),
        ("update app.seasons set is_active = false", True),
        ("delete from app.seasons where id = 'running'", True),
        ("delete from app.seasons where id = 'planned'", False),
    ],
)
def test_an_active_season_that_changes_concerns_every_cluster(
    connection: psycopg.Connection, change: str, is_every_cluster: bool
) -> None:
    for name, is_active in (("running", True), ("planned", False)):
        connection.execute(
            "insert into app.seasons (id, name, starts_at, ends_at, is_active) values (%s, %s, %s,"
            " %s, %s)",
            [name, name, AS_OF - 30 * DAY, AS_OF + 30 * DAY, is_active],
        )
    connection.execute("delete from app.change_notes")
    connection.execute(change)
    assert scope(connection) == (None if is_every_cluster else [])


def test_a_run_as_of_now_sees_the_seasons_that_have_begun_by_now(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
        " values ('spring', 'Spring', now(), now() + interval '1 day', true)"
    )
    connection.execute("delete from app.change_notes")
    assert scope(connection, as_of=None) is None
    connection.execute("update app.seasons set starts_at = now() + interval '1 second'")
    connection.execute("delete from app.change_notes")
    assert scope(connection, as_of=None) == []


def test_from_more_than_200_clusters_and_the_largest_share_on_every_cluster_is_computed(
    connection: psycopg.Connection,
) -> None:
    # with the two that stand, 203 clusters, of which 201 are new
    add_crowd(connection, 201, matches=0)
    assert scope(connection) is None
    assert scope(connection, largest_share=201 / 203) == scope(connection, largest_share=1) != []
    assert scope(connection, largest_share=200 / 203) is None
    connection.execute("delete from app.change_notes where key = 'crowd00001'")
    found = scope(connection)
    assert len(found) == 200
    assert found == sorted(found)
