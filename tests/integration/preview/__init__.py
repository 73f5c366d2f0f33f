"""Previews: what an edit changes, over two sides that are built or written by hand."""

from typing import Any

import psycopg

from hedge.analysis import preview
from hedge.analysis.changes import Preview
from hedge.queries import query
from tests.support import AS_OF


def compared(connection: psycopg.Connection) -> Preview:
    """What the comparison says."""
    connection.execute(query("preview_compare"))
    return preview._read_changes(connection, AS_OF, ["a_model"], 3)


def insert(connection: psycopg.Connection, table: str, **row: Any) -> None:
    connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )
