"""A record has the columns of its table, and the query that reads it reads all of them.

A field with a default would otherwise hide a column that the query does not name.
"""

from collections import defaultdict
from dataclasses import fields
from typing import Any

import psycopg
import pytest

from hedge.boards import Board, BoardRun
from hedge.queries import query
from hedge.seasons import ListedSeason, Season
from hedge.tokens import Token


@pytest.mark.parametrize(
    ("record", "table", "internal"),
    [
        (Board, "leaderboard_defs", {"created_at", "changed_at"}),
        (
            BoardRun,
            "leaderboard_runs",
            {"created_at", "changes_seen", "removed_entries", "caused_by"},
        ),
        (Season, "seasons", {"created_at", "changed_at"}),
        (Token, "api_tokens", {"token_hash"}),
    ],
)
def test_a_record_has_the_columns_of_its_table(
    connection: psycopg.Connection, record: Any, table: str, internal: set[str]
) -> None:
    columns = connection.execute(f"select * from app.{table} limit 0").description
    # what follows from columns is no column
    stored = {field.name for field in fields(record)} - {"is_final"}
    assert stored == {one.name for one in columns} - internal


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (Board, "boards_list"),
        (BoardRun, "boards_runs"),
        (ListedSeason, "seasons_list"),
        (Token, "token_list"),
    ],
)
def test_a_query_reads_every_field_of_its_record(
    connection: psycopg.Connection, record: Any, name: str
) -> None:
    columns = connection.execute(query(name), defaultdict(lambda: None)).description
    assert {field.name for field in fields(record)} == {one.name for one in columns}
