"""Reading the database by SQL of one's own: as of an instant, read only, for a limited time."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import Buffer, Loader
from psycopg.rows import scalar_row
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.suggestions import did_you_mean

#: How many seconds a query may take, unless more are given.
SECONDS = 60
#: Classes of SQLSTATEs that are about the text of a query: a write, a value, a name, the syntax.
_OF_THE_TEXT = ("25", "22", "42", "0A")
_UNKNOWN_RELATION = re.compile(r'^relation "(?:\w+\.)?(?P<name>\w+)" does not exist$')


class _WithoutEnd:
    """infinity, which no date of Python is, as PostgreSQL writes it."""

    def load(self, data: Buffer) -> Any:
        """The value of a text of PostgreSQL."""
        text = bytes(data).decode()
        return text if text.endswith("infinity") else super().load(data)  # type: ignore[misc]


class _Date(_WithoutEnd, DateLoader):
    pass


class _Timestamp(_WithoutEnd, TimestampLoader):
    pass


class _Timestamptz(_WithoutEnd, TimestamptzLoader):
    pass


#: Values that are read otherwise than psycopg does: bytes and intervals as PostgreSQL writes them,
#: because Python writes bytes as b'..', and has no months.
_LOADERS: dict[str, type[Loader]] = {
    "bytea": TextLoader,
    "interval": TextLoader,
    "date": _Date,
    "timestamp": _Timestamp,
    "timestamptz": _Timestamptz,
}


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query, and the instant that app.as_of() had."""

    as_of: datetime
    columns: list[str]
    rows: list[tuple[Any, ...]]


def read(
    connection: psycopg.Connection,
    text: str,
    as_of: datetime | None = None,
    seconds: int = SECONDS,
) -> Answer:
    """The rows of a query, in a transaction that can write nothing and is rolled back.

    app.as_of() is as_of, by default now. An empty text, more than one statement, and what
    PostgreSQL refuses, such as a write, are a UsageError with its reason and the line. What is no
    fault of the text, such as a query that takes longer, is a HedgeError.
    """
    if not text.strip():
        raise UsageError("there is no SQL to read by")
    database.require_migrated(connection)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("set transaction read only")
            instant = as_of or database.value(connection, "select now()")
            connection.execute(
                query("reading_session"),
                {"as_of": instant, "milliseconds": str(seconds * 1000)},
            )
            cursor = connection.cursor()
            for of_type, loader in _LOADERS.items():
                cursor.adapters.register_loader(of_type, loader)
            # An unnamed prepared statement is a single one, which cannot end the transaction.
            cursor.execute(sql.SQL("{}").format(sql.SQL(text)), prepare=True)
            if cursor.description is None:
                raise UsageError("the statement returns no rows: write a query")
            return Answer(instant, [one.name for one in cursor.description], cursor.fetchall())
    except psycopg.Error as error:
        hint = _nearest_relation(connection, error)
        is_of_text = (error.sqlstate or "").startswith(_OF_THE_TEXT) and not isinstance(
            error, psycopg.errors.InsufficientPrivilege
        )
        kind = UsageError if is_of_text else HedgeError
        raise kind(_reason(error, text, seconds, hint)) from error


def _nearest_relation(connection: psycopg.Connection, error: psycopg.Error) -> str:
    """The end of a sentence about a table that does not exist; PostgreSQL has hints for columns
    and functions only."""
    unknown = _UNKNOWN_RELATION.search(error.diag.message_primary or "")
    if not unknown or connection.broken:
        return ""
    with connection.cursor(row_factory=scalar_row) as cursor:
        names = cursor.execute(query("reading_relations")).fetchall()
    return did_you_mean(unknown["name"], names)


def _reason(error: psycopg.Error, text: str, seconds: int, nearest: str) -> str:
    """Why PostgreSQL refused a text, in one sentence with the line."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return f"the query took longer than {seconds} s: --timeout gives it more"
    found = error.diag
    sentence = found.message_primary or " ".join(str(error).split()) or type(error).__name__
    hint = f"; {found.message_hint}" if found.message_hint else nearest
    if found.statement_position is None:
        return f"PostgreSQL refuses it: {sentence}{hint}"
    before = text[: int(found.statement_position) - 1]
    line = before.count("\n") + 1
    shown = text.splitlines()[line - 1].strip()
    return f"line {line}: {sentence}{hint} At: {shown}"
