"""A fact that is deleted, by whatever program, is kept with the reason, or forgotten."""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from hedge.queries import query
from tests.integration.changes.facts import FACTS, delete
from tests.support import (
    BUSY,
    put,
    quest,
)


@pytest.fixture
def connection(noted: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a deployed database without facts and notes."""
    return noted


def removed(connection: psycopg.Connection) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from raw.removed_facts order by removal_id").fetchall()


@pytest.mark.parametrize("table", FACTS)
def test_a_fact_that_is_deleted_is_kept(connection: psycopg.Connection, table: str) -> None:
    fact = FACTS[table][0]
    put(connection, fact)
    (stored,) = connection.execute(
        sql.SQL("select to_jsonb(facts) from raw.{} as facts").format(sql.Identifier(table))
    ).fetchone()
    assert delete(connection, fact) == 1
    (one,) = removed(connection)
    assert (one["table_name"], one["fact"]) == (table, stored)
    assert one["key"] == {name: stored[name] for name in one["key"]}
    assert one["key"].keys() == set(key_columns(connection, table))
    assert one["event_at"] is not None
    assert (one["reason"], one["removed_by"]) == (None, None)


def key_columns(connection: psycopg.Connection, table: str) -> list[str]:
    columns = connection.execute(query("load_columns"), {"table": f"raw.{table}"})
    names = [column.name for column in columns.description]
    rows = [dict(zip(names, row, strict=True)) for row in columns]
    return [row["name"] for row in rows if row["key_position"]]


def test_a_removed_fact_says_why_and_by_which_load(connection: psycopg.Connection) -> None:
    put(connection, quest(BUSY))
    connection.execute(
        "set local hedge.removal_reason = 'a block was replaced';"
        "set local hedge.removed_by = 'quests.csv';"
        "delete from raw.quest_completions"
    )
    (one,) = removed(connection)
    assert (one["reason"], one["removed_by"]) == ("a block was replaced", "quests.csv")


def test_a_forgotten_fact_keeps_its_key_and_time_alone(connection: psycopg.Connection) -> None:
    fact = quest(BUSY)
    put(connection, fact)
    connection.execute("set local hedge.forget_removed = 'on'; delete from raw.quest_completions")
    (one,) = removed(connection)
    assert one["fact"] is None
    assert one["key"] == {"chain_id": 53935, "quest_id": fact.row["quest_id"]}
    assert one["event_at"] == fact.row["completed_at"]


def test_truncated_facts_are_mentioned_and_not_kept(connection: psycopg.Connection) -> None:
    put(connection, quest(BUSY))
    connection.execute("truncate raw.quest_completions")
    (one,) = removed(connection)
    assert (one["table_name"], one["key"], one["fact"]) == ("quest_completions", {}, None)
    assert one["reason"] == "all rows were truncated and are not kept"
