"""What a run that verifies a mart writes, deletes and notes, and what others may not write then,
on a few rows of a small mart. The SQL is what the macros render.
"""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from tests.rendering import MART, render
from tests.small_mart import (
    COMPUTED,
    NEWER,
    OLDER,
    Row,
    create,
    execute,
    find_and_remove,
    put,
    refused,
    rows,
    transaction_of_a_run,
)
from tests.support import AS_OF


@pytest.fixture(scope="module")
def small_mart(module_database: str) -> str:
    """The URL of a database with a small mart and the rows that a run has computed for it."""
    return create(module_database)


@pytest.fixture
def connection(small_mart: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A transaction in that database, in the session of a run; it is rolled back."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", small_mart)
    with transaction_of_a_run() as connection:
        yield connection


def verify(connection: psycopg.Connection, at: datetime, part: str = "") -> None:
    """Note that a run as of an instant has verified every row of the mart, or of a part of it."""
    connection.execute(
        "insert into app.verified select 'analytics.some_mart', %s, portion, %s"
        " from generate_series(0, 63) as portion",
        [part, at],
    )


@pytest.mark.parametrize(
    ("at", "writes"), [(OLDER, True), (AS_OF, True), (NEWER, False)], ids=["older", "same", "newer"]
)
def test_what_a_newer_run_has_verified_is_neither_written_nor_inserted_nor_deleted(
    connection: psycopg.Connection, at: datetime, writes: bool
) -> None:
    before = [Row("busy", "arena", "BASIC", OLDER), Row("busy", "removed", "BASIC", OLDER)]
    put(connection, before, [Row("busy", "arena", "ELITE"), Row("busy", "votes", "ELITE")])
    verify(connection, at)
    assert execute(connection, "latest_wins_write", ["busy"]) == 2 * writes
    assert find_and_remove(connection, ["busy"]) == writes
    after = [Row("busy", "arena", "ELITE"), Row("busy", "votes", "ELITE")]
    assert rows(connection) == (after if writes else before)


def test_a_part_of_a_mart_is_verified_by_itself(connection: psycopg.Connection) -> None:
    verify(connection, NEWER, "arena")
    put(connection, [], [Row("busy", "arena"), Row("busy", "votes")])
    execute(connection, "latest_wins_write", None, {"verified_by": "challenge_key"})
    assert rows(connection) == [Row("busy", "votes")]


def differing(connection: psycopg.Connection) -> set[tuple[str, str, str | None, bool]]:
    """What a run that verifies the mart finds to write and to delete."""
    execute(connection, "latest_wins_compare", verifies=True)
    found = connection.execute(
        "select cluster_id, challenge_key, tier, is_stale from some_mart__differing"
    )
    return {tuple(row) for row in found}


def test_a_run_that_verifies_writes_what_differs_and_nothing_that_is_newer(
    connection: psycopg.Connection,
) -> None:
    before = [
        Row("busy", "arena", "BASIC", OLDER),
        Row("busy", "hunts", "BASIC", OLDER),
        Row("busy", "nothing", None, OLDER),
        Row("busy", "removed", "BASIC", OLDER),
        Row("idle", "arena", "BASIC", NEWER),
        Row("idle", "removed", "BASIC", NEWER),
    ]
    computed = [
        Row("busy", "arena", "BASIC"),
        Row("busy", "hunts", "ELITE"),
        Row("busy", "nothing", None),
        Row("busy", "votes", "ELITE"),
        Row("idle", "arena", "ELITE"),
    ]
    put(connection, before, computed)
    assert differing(connection) == {
        ("busy", "hunts", "ELITE", False),
        ("busy", "votes", "ELITE", False),
        ("busy", "removed", None, True),
    }
    assert execute(connection, "latest_wins_lock_stale", verifies=True) == 1
    assert execute(connection, "latest_wins_remove_stale", verifies=True) == 1
    assert execute(connection, "latest_wins_write", verifies=True) == 2
    assert rows(connection) == [
        Row("busy", "arena", "BASIC", OLDER),
        Row("busy", "hunts", "ELITE"),
        Row("busy", "nothing", None, OLDER),
        Row("busy", "votes", "ELITE"),
        *before[4:],
    ]


def test_a_row_that_became_newer_since_the_comparison_is_kept(
    connection: psycopg.Connection,
) -> None:
    before = [Row("busy", "hunts", "BASIC", OLDER), Row("busy", "removed", "BASIC", OLDER)]
    put(connection, before, [Row("busy", "hunts", "ELITE")])
    assert len(differing(connection)) == 2
    connection.execute("update analytics.some_mart set last_computed_at = %s", [NEWER])
    assert execute(connection, "latest_wins_lock_stale", verifies=True) == 0
    assert execute(connection, "latest_wins_write", verifies=True) == 0
    assert rows(connection) == [row._replace(computed_at=NEWER) for row in before]


def test_a_batch_notes_its_portions_and_no_later_instant_is_set_back(
    connection: psycopg.Connection,
) -> None:
    put(connection, [], COMPUTED)
    noted = "select portion, verified_to from app.verified where mart = 'analytics.some_mart'"
    assert execute(connection, "latest_wins_verified", batch=2, batches=3) == 21
    assert {*connection.execute(noted)} == {(portion, AS_OF) for portion in range(1, 64, 3)}
    connection.execute("update app.verified set verified_to = %s", [NEWER])
    assert execute(connection, "latest_wins_verified") == 43
    assert {at for portion, at in connection.execute(noted) if portion % 3 == 1} == {NEWER}
    # a run that left out a portion fails
    connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of)"
        " values ('some-invocation', 'FULL', %s)",
        [AS_OF],
    )
    text = render("{{ require_verified(mart) }}", {}, mart=MART)
    connection.execute(text)
    connection.execute("delete from app.verified where portion = 5")
    connection.execute("update app.verified set verified_to = %s where portion = 9", [OLDER])
    with refused(connection, "the run did not verify some_mart in the portions /5, /9"):
        connection.execute(text)
