"""Columns, key and check constraints of a table, read from the catalogues of PostgreSQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg.rows import class_row, scalar_row

from hedge.errors import UsageError
from hedge.queries import query
from hedge.suggestions import did_you_mean

#: What a text column holds, as its check constraint says: 0x and 40 hexadecimal digits, 0x and 64
#: of them, or a word of a list.
Form = Literal["address", "hash", "word"]
#: What the names of the check constraints of an address and of a hash say of their columns.
ADDRESS_RULE = "0x and 40 lower-case hex digits"
HASH_RULE = "0x and 64 lower-case hex digits"


@dataclass(frozen=True)
class Column:
    """A column that a file can set.

    `key_position` counts from 1; None: not part of the key. `form` is None where the column is
    not text, and where its text means nothing to Hedge.
    """

    name: str
    type: str
    is_required: bool
    key_position: int | None
    is_indexed: bool
    form: Form | None


@dataclass(frozen=True)
class Check:
    """A check constraint, whose name is the sentence that must be true."""

    sentence: str
    expression: str
    columns: list[str]


@dataclass(frozen=True)
class Table:
    """A table into which files can be loaded."""

    schema: str
    name: str
    columns: list[Column]

    @classmethod
    def read(cls, connection: psycopg.Connection, schema: str, name: str) -> "Table":
        """Read the columns of a table from the database."""
        with connection.cursor(row_factory=class_row(Column)) as cursor:
            found = cursor.execute(query("load_columns"), {"table": f"{schema}.{name}"})
            return cls(schema, name, found.fetchall())

    @property
    def by_name(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def key(self) -> list[str]:
        """The names of the natural key's columns, in the order of the key."""
        key = [(column.key_position, column.name) for column in self.columns if column.key_position]
        return [name for _, name in sorted(key)]

    def require(self, names: Iterable[str]) -> list[str]:
        """The column names of a file as the table writes them.

        Raises UsageError for a name that the table does not have, a name that occurs twice, and
        a required column that is missing.
        """
        known = [column.name for column in self.columns]
        given = [name.strip().lower() for name in names]
        for name in given:
            if name not in known:
                raise UsageError(f"{self.name} has no column {name!r}{did_you_mean(name, known)}")
            if given.count(name) > 1:
                raise UsageError(f"the column {name} stands twice in the file")
        for column in self.columns:
            if column.is_required and column.name not in given:
                raise UsageError(
                    f"the file has no column {column.name}, which {self.name} requires"
                )
        return given


def raw_table(connection: psycopg.Connection, name: str) -> Table:
    """The raw table of a name, with or without `raw.`; UsageError where there is none."""
    name = name.removeprefix("raw.")
    with connection.cursor(row_factory=scalar_row) as cursor:
        known = cursor.execute(query("load_tables")).fetchall()
    if name not in known:
        raise UsageError(f"there is no table {name!r} to load{did_you_mean(name, known)}")
    return Table.read(connection, "raw", name)


def read_checks(connection: psycopg.Connection, table: str) -> list[Check]:
    """The check constraints of a table."""
    with connection.cursor(row_factory=class_row(Check)) as cursor:
        return cursor.execute(query("load_checks"), {"table": table}).fetchall()
