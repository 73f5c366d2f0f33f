"""The materialization of marts: batches, which are committed one by one, and what follows them.

The batches are small here: dbt's variable batch_rows makes them so.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest

from hedge import database
from tests.oracle import Catalogue
from tests.support import AS_OF, DAY, add_cluster, add_crowd, computed_at, dbt, marts

CHALLENGES = len(Catalogue.read().challenges)
#: One cluster more has 10,000 rows of progress, from which on a mart is analyzed.
SIZE = 9_999 // CHALLENGES
MARTS = ("cluster_metrics", "challenge_progress", "tier_unlocks")


class Batch(NamedTuple):
    """A statement that wrote rows of a mart, or that deleted stale ones."""

    operation: str
    transaction: str
    clusters: list[str]


def run(days: int, **variables: object) -> None:
    """Compute the marts as of a day after the as-of instant of the stories, as dbt does it."""
    given = {"as_of": (AS_OF + days * DAY).isoformat(), **variables}
    result = dbt("run", "--select", *MARTS, "--vars", json.dumps(given))
    assert result.success


def batches(connection: psycopg.Connection, mart: str) -> list[Batch]:
    """The statements that wrote rows of a mart since the last call."""
    found = connection.execute(
        "delete from public.batches where mart = %s"
        " returning number, operation, transaction::text, clusters",
        [mart],
    ).fetchall()
    return [Batch(*rest) for _, *rest in sorted(found)]


@pytest.fixture(scope="module")
def crowd(module_database: str) -> Iterator[psycopg.Connection]:
    """Clusters with three wins each, in a database that records the statements that write marts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        with database.connect() as connection:
            add_crowd(connection, SIZE, matches=3)
            connection.execute(
                """
                create table public.batches (
                    number bigint generated always as identity,
                    mart text, operation text, transaction xid8, clusters text[]
                );
                create function public.record_batch() returns trigger language plpgsql as $$
                begin
                    insert into public.batches (mart, operation, transaction, clusters)
                    select tg_table_name, tg_op, pg_current_xact_id(),
                        (select array_agg(distinct cluster_id) from rows_of_batch);
                    return null;
                end $$
                """
            )
            for mart in MARTS:
                for operation, rows in (("insert", "new"), ("delete", "old")):
                    connection.execute(
                        f"create trigger record_{operation} after {operation} on analytics.{mart}"
                        f" referencing {rows} table as rows_of_batch"
                        " for each statement execute function public.record_batch()"
                    )
                # only the materialization is to analyze it
                connection.execute(f"alter table analytics.{mart} set (autovacuum_enabled = false)")
            yield connection


@pytest.fixture
def empty(crowd: psycopg.Connection) -> psycopg.Connection:
    """The database with empty marts, and no cluster of another test."""
    crowd.execute("delete from app.wallet_clusters where cluster_id not like 'crowd%'")
    for mart in MARTS:
        crowd.execute(f"truncate analytics.{mart}")
    crowd.execute("truncate public.batches")
    return crowd


def test_every_batch_is_written_and_committed_before_the_next(empty: psycopg.Connection) -> None:
    """Of several batches, each holds whole clusters and no row is left out, the first included."""
    run(0, batch_rows=150)
    found = marts(empty)
    assert {mart: len(rows) for mart, rows in found.items() if rows} == {
        # two windows
        "cluster_metrics": 2 * SIZE,
        "challenge_progress": CHALLENGES * SIZE,
        # the first tiers of Arena Victor and Win Streak
        "tier_unlocks": 2 * SIZE,
    }
    # 384 rows, and 9,984 rows in no more than 64 batches
    for mart, number in (("cluster_metrics", 3), ("challenge_progress", 64), ("tier_unlocks", 3)):
        written = batches(empty, mart)
        assert [batch.operation for batch in written] == ["INSERT"] * number
        of_batches = [set(batch.clusters or []) for batch in written]
        assert sum(bool(clusters) for clusters in of_batches) > number / 2
        assert sum(map(len, of_batches)) == len(set().union(*of_batches)) == SIZE
        assert len({batch.transaction for batch in written}) == len(written)


def test_stale_rows_are_removed_before_any_batch_is_told_to_be_verified(
    empty: psycopg.Connection,
) -> None:
    add_cluster(empty, "gone", "0x" + "d0" * 20)
    run(0)
    empty.execute(
        "delete from app.wallet_links where cluster_id = 'gone';"
        " delete from app.wallet_clusters where cluster_id = 'gone'"
    )
    empty.execute("truncate public.batches")
    run(1, batch_rows=150)
    for mart in ("cluster_metrics", "challenge_progress"):
        removed, *written = batches(empty, mart)
        assert len(written) > 1
        assert {batch.operation for batch in written} == {"INSERT"}
        assert (removed.operation, removed.clusters) == ("DELETE", ["gone"])
        assert removed.transaction not in {batch.transaction for batch in written}


@pytest.mark.ci
def test_a_mart_is_one_batch_by_default_and_is_analyzed_when_it_has_grown_by_many_rows(
    empty: psycopg.Connection,
) -> None:
    """The models that read a mart are planned with its statistics."""
    run(1)
    for mart in ("cluster_metrics", "challenge_progress"):
        written = batches(empty, mart)
        assert [batch.operation for batch in written] == ["INSERT"]
        assert len(written[0].clusters) == SIZE
    # one row too few to be analyzed
    assert analyzed_rows(empty, "challenge_progress") == -1
    add_cluster(empty, "late")
    run(2)
    assert analyzed_rows(empty, "challenge_progress") == CHALLENGES * (SIZE + 1)
    assert analyzed_rows(empty, "cluster_metrics") == -1
    # as long as it is about as large, its statistics hold
    add_cluster(empty, "later")
    run(3)
    assert analyzed_rows(empty, "challenge_progress") == CHALLENGES * (SIZE + 1)
    for number in range(SIZE):
        add_cluster(empty, f"late_{number}")
    run(4)
    assert analyzed_rows(empty, "challenge_progress") == CHALLENGES * (2 * SIZE + 2)


def analyzed_rows(connection: psycopg.Connection, mart: str) -> int:
    """How many rows a mart had when it was analyzed; -1 if it never was."""
    (rows,) = connection.execute(
        "select reltuples from pg_class where oid = %s::regclass", [f"analytics.{mart}"]
    ).fetchone()
    return int(rows)


def test_a_run_that_finds_nothing_changed_writes_no_row_and_verifies_all(
    empty: psycopg.Connection,
) -> None:
    run(0)
    before = {mart: row_versions(empty, mart) for mart in MARTS}
    run(1, batch_rows=150)
    assert {mart: row_versions(empty, mart) for mart in MARTS} == before
    assert set(computed_at(empty).values()) == {AS_OF + DAY}
    # a run of one cluster writes its rows, and those of no other
    add_cluster(empty, "late")
    run(2, clusters=["late"])
    assert row_versions(empty, "challenge_progress").items() > before["challenge_progress"].items()
    assert computed_at(empty)["late"] == AS_OF + 2 * DAY


def row_versions(connection: psycopg.Connection, mart: str) -> dict[str, str]:
    """The rows of a mart with what PostgreSQL changes when a row is written or locked."""
    found = connection.execute(
        f"select ctid::text, xmin::text || '/' || xmax from analytics.{mart}"
    )
    return dict(found.fetchall())
