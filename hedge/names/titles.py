"""The names of boards and of seasons, which admins give them."""

import dataclasses
from typing import Any, Literal, TypeVar

import psycopg
from psycopg import sql

from hedge.errors import UsageError
from hedge.names import name_of_board
from hedge.names.looks import folded

Record = TypeVar("Record")

#: The table of each kind, and its key.
_TABLES = {"board": ("leaderboard_defs", "key"), "season": ("seasons", "id")}


def cleaned(
    connection: psycopg.Connection, kind: Literal["board", "season"], new: Record
) -> Record:
    """A board or season with its name as it is stored.

    A name that is not clean, or that another one of the kind has in upper or lower case, is a
    UsageError. A stored name is kept as it is. Until the transaction ends nobody else names one.
    """
    table, key = _TABLES[kind]
    row: Any = new
    identity, given = getattr(row, key), row.name
    connection.execute(f"lock table app.{table} in share row exclusive mode")
    others: dict[str, str] = dict(
        connection.execute(
            sql.SQL("select {}, name from app.{}").format(
                sql.Identifier(key), sql.Identifier(table)
            )
        ).fetchall()
    )
    if others.pop(identity, None) == given:
        return new
    try:
        name = name_of_board(given)
    except UsageError as error:
        raise UsageError(f"{kind} {identity}: {error}") from None
    for other, taken in others.items():
        if folded(taken) == folded(name):
            raise UsageError(
                f"{kind} {identity}: the {kind} {other} has the name '{taken}': choose another"
            )
    changed: Record = dataclasses.replace(row, name=name)
    return changed
