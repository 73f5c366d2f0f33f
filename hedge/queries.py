"""Named queries, hedge/sql/NAME.sql, and the statement that writes a record."""

import dataclasses
import functools
from pathlib import Path
from typing import Any

from psycopg import sql

_FOLDER = Path(__file__).parent / "sql"


@functools.cache
def query(name: str) -> str:
    """The text of hedge/sql/NAME.sql, with parameters %(name)s; each file is read once."""
    return (_FOLDER / f"{name}.sql").read_text()


def upsert(table: str, record: type[Any], *, key: str) -> sql.Composed:
    """A statement that inserts a row into a table of the schema app. Where a row with the same key
    exists, it is updated if the parameter replace_existing is true, and kept otherwise.

    The columns are the fields of a dataclass, so a new field needs no edit of SQL; the other
    parameters have the names of the fields.
    """
    names = [field.name for field in dataclasses.fields(record)]
    return sql.SQL(
        "insert into app.{table} ({columns}) values ({values}) "
        "on conflict ({key}) do update set ({columns}, changed_at) = ({values}, now()) "
        "where %(replace_existing)s"
    ).format(
        table=sql.Identifier(table),
        key=sql.Identifier(key),
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(map(sql.Placeholder, names)),
    )
