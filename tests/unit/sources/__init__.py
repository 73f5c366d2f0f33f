"""Files as rows of text, without a database."""

from collections.abc import Iterable
from pathlib import Path

from hedge.loading.sources import ReadRow, Row, open_source
from hedge.loading.tables import Column, Form, Table

ALICE = "0x" + "a" * 40


def column(type_: str, name: str = "value", form: Form | None = None) -> Column:
    """A column that need not be given."""
    return Column(name, type_, False, None, False, form)


def table(*columns: Column) -> Table:
    """A table of columns."""
    return Table("raw", "things", list(columns))


def read(file: str | Path, table: Table) -> list[ReadRow]:
    """The rows of a file."""
    with open_source(str(file), table) as (source, _):
        return [row for chunk in source.chunks() for row in chunk.rows]


def outcomes(rows: Iterable[ReadRow]) -> list[str | None]:
    """Of each row the only value, or the reason why it is rejected, after an exclamation mark."""
    return [row.values[0] if isinstance(row, Row) else f"! {row.reason}" for row in rows]
