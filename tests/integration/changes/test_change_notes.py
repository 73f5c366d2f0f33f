"""Whatever writes a raw table leaves a note of each thing that it touched, before and after.

Which clusters a note concerns is in test_the_incremental_scope_is_closed.py.
"""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from hedge.queries import query
from tests.integration.changes.facts import FACTS, delete, update
from tests.rendering import graph
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    RIVAL,
    Fact,
    days_ago,
    put,
    quest,
    tournament_entry,
)


@pytest.fixture
def connection(noted: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a deployed database without facts and notes."""
    return noted


def take_notes(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """The notes, which are deleted."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "delete from app.change_notes returning table_name, operation, from_at, to_at,"
            " taken_by, kind || ' ' || key as thing"
        ).fetchall()


def touched(connection: psycopg.Connection, operation: str, table: str) -> set[str]:
    """The things that were noted since the last call, all for an operation on a table."""
    notes = take_notes(connection)
    for note in notes:
        assert (note["operation"], note["table_name"]) == (operation, table)
        assert note["taken_by"] is None
    return {note["thing"] for note in notes}


def test_every_raw_table_says_what_its_changes_concern(connection: psycopg.Connection) -> None:
    tables = {table for (table,) in connection.execute(query("load_tables"))}
    watched = {
        table for (table,) in connection.execute("select table_name from app.watched_tables")
    }
    described = {
        source["identifier"]
        for source in graph()["sources"].values()
        if source["config"]["meta"]["changes_concern"]
    }
    assert tables == watched == described == set(FACTS)
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (True,)


@pytest.mark.parametrize("table", FACTS)
def test_a_statement_notes_what_it_touches_before_and_after(
    connection: psycopg.Connection, table: str
) -> None:
    fact, changed, before, after = FACTS[table]
    put(connection, fact)
    assert touched(connection, "INSERT", table) == before
    assert update(connection, fact, changed) == 1
    assert touched(connection, "UPDATE", table) == before | after
    assert delete(connection, Fact(table, fact.row | changed)) == 1
    assert touched(connection, "DELETE", table) == after
    connection.execute(sql.SQL("truncate raw.{}").format(sql.Identifier(table)))
    assert touched(connection, "TRUNCATE", table) == {"everything "}


def test_a_statement_notes_each_thing_once_with_the_span_of_its_rows(
    connection: psycopg.Connection,
) -> None:
    put(connection, *(quest(BUSY, at=days_ago(days)) for days in (4, 2, 3)), quest(RIVAL))
    take_notes(connection)
    connection.execute("update raw.quest_completions set level = 3")
    notes = {note["thing"]: (note["from_at"], note["to_at"]) for note in take_notes(connection)}
    assert notes == {
        f"wallet {BUSY}": (days_ago(4), days_ago(2)),
        f"wallet {RIVAL}": (AS_OF - DAY, AS_OF - DAY),
    }
    # of all times of a row
    put(connection, tournament_entry(5, BUSY, at=days_ago(9), ended_at=days_ago(1)))
    spans = [(note["from_at"], note["to_at"]) for note in take_notes(connection)]
    assert spans == [(days_ago(9), days_ago(1))] * 2


def test_statements_that_touch_no_row_and_copy_and_merge_are_treated_alike(
    connection: psycopg.Connection,
) -> None:
    connection.execute("delete from raw.quest_completions")
    connection.execute("update raw.quest_completions set level = 3")
    assert take_notes(connection) == []
    with connection.cursor().copy(
        "copy raw.wallet_first_seen (chain, address, first_tx_at) from stdin"
    ) as copy:
        copy.write_row(("a", BUSY, AS_OF))
        copy.write_row(("b", BUSY, AS_OF))
    assert touched(connection, "INSERT", "wallet_first_seen") == {f"wallet {BUSY}"}
    connection.execute(
        f"""
        merge into raw.wallet_first_seen as stored
        using (values ('a', '{BUSY}'), ('c', '{RIVAL}')) as given (chain, address)
        on stored.chain = given.chain and stored.address = given.address
        when matched then delete
        when not matched then
            insert (chain, address, first_tx_at) values (given.chain, given.address, now())
        """
    )
    notes = {(note["operation"], note["thing"]) for note in take_notes(connection)}
    assert notes == {("INSERT", f"wallet {RIVAL}"), ("DELETE", f"wallet {BUSY}")}


def test_a_role_with_rights_on_raw_alone_leaves_notes(connection: psycopg.Connection) -> None:
    connection.execute(
        "create role some_indexer; grant usage on schema raw to some_indexer;"
        " grant select, insert, update, delete, truncate on all tables in schema raw"
        " to some_indexer; set local role some_indexer"
    )
    fact, changed, _, _ = FACTS["quest_completions"]
    put(connection, fact)
    update(connection, fact, changed)
    connection.execute("delete from raw.quest_completions; truncate raw.quest_completions")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
        connection.execute("delete from app.change_notes")
    connection.execute("reset role")
    # where notes were removed before, the table has no order
    operations = sorted(note["operation"] for note in take_notes(connection))
    assert operations == ["DELETE", "INSERT", "TRUNCATE", "UPDATE", "UPDATE"]


def test_a_session_that_replicates_leaves_notes(connection: psycopg.Connection) -> None:
    connection.execute("set local session_replication_role = replica")
    put(connection, quest(BUSY))
    assert touched(connection, "INSERT", "quest_completions") == {f"wallet {BUSY}"}


# -- watching a table ----------------------------------------------------------------------

VISITS = """
create table raw.garden_visits (
    visit_id bigint primary key,
    visitor_wallet text,
    visited_at timestamptz not null,
    loaded_at timestamptz not null default now()
)
"""
CONCERNS = '[{"wallet": ["visitor_wallet"]}]'


def watch(connection: psycopg.Connection, concerns: str = CONCERNS) -> set[str]:
    """Watch the table of garden visits; returns what was noted by that."""
    watched = "select app.watch_facts('raw.garden_visits', 'visited_at', %s)"
    connection.execute(watched, [concerns])
    return {note["thing"] for note in take_notes(connection)}


def test_a_table_is_watched_once(connection: psycopg.Connection) -> None:
    connection.execute(VISITS)
    # what was written before has left no note
    assert watch(connection) == {"everything "}
    assert watch(connection) == set()
    assert watch(connection, '[{"wallet": ["visitor_wallet"]}, {"visit": ["visit_id"]}]') == {
        "everything "
    }
    connection.execute("insert into raw.garden_visits values (1, null, now()), (2, '0x', now())")
    assert touched(connection, "INSERT", "garden_visits") == {"wallet 0x", "visit 1", "visit 2"}
    connection.execute("alter table raw.garden_visits disable trigger note_deleted")
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (False,)
    assert watch(connection) == {"everything "}
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (True,)


def test_a_table_that_is_dropped_is_not_missed(connection: psycopg.Connection) -> None:
    connection.execute(VISITS)
    watch(connection)
    connection.execute("drop table raw.garden_visits")
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (True,)


def test_writes_into_a_partition_leave_notes(connection: psycopg.Connection) -> None:
    connection.execute(
        VISITS.replace("visit_id bigint primary key", "visit_id bigint")[:-2]
        + ", primary key (visit_id)) partition by range (visit_id);"
        "create table raw.garden_visits_1 partition of raw.garden_visits for values from (0) to (9)"
    )
    watch(connection)
    for table in ("garden_visits", "garden_visits_1"):
        connection.execute(f"insert into raw.{table} values (1, '0x', now())")
        assert touched(connection, "INSERT", "garden_visits") == {"wallet 0x"}
        connection.execute(f"update raw.{table} set visitor_wallet = '0y'")
        assert touched(connection, "UPDATE", "garden_visits") == {"wallet 0x", "wallet 0y"}
        connection.execute(f"delete from raw.{table}")
        assert touched(connection, "DELETE", "garden_visits") == {"wallet 0y"}
        connection.execute(f"truncate raw.{table}")
        assert touched(connection, "TRUNCATE", "garden_visits") == {"everything "}
    connection.execute(
        "create table raw.garden_visits_2 partition of raw.garden_visits"
        " for values from (9) to (19)"
    )
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (False,)
    assert watch(connection) == {"everything "}
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (True,)


def test_where_nothing_is_watched_nothing_goes_unnoticed(connection: psycopg.Connection) -> None:
    """As before the first deploy."""
    connection.execute("delete from app.watched_tables")
    assert connection.execute("select app.is_every_change_noted()").fetchone() == (True,)
