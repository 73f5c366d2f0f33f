"""Sessions that write change notes at once: one after the other, because they do not lock the notes
in one order, and number them in the order in which they see them."""

import psycopg
import pytest

from hedge import database
from tests import PROJECT
from tests.support import BUSY, Beside, add_cluster, executes, put, quest, require_order

TRACES = (PROJECT / "api" / "sql" / "player_traces_delete.sql").read_text()
DISCORD = "100000000000000081"


@pytest.fixture
def connection(deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection to the database of this module, with a cluster and a note of its player that
    board runs have seen."""
    deployed.execute(
        "delete from app.wallet_links; delete from app.wallet_clusters; delete from app.players;"
        "delete from app.etl_requests; delete from raw.quest_completions;"
        "delete from app.loaded_days; delete from app.change_notes"
    )
    add_cluster(deployed, "busy", BUSY, discord_id=DISCORD)
    deployed.execute("delete from app.change_notes")
    deployed.execute(
        "insert into app.change_notes (table_name, operation, kind, key, seen_by_boards)"
        " values ('discord_interactions', 'INSERT', 'discord_account', %s, 0)",
        [DISCORD],
    )
    return deployed


@pytest.mark.parametrize(
    "statement",
    [
        "select app.see_changes()",
        "select app.take_changes('a run', now())",
        "select app.delete_taken_changes('a run', now())",
        "select app.remove_deleted_clusters('analytics', array['gone'])",
        TRACES.replace("%(player)s", "(select player_id from app.wallet_clusters)"),
    ],
    ids=["see", "take", "delete taken", "remove clusters", "delete traces"],
)
def test_who_writes_notes_waits_for_who_sees_them(
    connection: psycopg.Connection, statement: str
) -> None:
    with database.connect(autocommit=False) as other:
        other.execute("select app.see_changes()")
        # no note was left to be numbered, so that no row is locked
        seen = other.execute("select seen_by_boards from app.change_notes")
        assert seen.fetchall() == [(0,)]
        beside = Beside(executes(statement))
        assert beside.waits
        other.commit()
    beside.result()


def test_requests_are_covered_in_the_order_in_which_workers_take_them(
    connection: psycopg.Connection,
) -> None:
    connection.execute("delete from app.etl_requests")
    first, second = (
        database.value(
            connection,
            "insert into app.etl_requests (cluster_id, reason, requested_at)"
            " values ('busy', 'asked', now() - interval '1 hour') returning request_id",
        )
        for _ in range(2)
    )
    request = "select from app.etl_requests where request_id ="
    connection.execute("update app.etl_requests set reason = 'x' where request_id = %s", [first])
    take = executes("select app.take_changes('a run', now())")
    require_order(f"{request} {first}", f"{request} {second}", take)
    covered = connection.execute("select covered_by from app.etl_requests")
    assert covered.fetchall() == [("a run",)] * 2


def test_rows_that_are_being_compacted_are_not_counted_twice(
    connection: psycopg.Connection,
) -> None:
    for _ in range(2):
        put(connection, quest(BUSY))
    rows = "select count(*), sum(rows_loaded) from app.loaded_days"
    assert connection.execute(rows).fetchone() == (2, 2)
    count = (
        "select app.count_loaded_days('raw.quest_completions', event_time)"
        " from app.watched_tables where table_name = 'quest_completions'"
    )
    with database.connect(autocommit=False) as other:
        other.execute("select app.compact_loaded_days()")
        counting = Beside(executes(count))
        assert counting.waits
        other.commit()
    counting.result()
    assert connection.execute(rows).fetchone() == (1, 2)
