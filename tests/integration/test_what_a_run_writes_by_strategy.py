"""Which rows the strategies of marts write, keep and delete, on a few rows of a small mart.

The SQL is what the macros render; the materialization that calls them is in
test_what_a_run_writes_in_batches.py.
"""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from tests.rendering import MART, Relation, render
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
from tests.support import AS_OF, set_as_of


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


# -- latest_wins: what is written ---------------------------------------------------------


@pytest.mark.parametrize(
    ("existing", "stands"),
    [(None, "ELITE"), (OLDER, "ELITE"), (AS_OF, "ELITE"), (NEWER, "BASIC")],
    ids=["none", "older", "as of the same instant", "newer"],
)
def test_a_row_that_is_newer_than_the_run_is_kept_and_any_other_is_written(
    connection: psycopg.Connection, existing: datetime | None, stands: str
) -> None:
    before = [Row("busy", "arena", "BASIC", existing)] if existing else []
    put(connection, before, [Row("busy", "arena", "ELITE")])
    written = execute(connection, "latest_wins_write")
    assert written == (stands == "ELITE")
    at = NEWER if existing == NEWER else AS_OF
    assert rows(connection) == [Row("busy", "arena", stands, at)]


@pytest.mark.parametrize(
    ("before", "computed", "written"),
    [
        (Row("busy", "arena"), Row("busy", "arena"), 0),
        (Row("busy", "arena", None), Row("busy", "arena", None), 0),
        (Row("busy", "arena", "BASIC"), Row("busy", "arena", None), 1),
        (Row("busy", "arena", None), Row("busy", "arena", "BASIC"), 1),
        # its instant alone is a change, too
        (Row("busy", "arena", "BASIC", OLDER), Row("busy", "arena", "BASIC"), 1),
    ],
)
def test_a_row_is_written_only_if_it_changes(
    connection: psycopg.Connection, before: Row, computed: Row, written: int
) -> None:
    put(connection, [before], [computed])
    assert execute(connection, "latest_wins_write") == written
    assert rows(connection) == [computed]


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_the_batches_together_are_all_rows_and_each_holds_whole_clusters(
    connection: psycopg.Connection, batches: int
) -> None:
    computed = [Row(f"c{number:02}", key) for number in range(40) for key in ("arena", "hunts")]
    put(connection, [], computed)
    seen: list[Row] = []
    for batch in range(1, batches + 1):
        written = execute(connection, "latest_wins_write", batch=batch, batches=batches)
        new = [row for row in _keys(connection) if row not in seen]
        assert len(new) == written > 0
        clusters = {cluster for cluster, _ in new}
        assert written == 2 * len(clusters)
        seen += new
    assert sorted(seen) == sorted((row.cluster_id, row.challenge_key) for row in computed)


def _keys(connection: psycopg.Connection) -> list[tuple]:
    return connection.execute(
        "select cluster_id, challenge_key from analytics.some_mart"
    ).fetchall()


def test_rows_are_written_in_the_order_of_their_key_so_that_runs_cannot_deadlock(
    connection: psycopg.Connection,
) -> None:
    computed = [Row(cluster, key) for cluster in "cab" for key in ("hunts", "arena", "votes")]
    put(connection, [], computed)
    execute(connection, "latest_wins_write")
    stored = connection.execute(
        "select cluster_id, challenge_key from analytics.some_mart order by ctid"
    ).fetchall()
    assert len(stored) == 9
    assert stored == sorted(stored)


# -- latest_wins: what is stale -----------------------------------------------------------


def remove_stale(
    connection: psycopg.Connection,
    others: list[Row],
    clusters: list[str] | None = None,
    **config: str,
) -> list[Row]:
    """Which rows are deleted of a mart that has these rows besides the computed ones."""
    computed = [row for row in COMPUTED if clusters is None or row.cluster_id in clusters]
    put(connection, [*COMPUTED, *others], computed)
    number = find_and_remove(connection, clusters, config)
    deleted = [row for row in [*COMPUTED, *others] if row not in rows(connection)]
    assert len(deleted) == number
    return deleted


@pytest.mark.parametrize("clusters", [None, ["busy"]], ids=["every cluster", "one cluster"])
@pytest.mark.parametrize(
    ("at", "is_stale"),
    [(OLDER, True), (AS_OF, True), (NEWER, False)],
    ids=["older", "as of the same instant", "newer"],
)
def test_a_row_that_was_not_computed_again_is_deleted_unless_it_is_newer_than_the_run(
    connection: psycopg.Connection, clusters: list[str] | None, at: datetime, is_stale: bool
) -> None:
    other = Row("busy", "removed", "BASIC", at)
    assert remove_stale(connection, [other], clusters) == ([other] if is_stale else [])


def test_of_rows_that_were_not_computed_again_only_the_newer_ones_stay(
    connection: psycopg.Connection,
) -> None:
    older, same, newer = (
        Row(cluster, "removed", "BASIC", at)
        for cluster, at in (("busy", OLDER), ("idle", AS_OF), ("rival", NEWER))
    )
    assert remove_stale(connection, [older, same, newer]) == [older, same]


@pytest.mark.parametrize("at", [OLDER, AS_OF])
def test_a_run_for_some_clusters_deletes_no_row_of_another(
    connection: psycopg.Connection, at: datetime
) -> None:
    busy, rival = (Row(cluster, "removed", "BASIC", at) for cluster in ("busy", "rival"))
    assert remove_stale(connection, [busy, rival], ["busy"]) == [busy]


def test_a_run_for_no_cluster_deletes_nothing(connection: psycopg.Connection) -> None:
    put(connection, [Row("busy", "arena", "BASIC", OLDER)], [])
    find_and_remove(connection, [])
    assert rows(connection) == [Row("busy", "arena", "BASIC", OLDER)]


@pytest.mark.parametrize("clusters", [None, ["busy", "rival"]])
@pytest.mark.parametrize("at", [OLDER, AS_OF])
def test_what_is_not_removable_stays(
    connection: psycopg.Connection, clusters: list[str] | None, at: datetime
) -> None:
    kept, removed = (Row("busy", key, "BASIC", at) for key in ("kept", "removed"))
    removable = "existing.challenge_key = 'nothing' or existing.challenge_key <> 'kept'"
    assert remove_stale(connection, [kept, removed], clusters, removable=removable) == [removed]


def test_a_run_for_every_cluster_does_not_search_a_mart_with_as_many_rows_as_it_computed(
    connection: psycopg.Connection,
) -> None:
    """The anti-join of all rows is not executed where the counts tell that none is stale."""
    other = Row("busy", "other")
    put(connection, [COMPUTED[0], other], COMPUTED)
    assert find_and_remove(connection) == 0
    # an older row that is not removable does not make it search either
    put(connection, [Row("idle", "kept", "BASIC", OLDER)], [])
    config = {"removable": "existing.challenge_key <> 'kept'"}
    assert find_and_remove(connection, None, config) == 0
    # an older one that is removable does
    assert find_and_remove(connection) == 2
    assert rows(connection) == [COMPUTED[0]]


def test_the_column_with_the_instant_can_have_another_name(connection: psycopg.Connection) -> None:
    for table in ("analytics.some_mart", "some_mart__tmp"):
        connection.execute(f"alter table {table} rename last_computed_at to updated_at")
    columns = ["cluster_id", "challenge_key", "tier", "updated_at"]
    config = {"computed_at": "updated_at"}
    newer, older = Row("busy", "arena", "BASIC", NEWER), Row("busy", "removed", "BASIC", OLDER)
    put(connection, [newer, older], [Row("busy", "arena", "ELITE")])
    assert execute(connection, "latest_wins_write", None, config, columns=columns) == 0
    assert find_and_remove(connection, None, config, columns=columns) == 1
    assert rows(connection) == [newer]


# -- as of which instant ------------------------------------------------------------------


@pytest.mark.parametrize("column", ["last_computed_at", "updated_at", "tier"])
def test_the_instants_of_the_computed_rows_are_compared_with_that_of_the_run(
    connection: psycopg.Connection, column: str
) -> None:
    """A mart without a column of the instant has none that could differ."""
    connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of)"
        " values ('some-invocation', 'FULL', %s), ('another', 'FULL', %s)",
        [AS_OF, NEWER],
    )
    put(connection, [], [*COMPUTED, Row("busy", "a", None, OLDER), Row("idle", "a", None, NEWER)])
    if column == "updated_at":
        connection.execute("alter table some_mart__tmp rename last_computed_at to updated_at")
    columns = ["cluster_id", "challenge_key", column]
    mart = MART | {"columns": columns, "target": Relation("some_mart")}
    config = {} if column == "tier" else {"computed_at": column}
    text = render("{{ require_as_of(mart) }}", {}, config, mart=mart)
    connection.execute("set local timezone = 'UTC'")
    if column == "tier":
        connection.execute(text)
    else:
        refusal = (
            r"nothing was written to some_mart, because 2 of its rows .* than 2026-06-01 12:00:00"
            r"\+00, that of the run; the latest is 2026-06-02 12:00:00\+00"
        )
        with refused(connection, refusal):
            connection.execute(text)
        connection.execute(f"delete from some_mart__tmp where {column} <> %s", [AS_OF])
        connection.execute(text)
    set_as_of(connection, OLDER)
    refusal = (
        r"because its session reads as of 2026-05-31 12:00:00\+00 and the run is as of 2026-06-"
    )
    with refused(connection, refusal):
        connection.execute(text)
