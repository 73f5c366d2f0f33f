"""The model tier_unlocks: what a run makes of an unlock whose value has fallen below the tier."""

from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest

from tests.prepared_server import OpenTransaction
from tests.support import AS_OF, DAY
from tests.unlocks import LADDERS, MICRO, NEWER, put_move, put_progress, put_unlock, selected


@pytest.fixture(scope="module")
def database_of_unlocks(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with two ladders, of which one is a feat."""
    url = new_database("unlocks", template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(LADDERS)
    return url


@pytest.fixture
def connection(
    database_of_unlocks: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_unlocks) as connection:
        yield connection


GIVEN = AS_OF - 9 * DAY
#: The run over all changes before the one that reads.
PREVIOUS = AS_OF - 2 * DAY


def begin_run(
    connection: psycopg.Connection,
    definitions: str | None = "same",
    previous: str | None = "same",
    kind: str = "INCREMENTAL",
) -> int:
    """The run of the session, after another one over all changes; returns its id."""
    runs = [
        ("FULL", PREVIOUS - DAY, "SUCCESS", "older"),
        (kind, PREVIOUS, "SUCCESS", previous),
        ("INCREMENTAL", AS_OF - DAY, "FAILED", "failed"),
        ("CLUSTER", AS_OF - DAY, "SUCCESS", "of some clusters"),
        ("INCREMENTAL", AS_OF, "RUNNING", definitions),
        # one that began later
        ("FULL", AS_OF, "SUCCESS", "later"),
    ]
    ids = [
        connection.execute(
            "insert into app.etl_runs"
            " (invocation_id, kind, as_of, state, definitions, started_at, finished_at)"
            " values (gen_random_uuid(), %s, %s, %s, %s, %s, now()) returning run_id",
            [run_kind, as_of, state, hash_of, as_of],
        ).fetchone()[0]
        for run_kind, as_of, state, hash_of in runs
    ]
    connection.execute("select set_config('hedge.run_id', %s, true)", [str(ids[4])])
    return ids[4]


def put_correction(
    connection: psycopg.Connection,
    table: str = "pvp_matches",
    at: datetime = AS_OF,
    cluster: str = "busy",
) -> None:
    connection.execute(
        "insert into app.cluster_corrections values (%s, %s, %s)", [cluster, table, at]
    )


REMOVED = "facts were removed or corrected"


@pytest.mark.parametrize(
    ("change", "is_revoked"),
    [
        ({}, True),
        ({"value": 4.999999}, True),
        # the facts that are left reach the tier, or just do not
        ({"value": 5}, None),
        # facts of another table, cluster or run
        ({"correction": {"table": "hunting_encounters"}}, False),
        ({"correction": {"cluster": "rival"}}, False),
        ({"correction": {"at": AS_OF - MICRO}}, False),
        ({"correction": {"at": AS_OF + MICRO}}, True),
        # a deploy may have lowered it, too
        ({"run": {"previous": "other"}}, False),
        ({"run": {"previous": None}}, False),
        ({"run": {"definitions": None, "previous": None}}, True),
        # the runs over all changes are full and incremental ones
        ({"run": {"kind": "FULL"}}, True),
        ({"run": {"kind": "CLUSTER"}}, False),
        # it had fallen for another reason before the previous run, or only after it
        ({"unlock": {"fell_at": PREVIOUS}}, None),
        ({"unlock": {"fell_at": PREVIOUS + MICRO}}, True),
        # it was revoked already
        ({"unlock": {"revoked_at": AS_OF - DAY}}, None),
    ],
)
def test_an_unlock_is_revoked_when_removed_facts_took_the_value_below_the_threshold(
    connection: psycopg.Connection, change: dict, is_revoked: bool | None
) -> None:
    begin_run(connection, **change.get("run", {}))
    put_progress(connection, change.get("value", 0), rolling=0)
    put_unlock(connection, GIVEN, **change.get("unlock", {}))
    put_correction(connection, **change.get("correction", {}))
    rows = selected(connection)
    if is_revoked is None:
        assert rows == []
        return
    (row,) = rows
    assert (row["cluster_id"], row["tier_code"], row["unlocked_at"]) == ("busy", "BASIC", GIVEN)
    if is_revoked:
        assert (row["revoked_at"], row["revoked_reason"]) == (AS_OF, REMOVED)
        assert row["fell_at"] == change.get("unlock", {}).get("fell_at")
    else:
        assert (row["fell_at"], row["revoked_at"], row["revoked_reason"]) == (AS_OF, None, None)


@pytest.mark.parametrize(
    ("value", "rolling", "is_revoked"),
    [(99, 0, True), (99, 100, None), (100, 0, False)],
)
def test_a_founders_mark_is_revoked_when_not_even_all_time_reaches_the_tier(
    connection: psycopg.Connection, value: float, rolling: float, is_revoked: bool | None
) -> None:
    begin_run(connection)
    put_progress(connection, value, rolling)
    put_unlock(connection, GIVEN, tier="MYTHIC", kind="FOUNDERS_MARK")
    put_correction(connection)
    rows = [row for row in selected(connection) if row["kind"] == "FOUNDERS_MARK"]
    assert [row["revoked_reason"] for row in rows] == ([REMOVED] if is_revoked else [])


def test_a_metric_that_play_can_lower_is_no_proof(connection: psycopg.Connection) -> None:
    connection.execute(
        "update analytics.challenges set metric_source = 'onchain_heroes',"
        " metric_key = 'hero_count' where key = 'arena'"
    )
    begin_run(connection)
    put_progress(connection, 0)
    put_unlock(connection, GIVEN)
    put_correction(connection)
    (row,) = selected(connection)
    assert (row["fell_at"], row["revoked_at"]) == (AS_OF, None)


def test_a_wallet_that_moved_is_the_reason_before_removed_facts(
    connection: psycopg.Connection,
) -> None:
    begin_run(connection)
    put_progress(connection, 0)
    put_unlock(connection, GIVEN)
    put_correction(connection)
    put_move(connection, AS_OF - DAY)
    (row,) = selected(connection)
    assert row["revoked_at"] == AS_OF - DAY
    assert row["revoked_reason"] == "a wallet went to another account"


@pytest.mark.parametrize(("verified_to", "counts"), [(AS_OF, True), (AS_OF - 2 * DAY, False)])
def test_a_move_counts_where_the_value_was_found_or_verified_after_it(
    connection: psycopg.Connection, verified_to: datetime, counts: bool
) -> None:
    begin_run(connection)
    put_progress(connection, 0, at=GIVEN)
    put_unlock(connection, GIVEN)
    put_move(connection, AS_OF - DAY)
    connection.execute("delete from app.verified")
    connection.execute(
        "insert into app.verified (mart, part, portion, verified_to)"
        " values ('analytics.challenge_progress', '', app.portion_of('busy'), %s)",
        [verified_to],
    )
    (row,) = selected(connection)
    assert row["revoked_at"] == (AS_OF - DAY if counts else None)


def test_a_new_unlock_names_its_run_and_definitions_and_a_change_keeps_those_of_the_unlock(
    connection: psycopg.Connection,
) -> None:
    run = begin_run(connection)
    put_progress(connection, 25)
    put_unlock(connection, GIVEN, tier="ELITE", fell_at=PREVIOUS)
    connection.execute("update analytics.tier_unlocks set run_id = 7, definitions = 'old'")
    rows = {row["tier_code"]: row for row in selected(connection)}
    assert {tier: (row["run_id"], row["definitions"]) for tier, row in rows.items()} == {
        "BASIC": (run, "same"),
        "ELITE": (7, "old"),
    }
    # the tier that is reached again has not fallen any more
    assert (rows["ELITE"]["unlocked_at"], rows["ELITE"]["fell_at"]) == (GIVEN, None)


@pytest.mark.parametrize(
    ("fell_at", "is_cleared"), [(AS_OF - MICRO, True), (AS_OF, False), (NEWER, False)]
)
def test_a_run_as_of_before_a_fall_does_not_undo_it(
    connection: psycopg.Connection, fell_at: datetime, is_cleared: bool
) -> None:
    put_progress(connection, 5)
    put_unlock(connection, GIVEN, fell_at=fell_at)
    assert [row["fell_at"] for row in selected(connection)] == ([None] if is_cleared else [])


def test_a_tier_or_challenge_that_is_no_more_keeps_its_unlocks(
    connection: psycopg.Connection,
) -> None:
    begin_run(connection)
    put_progress(connection, 0)
    put_correction(connection)
    put_unlock(connection, GIVEN, tier="RENAMED")
    put_unlock(connection, GIVEN, challenge="renamed")
    assert selected(connection) == []
