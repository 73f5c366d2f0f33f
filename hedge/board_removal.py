"""Removing a board with everything that belongs to it, so that its key can be made again."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from hedge import audit
from hedge.boards import BOARD_LOCK, board
from hedge.queries import query


@dataclass(frozen=True)
class RemovedBoard:
    """A board that is gone, with how many runs and entries of it went."""

    key: str
    board_runs: int
    board_entries: int


def remove(connection: psycopg.Connection, key: str) -> RemovedBoard:
    """Delete a board with its runs and entries, in one transaction. A run of it that goes on is
    waited for. An unknown key is a UsageError."""
    with connection.transaction(), connection.cursor(row_factory=class_row(RemovedBoard)) as cursor:
        connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [BOARD_LOCK, key])
        audit.name_actor(connection)
        board(connection, key)
        (removed,) = cursor.execute(query("boards_remove"), {"key": key}).fetchall()
    return removed
